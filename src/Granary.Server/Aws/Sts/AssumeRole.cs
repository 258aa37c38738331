using System.Xml.Linq;
using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Access.Identities;
using Granary.Server.Aws.Query;
using Granary.Server.Hosting;

namespace Granary.Server.Aws.Sts;

/// <summary>AssumeRole: temporary credentials of a role for whom its trust policy, and across accounts the caller's own policies, let have them.</summary>
/// <remarks>https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html</remarks>
internal static class AssumeRole
{
    public static async Task<IReadOnlyList<XElement>> RunAsync(QueryCall call)
    {
        var caller = call.Principal;
        var asked = SessionRequest.Read(call);
        var tags = SessionTags.Read(call, caller.Session);
        var sourceIdentity = call.Arguments.Optional("SourceIdentity", StsShapes.Name);
        var externalId = call.Arguments.Optional("ExternalId", StsShapes.ExternalId);
        RefuseWhatIsNotThere(call);
        if (caller.IsRoot)
        {
            throw Refusal.Named(RefusalKind.AccessDenied, "AccessDenied", "Roles may not be assumed by root accounts.");
        }

        var inherited = caller.Session?.SourceIdentity;
        if (inherited is not null && sourceIdentity is not null && inherited != sourceIdentity)
        {
            throw Refusal.AccessDenied(caller.Arn, "sts:SetSourceIdentity", asked.RoleArn);
        }

        sourceIdentity ??= inherited;
        var keys = Keys(asked, tags, sourceIdentity, externalId);
        var role = await call.Service<AssumableRoles>().FindAsync(asked.RoleArn, call.Cancellation);
        await DemandAsync(call, "sts:AssumeRole", asked, role, keys);
        if (tags.Any)
        {
            await DemandAsync(call, "sts:TagSession", asked, role, keys);
        }

        if (sourceIdentity is not null)
        {
            await DemandAsync(call, "sts:SetSourceIdentity", asked, role, keys);
        }

        call.AuthoriseFreely();
        return await asked.IssueAsync(call, role!, tags, sourceIdentity, provider: null, isChained: caller.Session is not null);
    }

    private static Dictionary<string, string[]> Keys(SessionRequest asked, SessionTags tags, string? sourceIdentity, string? externalId)
    {
        var keys = new Dictionary<string, string[]>(StringComparer.OrdinalIgnoreCase) { ["sts:RoleSessionName"] = [asked.Name] };
        tags.AddTo(keys);
        if (sourceIdentity is not null)
        {
            keys["sts:SourceIdentity"] = [sourceIdentity];
        }

        if (externalId is not null)
        {
            keys["sts:ExternalId"] = [externalId];
        }

        return keys;
    }

    /// <summary>A role that does not exist is refused in the same words as one that does not trust the caller.</summary>
    private static async Task DemandAsync(QueryCall call, string action, SessionRequest asked, AssumableRole? role, Dictionary<string, string[]> keys)
    {
        var target = role is null ? default : new AccessTarget(role.Arn, role.AccountId) { Role = role };
        if (role is null || !await call.Service<Evaluator>().AllowsAsync(call.Principal, action, target, call.Context.Facts() with { Keys = keys }))
        {
            throw Refusal.AccessDenied(call.Principal.Arn, action, asked.RoleArn);
        }
    }

    // To pass them over would give away credentials on weaker proof than the caller believes.
    private static void RefuseWhatIsNotThere(QueryCall call)
    {
        foreach (var (name, _) in call.Arguments.All)
        {
            if (name is "SerialNumber" or "TokenCode")
            {
                throw Refusal.Named(RefusalKind.AccessDenied, "AccessDenied", "MultiFactorAuthentication failed: this version of Granary knows no MFA devices.");
            }

            if (name.StartsWith("ProvidedContexts.", StringComparison.Ordinal))
            {
                throw Refusal.Validation("This version of Granary takes no ProvidedContexts.");
            }
        }
    }
}
