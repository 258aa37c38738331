using System.Collections.Frozen;
using Granary.Core.Access;
using Granary.Core.Usage;
using Granary.Formats;
using Granary.Server.Aws.Json;
using Granary.Server.ControlPlane;
using Granary.Server.Hosting;

namespace Granary.Server.Aws.CloudWatch;

/// <summary>CloudWatch, version 2010-08-01, as far as it reads: the metrics of <see cref="MetricShapes.Namespace"/>, which the server itself rolls up.</summary>
internal static class CloudWatchService
{
    private const string SigningName = "monitoring";

    private static readonly FrozenDictionary<string, Func<CloudWatchCall, Task<Answer>>> Operations = new Dictionary<string, Func<CloudWatchCall, Task<Answer>>>
    {
        ["GetMetricData"] = GetMetricData.RunAsync,
        ["GetMetricStatistics"] = GetMetricStatistics.RunAsync,
        ["ListMetrics"] = ListMetrics.RunAsync,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static AwsService Service { get; } = new(SigningName, RunAsync, new Dialect(CloudWatchWire.RefuseAsync)) { HasPaths = true };

    private static async Task RunAsync(HttpContext context, Caller? caller, ReadOnlyMemory<byte> body)
    {
        var (name, arguments, recorded) = CloudWatchWire.Read(context, body);
        if (!Operations.TryGetValue(name, out var run))
        {
            throw CloudWatchWire.Unknown();
        }

        if (RequestTrail.Of(context) is { } record)
        {
            record.Call($"{SigningName}.amazonaws.com", name);
            record.Parameters = RecordedParameters.Of(recorded);
        }

        var principal = caller!.Principal;
        // CloudWatch knows these actions by its own name, and no resource of theirs.
        await context.RequestServices.GetRequiredService<Evaluator>().DemandAsync(
            principal, $"cloudwatch:{name}", new AccessTarget(ResourceArns.Any, principal.AccountId), context.Facts());
        // So that whoever asks sees what they did a moment ago.
        await context.RequestServices.GetRequiredService<UsageWriter>().FlushAsync(context.RequestAborted);
        await CloudWatchWire.WriteAsync(context, name, await run(new CloudWatchCall(context, principal.AccountId, arguments)));
    }
}

/// <summary>One call of one operation, which the caller may make.</summary>
internal sealed record CloudWatchCall(HttpContext Context, string Account, BodyArguments Arguments)
{
    public CancellationToken Cancellation => Context.RequestAborted;

    public T Service<T>()
        where T : notnull => Context.RequestServices.GetRequiredService<T>();
}
