namespace Granary.Server.Events.Targets;

/// <summary>A call of an AWS service, before it is signed.</summary>
/// <param name="Service">The name in ARNs, which is the one that signatures have too.</param>
/// <param name="Path">As it is sent.</param>
/// <param name="Query">As it is sent, without its question mark.</param>
/// <param name="ContentType">Of the body.</param>
/// <param name="Headers">Beside those of every request.</param>
internal sealed record ServiceRequest(string Service, string Region, string Path, string Query, string ContentType, string Body, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>A call of one of the protocols <c>AWS JSON</c>.</summary>
    public static ServiceRequest Json(string service, string region, string version, string operation, string body) =>
        new(service, region, "/", "", $"application/x-amz-json-{version}", body, new Dictionary<string, string> { ["X-Amz-Target"] = operation });
}
