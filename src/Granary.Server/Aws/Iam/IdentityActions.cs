using System.Xml.Linq;
using Granary.Core.Access.Identities;
using Granary.Server.Aws.Query;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.Iam;

/// <summary>What users, groups and roles do alike.</summary>
internal static class IdentityActions
{
    /// <summary>Tags that come with a new user or role need the permission to tag, too.</summary>
    public static async Task<Identity> CreateAsync(QueryCall call, NewIdentity made)
    {
        var arn = IamArns.Identity(call.AccountId, made.Kind, made.Path, made.Name);
        var keys = new Dictionary<string, string[]>(TagArguments.Keys(made.Tags) ?? new Dictionary<string, string[]>(), StringComparer.OrdinalIgnoreCase);
        if (made.BoundaryArn is not null)
        {
            keys["iam:PermissionsBoundary"] = [made.BoundaryArn];
        }

        await call.AuthoriseAsync(arn, keys.Count == 0 ? null : keys);
        if (made.Tags.Count > 0)
        {
            await call.DemandAsync($"iam:Tag{made.Kind}", arn, keys);
        }

        return await call.Service<IdentityStore>().CreateAsync(call.AccountId, made, call.Actor, call.Cancellation);
    }

    public static async Task<IReadOnlyList<XElement>> ListAsync(QueryCall call, IdentityKind kind)
    {
        var prefix = call.PathPrefix();
        var page = call.Page();
        await call.AuthoriseAsync(IamArns.Identity(call.AccountId, kind, prefix, ""));
        var rows = await call.Service<IdentityStore>().ListAsync(call.AccountId, kind, prefix, page.After(), page.Take, call.Cancellation);
        return page.Answer($"{kind}s", rows, row => row.NameKey, IamXml.Identity);
    }

    /// <summary>The caller must be allowed to change what it was and what it becomes.</summary>
    public static async Task RenameAsync(QueryCall call, IdentityKind kind, string? newName)
    {
        var newPath = call.Arguments.Optional("NewPath", IamShapes.Path);
        var identity = await call.IdentityAsync(kind);
        var (name, path) = (newName ?? identity.Name, newPath ?? identity.Path);
        if ((name, path) == (identity.Name, identity.Path))
        {
            return;
        }

        await call.DemandAsync(call.Action, IamArns.Identity(call.AccountId, kind, path, name));
        await call.Service<IdentityStore>().RenameAsync(identity, name, path, call.Actor, call.Cancellation);
    }

    public static async Task<IEnumerable<KeyValuePair<string, string>>> TagsAsync(QueryCall call, Identity identity) =>
        (await call.Service<IdentityTagStore>().ListAsync(TagSubject.Of(identity), call.Cancellation)).Select(t => KeyValuePair.Create(t.Key, t.Value));
}
