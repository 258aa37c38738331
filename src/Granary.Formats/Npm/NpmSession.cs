using Granary.Core;
using Microsoft.AspNetCore.Http;

namespace Granary.Formats.Npm;

/// <summary><c>npm login</c> and <c>npm logout</c>: tokens come from GetAuthorizationToken, and can be given back.</summary>
internal static class NpmSession
{
    public static Task RefuseLoginAsync(HttpContext context) =>
        throw Refusal.NotSupported("login is not supported here. Sign in with: aws codeartifact login --tool npm");

    /// <summary>
    /// What npm sends at logout has the token in its path. The one in the Authorization header is revoked, and only when
    /// the two are the same: nobody ends another's session.
    /// </summary>
    public static async Task LogOutAsync(HttpContext context)
    {
        var request = RepositoryRequest.Of(context);
        if (!request.Token.Is((string)context.Request.RouteValues["token"]!))
        {
            throw Refusal.Validation("Only the token that the request is made with can be revoked.");
        }

        await request.Token.RevokeAsync(context.RequestAborted);
        await NpmJson.WriteAsync(context, new NpmOk(true), NpmJson.Default.NpmOk);
    }
}
