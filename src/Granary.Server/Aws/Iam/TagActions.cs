using System.Xml.Linq;
using Granary.Core.Access.Identities;
using Granary.Server.Aws.Query;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.Iam;

/// <summary>Tags of users, roles, managed policies and identity providers.</summary>
internal static class TagActions
{
    public static IReadOnlyList<QueryAction> All { get; } =
    [
        .. Of("User", (call, keys) => IdentityAsync(call, IdentityKind.User, keys)),
        .. Of("Role", (call, keys) => IdentityAsync(call, IdentityKind.Role, keys)),
        .. Of("Policy", async (call, keys) => TagSubject.Of(await call.OwnPolicyAsync(keys))),
        .. Of("OpenIDConnectProvider", async (call, keys) => TagSubject.Of(await ProviderActions.FindAsync(call, keys))),
    ];

    private static IEnumerable<QueryAction> Of(string what, Find find) =>
    [
        new($"Tag{what}", call => TagAsync(call, find)),
        new($"Untag{what}", call => UntagAsync(call, find)),
        new($"List{what}Tags", call => ListAsync(call, find)),
    ];

    private static async Task<IReadOnlyList<XElement>> TagAsync(QueryCall call, Find find)
    {
        var tags = call.Tags();
        if (tags.Count == 0)
        {
            throw Fault.Missing("Tags");
        }

        var subject = await find(call, TagArguments.Keys(tags));
        await call.Service<IdentityTagStore>().SetAsync(subject, tags, call.Actor, call.Cancellation);
        return [];
    }

    private static async Task<IReadOnlyList<XElement>> UntagAsync(QueryCall call, Find find)
    {
        var keys = call.Texts("TagKeys", IamShapes.TagKey, IamShapes.MaxTags);
        var subject = await find(call, keys.Count == 0 ? null : new Dictionary<string, string[]> { ["aws:TagKeys"] = [.. keys] });
        await call.Service<IdentityTagStore>().RemoveAsync(subject, keys, call.Actor, call.Cancellation);
        return [];
    }

    private static async Task<IReadOnlyList<XElement>> ListAsync(QueryCall call, Find find)
    {
        var page = call.Page();
        var subject = await find(call, null);
        var tags = await call.Service<IdentityTagStore>().ListAsync(subject, page.After(), page.Take, call.Cancellation);
        return page.Answer("Tags", tags, tag => tag.Key, tag => new[] { new XElement("Key", tag.Key), new XElement("Value", tag.Value) });
    }

    private static async Task<TagSubject> IdentityAsync(QueryCall call, IdentityKind kind, IReadOnlyDictionary<string, string[]>? keys) =>
        TagSubject.Of(await call.IdentityAsync(kind, keys));

    /// <summary>Authorises the call and answers what it is about.</summary>
    private delegate Task<TagSubject> Find(QueryCall call, IReadOnlyDictionary<string, string[]>? keys);
}
