using Granary.Core.Trail;
using Granary.Server.Authentication;
using Granary.Server.ControlPlane;
using Granary.Server.Hosting;
using Granary.Server.Throttling;
using Microsoft.AspNetCore.Http.Features;

namespace Granary.Server.GranaryApi;

/// <summary>What every call of Granary's own API begins with: it is signed, counted and recorded as a call of CodeArtifact.</summary>
internal sealed class GranaryCallers(Callers callers, Throttle throttle)
{
    /// <exception cref="Core.Refusal">Unauthenticated, or Throttled.</exception>
    public async Task<(Caller Caller, TrailRecord Record)> BeginAsync(HttpContext context, string name)
    {
        RequestId.Write(context);
        var record = RequestTrail.Begin(context, RequestTrail.CodeArtifact, name);
        var caller = await callers.AuthenticateAsync(context);
        record.Principal = caller.Principal;
        if (caller.Service != Callers.Service)
        {
            throw AuthenticationFailure.Invalid($"The Credential of the Authorization header must name the service {Callers.Service}.");
        }

        throttle.Demand(caller.Principal.AccountId, record);
        record.Parameters = RecordedParameters.Of(Query(context), default);
        return (caller, record);
    }

    private static QueryArguments Query(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var question = target.IndexOf('?', StringComparison.Ordinal);
        return new QueryArguments(question < 0 ? "" : target.AsSpan(question + 1));
    }
}
