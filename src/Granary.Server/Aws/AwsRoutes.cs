using Granary.Core;
using Granary.Formats;
using Granary.Server.Authentication;
using Granary.Server.ControlPlane;
using Granary.Server.Hosting;
using Granary.Server.Throttling;

namespace Granary.Server.Aws;

/// <summary>The one address that AWS's other services share.</summary>
internal static class AwsRoutes
{
    private static readonly object ServiceKey = new();

    public static void MapAwsServices(this IEndpointRouteBuilder routes)
    {
        foreach (var path in (string[])["/", "/service/{service}/operation/{operation}"])
        {
            routes.MapPost(path, RunAsync)
                // Each action of each service is decided by itself.
                .WithMetadata(new Guard("*"), new Dialect(RefuseAsync))
                .WithDisplayName("AwsServices");
        }
    }

    private static async Task RunAsync(HttpContext context)
    {
        RequestId.Write(context);
        var record = RequestTrail.Begin(context, RequestTrail.CodeArtifact, "UnknownOperation");
        if (context.Request.Headers.Authorization.Count == 0)
        {
            await RunUnsignedAsync(context);
            return;
        }

        // The service that the signature claims to be for chooses the words of a refusal, and nothing else before it is verified.
        var claimed = AwsServices.All.FirstOrDefault(s => ClaimsToBeFor(context.Request.Headers.Authorization[0], s.SigningName));
        context.Items[ServiceKey] = claimed;
        record.Source = claimed is null ? record.Source : $"{claimed.SigningName}.amazonaws.com";
        var caller = await context.RequestServices.GetRequiredService<Callers>().AuthenticateAsync(context);
        record.Principal = caller.Principal;
        var service = AwsServices.Find(caller.Service)
            ?? throw Refusal.Validation($"The service {caller.Service} is not at this address: its operations have paths of their own.", "UNKNOWN_OPERATION");
        if (!service.HasPaths && context.Request.RouteValues.Count > 0)
        {
            throw Refusal.Validation($"The operations of {caller.Service} have no paths of their own here: send them to POST /.", "UNKNOWN_OPERATION");
        }

        await service.RunAsync(context, caller, caller.Body);
    }

    private static async Task RunUnsignedAsync(HttpContext context)
    {
        context.RequestServices.GetRequiredService<Throttle>().DemandUnauthenticated(context);
        var body = await PayloadBody.ReadAsync(context.Request, cancellationToken: context.RequestAborted);
        var service = AwsServices.All.FirstOrDefault(s => s.IsUnsigned?.Invoke(body.Bytes) is true) ?? throw AuthenticationFailure.Missing();
        context.Items[ServiceKey] = service;
        await service.RunAsync(context, null, body.Bytes);
    }

    private static bool ClaimsToBeFor(string? authorization, string service) =>
        authorization?.Contains($"/{service}/aws4_request", StringComparison.Ordinal) is true;

    private static Task RefuseAsync(HttpContext context, Refusal refusal) =>
        (context.Items[ServiceKey] is AwsService service ? service.Dialect : AwsErrors.Dialect).Render(context, refusal);
}
