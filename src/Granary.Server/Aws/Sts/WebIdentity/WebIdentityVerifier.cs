using Granary.Core;
using Granary.Core.Access.Identities;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Granary.Server.Aws.Sts.WebIdentity;

/// <summary>Decides whether a token is a provider's, for this server, and good now. No refusal repeats what the token says.</summary>
internal sealed class WebIdentityVerifier(AssumableRoles roles, IssuerKeys keys, TimeProvider clock)
{
    // For clocks that differ. A token's end is taken at its word.
    private const double Skew = 60;

    private const int LongestSubject = 255;

    private static readonly JsonWebTokenHandler Handler = new() { MaximumTokenSizeInBytes = WebIdentityToken.Longest };

    /// <param name="account">Whose provider it must be.</param>
    /// <returns>The token, the provider that it is of, and the audience that was meant.</returns>
    /// <exception cref="Refusal">Under the names that AWS gives them.</exception>
    public async Task<(WebIdentityToken Token, IdentityProvider Provider, string Audience)> VerifyAsync(string account, string text, CancellationToken cancellation)
    {
        var token = WebIdentityToken.Parse(text) ?? throw Invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)");
        var provider = token.Issuer is { } issuer ? await roles.FindProviderAsync(account, issuer, cancellation) : null;
        if (provider is null)
        {
            throw Invalid("No OpenIDConnect provider found in your account for the token's issuer.");
        }

        await VerifySignatureAsync(token, provider.Issuer, cancellation);
        CheckTimes(token);
        if (token.Subject is not { Length: <= LongestSubject })
        {
            throw Invalid("Missing a required claim: sub");
        }

        var accepted = provider.ClientIds.Split('\n');
        var audience = token.Audiences.FirstOrDefault(aud => aud.Length > 0 && accepted.Contains(aud)) ?? throw Invalid("Incorrect token audience");
        return (token, provider, audience);
    }

    private async Task VerifySignatureAsync(WebIdentityToken token, string issuer, CancellationToken cancellation)
    {
        var found = await keys.FindAsync(issuer, token.KeyId, cancellation);
        if (found.Count == 0)
        {
            throw Invalid("Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements");
        }

        foreach (var key in found.Where(key => key.Algorithms.Contains(token.Algorithm)))
        {
            // The claims are held against their own types below; the library's own checks read them more kindly.
            var result = await Handler.ValidateTokenAsync(token.Text, new TokenValidationParameters
            {
                IssuerSigningKey = key.Key,
                ValidAlgorithms = [token.Algorithm],
                RequireSignedTokens = true,
                ValidateAudience = false,
                ValidateIssuer = false,
                ValidateLifetime = false,
            });
            if (result.IsValid)
            {
                return;
            }
        }

        throw Invalid("The token's signature is not one of its issuer's.");
    }

    private void CheckTimes(WebIdentityToken token)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
        var (expires, begins, issued) = (token.Moment("exp"), token.Moment("nbf"), token.Moment("iat"));
        if (expires is null or double.NaN || begins is double.NaN || issued is double.NaN)
        {
            throw Invalid("The token's exp, nbf or iat is missing or no number of seconds.");
        }

        if (now >= expires)
        {
            throw Refusal.Named(RefusalKind.Validation, "ExpiredTokenException", "Token expired: the end that the token names has passed.");
        }

        if (begins > now + Skew || issued > now + Skew)
        {
            throw Refusal.Named(RefusalKind.AccessDenied, "IDPRejectedClaim", "The token is not good yet: compare the clocks of its issuer and of this server.");
        }
    }

    public static Refusal Invalid(string message) => Refusal.Named(RefusalKind.Validation, "InvalidIdentityToken", message);
}
