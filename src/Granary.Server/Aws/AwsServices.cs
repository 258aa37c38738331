using System.Collections.Frozen;
using Granary.Formats;
using Granary.Server.Aws.CloudTrail;
using Granary.Server.Aws.CloudWatch;
using Granary.Server.Aws.CostExplorer;
using Granary.Server.Aws.EventBridge;
using Granary.Server.Aws.Iam;
using Granary.Server.Aws.Sts;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws;

/// <summary>An AWS service that answers on <c>POST /</c>, known there by the service in the scope of the request's signature.</summary>
/// <param name="SigningName">Such as <c>iam</c>.</param>
/// <param name="RunAsync">
/// Answers a request; refusals are thrown. The caller's signature has been verified over the body; the caller is null only for what
/// <paramref name="IsUnsigned"/> accepts.
/// </param>
/// <param name="Dialect">How its clients are told of a refusal.</param>
/// <param name="IsUnsigned">Whether a body is one of this service's requests that carry their proof in themselves; null where there is none such.</param>
internal sealed record AwsService(
    string SigningName, Func<HttpContext, Caller?, ReadOnlyMemory<byte>, Task> RunAsync, Dialect Dialect, Func<ReadOnlyMemory<byte>, bool>? IsUnsigned = null)
{
    /// <summary>Whether its operations have paths of their own too, <c>/service/NAME/operation/NAME</c>: Smithy's RPC v2.</summary>
    public bool HasPaths { get; init; }
}

/// <summary>Every AWS service but CodeArtifact that this server answers.</summary>
internal static class AwsServices
{
    public static IReadOnlyList<AwsService> All { get; } =
        [IamActions.Protocol.Service, StsService.Protocol.Service, CloudTrailService.Service, EventBridgeService.Service, CloudWatchService.Service, CostExplorerService.Service];

    public static IReadOnlyList<string> SigningNames { get; } = [Callers.Service, .. All.Select(service => service.SigningName)];

    private static readonly FrozenDictionary<string, AwsService> ByName = All.ToFrozenDictionary(service => service.SigningName, StringComparer.Ordinal);

    public static AwsService? Find(string signingName) => ByName.GetValueOrDefault(signingName);
}
