using Granary.Core.Events.Buses;

namespace Granary.Server.Aws.EventBridge;

/// <summary>Addresses that requests with secrets go to.</summary>
internal static class WebEndpoints
{
    /// <summary>The address where it is one of HTTPS, or of plain HTTP on the machine itself, where nobody listens on the way.</summary>
    /// <param name="member">The parameter, for the refusal.</param>
    /// <exception cref="Core.Refusal">Validation.</exception>
    public static string Checked(string member, string endpoint) =>
        Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && uri is { Host.Length: > 0, UserInfo: "", Fragment: "" }
            && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
            ? endpoint
            : throw EventRefusals.Invalid($"Parameter {member} is not valid. Reason: It must be an HTTPS endpoint, without user and fragment.");
}
