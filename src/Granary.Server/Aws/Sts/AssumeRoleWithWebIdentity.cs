using System.Text.Json;
using System.Xml.Linq;
using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Access.Identities;
using Granary.Server.Aws.Query;
using Granary.Server.Aws.Sts.WebIdentity;
using Granary.Server.ControlPlane;
using Granary.Server.Hosting;

namespace Granary.Server.Aws.Sts;

/// <summary>
/// AssumeRoleWithWebIdentity: temporary credentials of a role for the holder of a token of an issuer that the role trusts. The token is
/// the proof, and the request has no signature. A token may be exchanged more than once while it is good, as with AWS.
/// </summary>
/// <remarks>https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html</remarks>
internal static class AssumeRoleWithWebIdentity
{
    private const string Action = "sts:AssumeRoleWithWebIdentity";
    private const string TagsClaim = "https://aws.amazon.com/tags";
    private const string SourceIdentityClaim = "https://aws.amazon.com/source_identity";

    private static readonly TextShape TokenShape = TextShape.Of(4, WebIdentityToken.Longest, @"[\P{C}]+", _ => true);

    public static async Task<IReadOnlyList<XElement>> RunAsync(QueryCall call)
    {
        var asked = SessionRequest.Read(call);
        var text = call.Arguments.Required("WebIdentityToken", TokenShape);
        if (call.Arguments.Optional("ProviderId", TextShape.Any) is not null)
        {
            throw Refusal.Validation("ProviderId is for OAuth 2.0 access tokens, which this version of Granary does not take. Leave it out for OpenID Connect.");
        }

        var account = IamArns.RolesAccount(asked.RoleArn)!;
        var (token, provider, audience) = await call.Service<WebIdentityVerifier>().VerifyAsync(account, text, call.Cancellation);
        RequestTrail.Of(call.Context)?.Principal = new Principal(provider.AccountId, provider.Arn) { IdentityId = token.Subject! };
        var tags = ReadTags(token);
        var sourceIdentity = ReadSourceIdentity(token);
        var role = await call.Service<AssumableRoles>().FindAsync(asked.RoleArn, call.Cancellation);
        var keys = Keys(asked, token, provider, tags, sourceIdentity);
        Demand(call, Action, role, provider, keys);
        if (tags.Any)
        {
            Demand(call, "sts:TagSession", role, provider, keys);
        }

        if (sourceIdentity is not null)
        {
            Demand(call, "sts:SetSourceIdentity", role, provider, keys);
        }

        call.AuthoriseFreely();
        return
        [
            .. await asked.IssueAsync(call, role!, tags, sourceIdentity, provider.Arn, isChained: false),
            new("SubjectFromWebIdentityToken", token.Subject),
            new("Audience", audience),
            new("Provider", provider.Arn),
        ];
    }

    // Nobody is told whether there is a role of the name.
    private static void Demand(QueryCall call, string action, AssumableRole? role, IdentityProvider provider, Dictionary<string, string[]> keys)
    {
        if (role is null || !call.Service<Evaluator>().TrustsProvider(
            new Principal(provider.AccountId, provider.Arn), action, new AccessTarget(role.Arn, role.AccountId) { Role = role }, call.Context.Facts() with { Keys = keys }))
        {
            throw Refusal.Named(RefusalKind.AccessDenied, "AccessDenied", $"Not authorized to perform {action}");
        }
    }

    private static Dictionary<string, string[]> Keys(
        SessionRequest asked, WebIdentityToken token, IdentityProvider provider, SessionTags tags, string? sourceIdentity)
    {
        var keys = new Dictionary<string, string[]>(StringComparer.OrdinalIgnoreCase);
        foreach (var (claim, values) in token.Comparable)
        {
            keys[$"{provider.Name}:{claim}"] = values;
        }

        // Condition keys are without case and claims are not: these three are always the standard's.
        keys[$"{provider.Name}:iss"] = [provider.Issuer];
        keys[$"{provider.Name}:sub"] = [token.Subject!];
        keys[$"{provider.Name}:aud"] = [.. token.Audiences];
        keys["aws:FederatedProvider"] = [provider.Arn];
        keys["sts:RoleSessionName"] = [asked.Name];
        tags.AddTo(keys);
        if (sourceIdentity is not null)
        {
            keys["sts:SourceIdentity"] = [sourceIdentity];
        }

        return keys;
    }

    /// <summary>The claim <c>{ "principal_tags": { "team": ["build"] }, "transitive_tag_keys": ["team"] }</c>; no tags where there is none.</summary>
    private static SessionTags ReadTags(WebIdentityToken token)
    {
        if (!token.Claims.TryGetProperty(TagsClaim, out var claim))
        {
            return SessionTags.Of([], []);
        }

        try
        {
            var pairs = claim.GetProperty("principal_tags").EnumerateObject()
                .Select(tag => KeyValuePair.Create(StsShapes.TagKey.Check("tag key", tag.Name), StsShapes.TagValue.Check("tag value", One(tag.Value))))
                .ToList();
            var transitive = claim.TryGetProperty("transitive_tag_keys", out var names) ? names.EnumerateArray().Select(Text).ToList() : [];
            return pairs.Count <= SessionTags.Most ? SessionTags.Of(pairs, transitive) : throw Malformed();
        }
        catch (Exception failure) when (failure is InvalidOperationException or KeyNotFoundException or Refusal)
        {
            throw Malformed();
        }

        static string One(JsonElement value) => Text(value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Single() : value);
        static string Text(JsonElement value) => value.GetString() ?? throw Malformed();
        static Refusal Malformed() => WebIdentityVerifier.Invalid($"The token's claim {TagsClaim} is malformed.");
    }

    private static string? ReadSourceIdentity(WebIdentityToken token)
    {
        if (!token.Claims.TryGetProperty(SourceIdentityClaim, out var claim))
        {
            return null;
        }

        return claim.ValueKind == JsonValueKind.String
            ? StsShapes.Name.Check("SourceIdentity", claim.GetString()!)
            : throw WebIdentityVerifier.Invalid($"The token's claim {SourceIdentityClaim} is malformed.");
    }
}
