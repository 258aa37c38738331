using Granary.Core.Access;
using Granary.Server.Authentication;
using Granary.Server.ControlPlane.Responses;

namespace Granary.Server.ControlPlane;

/// <summary>GetAuthorizationToken: the credential of package managers.</summary>
internal static class TokenOperations
{
    private const int Shortest = 900;
    private const int Longest = 43_200;

    public static async Task<IResult> GetAsync(Call call)
    {
        var duration = call.Query.Integer("duration", 0, Longest) ?? Longest;
        if (duration is > 0 and < Shortest)
        {
            throw Fault.Of("duration", $"Member must be 0 or have value greater than or equal to {Shortest}");
        }

        call.Demand(AccessActions.GetServiceBearerToken, ResourceArns.Any);
        var domain = await call.DomainAsync();
        var principal = call.Principal;
        var now = call.Service<TimeProvider>().GetUtcNow().ToUnixTimeSeconds();
        // Zero asks for the life of the caller's own credentials; an access key's has no end.
        var expiration = now + (duration == 0 ? Longest : duration);
        var token = call.Service<AuthorizationTokens>().Issue(
            new AuthorizationToken(AuthorizationToken.NewId(), principal.Arn, principal.AccountId, domain.Id, now, expiration));
        // A token is a credential: nothing between here and the caller may keep it.
        call.Context.Response.Headers.CacheControl = "no-store";
        return ControlPlaneJson.Ok(new AuthorizationTokenResponse(token, expiration));
    }
}
