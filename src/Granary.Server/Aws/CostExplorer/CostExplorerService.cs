using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Usage;
using Granary.Formats;
using Granary.Server.Aws.Json;
using Granary.Server.ControlPlane;
using Granary.Server.Hosting;

namespace Granary.Server.Aws.CostExplorer;

/// <summary>Cost Explorer, version 2017-10-25, as far as it tells what this server's use comes to: GetCostAndUsage, over AWS JSON 1.1.</summary>
internal static class CostExplorerService
{
    private const string SigningName = "ce";
    private const string Operation = "GetCostAndUsage";

    public static AwsService Service { get; } = new(SigningName, RunAsync, new Dialect(RefuseAsync));

    private static async Task RunAsync(HttpContext context, Caller? caller, ReadOnlyMemory<byte> body)
    {
        if (context.Request.Headers["X-Amz-Target"].ToString() != $"AWSInsightsIndexService.{Operation}")
        {
            throw Refusal.Named(RefusalKind.Validation, "UnknownOperationException", $"This version of Granary answers {Operation} of Cost Explorer and nothing else.");
        }

        if (RequestTrail.Of(context) is { } record)
        {
            record.Call($"{SigningName}.amazonaws.com", Operation);
            record.Parameters = RecordedParameters.Of(body);
        }

        var (principal, services) = (caller!.Principal, context.RequestServices);
        await services.GetRequiredService<Evaluator>().DemandAsync(
            principal, $"{SigningName}:{Operation}", new AccessTarget(ResourceArns.Any, principal.AccountId), context.Facts());
        var question = CostQuestion.Read(BodyArguments.Parse(body));
        await services.GetRequiredService<UsageWriter>().FlushAsync(context.RequestAborted);
        var costs = new CostReport(
            services.GetRequiredService<UsageReport>(), services.GetRequiredService<PriceSheet>(), services.GetRequiredService<ResourceArns>().Region, services.GetRequiredService<TimeProvider>());
        await WriteAsync(context, StatusCodes.Status200OK, await costs.RunAsync(principal.AccountId, question, context.RequestAborted));
    }

    private static Task RefuseAsync(HttpContext context, Refusal refusal)
    {
        var (status, name) = AwsJson.Of(refusal);
        RequestTrail.Of(context)?.ErrorCode = name;
        RequestId.Write(context);
        return WriteAsync(context, status, new Answer(("__type", name), ("message", refusal.Message)));
    }

    private static async Task WriteAsync(HttpContext context, int status, Answer answer)
    {
        var body = answer.ToJson();
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/x-amz-json-1.1";
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
