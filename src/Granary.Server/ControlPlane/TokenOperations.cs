using System.Globalization;
using System.Text;
using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Trail;
using Granary.Server.Authentication;
using Granary.Server.ControlPlane.Responses;
using Granary.Server.Hosting;

namespace Granary.Server.ControlPlane;

/// <summary>GetAuthorizationToken: the credential of package managers.</summary>
internal static class TokenOperations
{
    private const int Shortest = 900;
    private const int Longest = 43_200;

    private static readonly byte[] HiddenToken = Encoding.ASCII.GetBytes($$"""{"sessionToken":"{{TrailRecord.Hidden}}"}""");

    public static async Task<IResult> GetAsync(Call call)
    {
        var duration = call.Query.Integer("duration", 0, Longest) ?? Longest;
        if (duration is > 0 and < Shortest)
        {
            throw Fault.Of("duration", $"Member must be 0 or have value greater than or equal to {Shortest}");
        }

        var principal = call.Principal;
        if (principal.IsRoot)
        {
            throw Refusal.AccessDenied(principal.Arn, AccessActions.GetServiceBearerToken, ResourceArns.Any);
        }

        await call.DemandAsync(AccessActions.GetServiceBearerToken, new AccessTarget(ResourceArns.Any, principal.AccountId), new Dictionary<string, string[]>
        {
            ["sts:AWSServiceName"] = ["codeartifact.amazonaws.com"],
            ["sts:DurationSeconds"] = [duration.ToString(CultureInfo.InvariantCulture)],
        });
        var domain = await call.DomainAsync();
        var now = call.Service<TimeProvider>().GetUtcNow().ToUnixTimeSeconds();
        // Zero asks for the rest of the session; an access key's own life has no end.
        var expiration = duration > 0 ? now + duration : principal.Session?.ExpiresAt ?? now + Longest;
        var token = call.Service<AuthorizationTokens>().Issue(
            new AuthorizationToken(AuthorizationToken.NewId(), principal.Arn, principal.IdentityId, principal.AccountId, domain.Id, now, expiration)
            {
                RoleArn = principal.RoleArn,
                Session = principal.Session,
            });
        RequestTrail.Of(call.Context)?.Response = HiddenToken;
        // A token is a credential: nothing between here and the caller may keep it.
        call.Context.Response.Headers.CacheControl = "no-store";
        return ControlPlaneJson.Ok(new AuthorizationTokenResponse(token, expiration));
    }
}
