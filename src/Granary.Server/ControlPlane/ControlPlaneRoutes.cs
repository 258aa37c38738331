using Granary.Core;
using Granary.Formats;
using Granary.Server.Authentication;
using Granary.Server.Hosting;
using Granary.Server.Throttling;
using Microsoft.AspNetCore.Http.Features;

namespace Granary.Server.ControlPlane;

/// <summary>Puts <see cref="Operations"/> on their paths: authenticate, find the operation that was signed, run it.</summary>
public static class ControlPlaneRoutes
{
    // A refused body is read to its end and thrown away, else the client would meet a broken connection and not the refusal.
    private const long LargestDrained = 32 << 20;

    public static void MapControlPlane(this IEndpointRouteBuilder routes)
    {
        foreach (var operation in Operations.All)
        {
            routes.MapMethods(operation.Path, [operation.Method], context => RunAsync(context, operation))
                .WithMetadata(operation.Guard, AwsErrors.Dialect)
                .WithDisplayName(operation.Name);
        }

        // Whoever is not known learns from no path whether it is an operation.
        routes.Map("/v1/{**rest}", context => RunAsync(context, null))
            .WithMetadata(new Guard("codeartifact:UnknownOperation"), AwsErrors.Dialect)
            .WithDisplayName("UnknownOperation");
    }

    private static async Task RunAsync(HttpContext context, Operation? operation)
    {
        RequestId.Write(context);
        var record = RequestTrail.Begin(context, RequestTrail.CodeArtifact, operation?.Name ?? "UnknownOperation");
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = LargestDrained;
        }

        var caller = await context.RequestServices.GetRequiredService<Callers>().AuthenticateAsync(context, operation?.Streams is true);
        record.Principal = caller.Principal;
        if (caller.Service != Callers.Service)
        {
            throw AuthenticationFailure.Invalid($"The Credential of the Authorization header must name the service {Callers.Service}.");
        }

        context.RequestServices.GetRequiredService<Throttle>().Demand(caller.Principal.AccountId, record);

        // The router compares without case and after decoding. What is done must be what was signed, to the letter.
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var question = target.IndexOf('?', StringComparison.Ordinal);
        var path = question < 0 ? target : target[..question];
        if (operation is null || path != operation.Path)
        {
            throw Refusal.Validation("This version of Granary has no operation at this method and path.", "UNKNOWN_OPERATION");
        }

        var query = new QueryArguments(question < 0 ? "" : target.AsSpan(question + 1));
        record.Parameters = RecordedParameters.Of(query, caller.Body);
        var call = new Call(context, operation, caller, query);
        _ = call.Target;
        var result = await operation.RunAsync(call);
        if (!call.Authorised)
        {
            throw new InvalidOperationException($"{operation.Name} has not asked the evaluator.");
        }

        await result.ExecuteAsync(context);
    }
}
