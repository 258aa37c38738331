using System.Xml.Linq;
using Granary.Core;
using Granary.Core.Access.Identities;
using Granary.Server.Aws.Query;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.Iam;

/// <summary>What most of IAM's actions begin and end with.</summary>
internal static class IamCalls
{
    /// <summary>
    /// The user, group or role that the call names, once it is decided that the caller may do this with it. The decision is
    /// made on its ARN, whose path only the row knows; a refusal does not tell the path.
    /// </summary>
    /// <param name="keys">Condition keys of the action.</param>
    /// <param name="bounded">Whether <c>iam:PermissionsBoundary</c> is the boundary that it has.</param>
    /// <exception cref="Refusal">AccessDenied, or NoSuchEntity.</exception>
    public static async Task<Identity> IdentityAsync(
        this QueryCall call, IdentityKind kind, IEnumerable<KeyValuePair<string, string[]>>? keys = null, bool bounded = false)
    {
        var name = call.Arguments.Required(IamShapes.NameOf(kind), IamShapes.ExistingName(kind));
        var found = await call.FindAsync(kind, name);
        return await call.AllowedAsync(found, kind, name, keys, bounded);
    }

    /// <summary>As <see cref="IdentityAsync"/>; without a name it is the caller.</summary>
    /// <exception cref="Refusal">ValidationError: the caller is no user. AccessDenied, NoSuchEntity.</exception>
    public static async Task<Identity> UserOrCallerAsync(this QueryCall call)
    {
        if (call.Arguments.Optional("UserName", IamShapes.LongName) is not null)
        {
            return await call.IdentityAsync(IdentityKind.User);
        }

        var principal = call.Principal;
        if (principal.Session is not null || principal.IsRoot)
        {
            throw Refusal.Validation("Must specify userName when calling with non-User credentials");
        }

        var caller = await call.Service<IdentityStore>().FindByIdAsync(call.AccountId, principal.IdentityId, call.Cancellation);
        var name = caller?.Name ?? principal.Arn[(principal.Arn.LastIndexOf('/') + 1)..];
        return await call.AllowedAsync(caller, IdentityKind.User, name, null, bounded: false);
    }

    /// <summary>A user or group whose name the call has besides the one that it is decided on.</summary>
    /// <exception cref="Refusal">NoSuchEntity.</exception>
    public static async Task<Identity> OtherAsync(this QueryCall call, IdentityKind kind, string name) =>
        await call.FindAsync(kind, name) ?? throw IdentityRefusals.NoSuch(kind, name);

    public static Task<Identity?> FindAsync(this QueryCall call, IdentityKind kind, string name) =>
        call.Service<IdentityStore>().FindAsync(call.AccountId, kind, name, call.Cancellation);

    /// <summary>Decides on what was found, or on what would have been.</summary>
    /// <exception cref="Refusal">AccessDenied, or NoSuchEntity.</exception>
    public static async Task<Identity> AllowedAsync(
        this QueryCall call, Identity? found, IdentityKind kind, string name, IEnumerable<KeyValuePair<string, string[]>>? keys, bool bounded)
    {
        var all = new Dictionary<string, string[]>(keys ?? [], StringComparer.OrdinalIgnoreCase);
        if (bounded && found?.BoundaryArn is { } boundary)
        {
            all["iam:PermissionsBoundary"] = [boundary];
        }

        if (found is not null && kind != IdentityKind.Group)
        {
            await call.AddTagsAsync(all, TagSubject.Of(found));
        }

        var arn = found is null ? IamArns.Identity(call.AccountId, kind, "/", name) : IamArns.Of(found);
        await call.AuthoriseAsync(arn, all.Count == 0 ? null : all, $"{kind.ToString().ToLowerInvariant()} {name}");
        return found ?? throw IdentityRefusals.NoSuch(kind, name);
    }

    /// <summary>Adds <c>aws:ResourceTag</c>, and IAM's older name of the same.</summary>
    public static async Task AddTagsAsync(this QueryCall call, Dictionary<string, string[]> keys, TagSubject subject)
    {
        foreach (var tag in await call.Service<IdentityTagStore>().ListAsync(subject, call.Cancellation))
        {
            keys[$"aws:ResourceTag/{tag.Key}"] = [tag.Value];
            keys[$"iam:ResourceTag/{tag.Key}"] = [tag.Value];
        }
    }

    /// <summary>The parameter <c>Tags</c>.</summary>
    /// <exception cref="Refusal">InvalidInput: a key is AWS's own, or is there twice, in whatever case.</exception>
    public static IReadOnlyDictionary<string, string> Tags(this QueryCall call)
    {
        var tags = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var prefix in call.Objects("Tags", "Key", IamShapes.TagKey, IamShapes.MaxTags))
        {
            var key = call.Arguments.Required(prefix + "Key", IamShapes.TagKey);
            if (key.StartsWith("aws:", StringComparison.OrdinalIgnoreCase))
            {
                throw IdentityRefusals.InvalidInput("Tag keys that begin with 'aws:' are reserved.");
            }

            if (!tags.TryAdd(key, call.Arguments.Required(prefix + "Value", IamShapes.TagValue)))
            {
                throw IdentityRefusals.InvalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
            }
        }

        return tags;
    }

    /// <summary>The page that the call asks for with <c>MaxItems</c> and <c>Marker</c>.</summary>
    public static Page Page(this QueryCall call)
    {
        var tokens = call.Service<PageTokens>();
        var binding = PageTokens.Bind(call.Action, call.AccountId, call.Arguments.All.Where(p => p.Key is not ("MaxItems" or "Marker")));
        var size = call.Arguments.Integer("MaxItems", 1, IamShapes.MaxItems) ?? 100;
        return new Page(size, call.Arguments.Optional("Marker", IamShapes.Marker) is { } marker ? Open(marker) : null, key => tokens.Seal(binding, key));

        IReadOnlyList<string> Open(string marker)
        {
            try
            {
                return tokens.Open(binding, marker);
            }
            catch (Refusal)
            {
                throw Refusal.Validation("Invalid Marker. Leave Marker out to start with the first page.");
            }
        }
    }

    /// <summary>The key of a page whose rows are known by one text.</summary>
    public static string? After(this Page page) => page.After?[0];

    /// <summary>A list, and whether there is more of it.</summary>
    public static IReadOnlyList<XElement> Answer<T>(this Page page, string list, IReadOnlyList<T> rows, Func<T, string> key, Func<T, object> member)
    {
        var (shown, marker) = page.Cut(rows, row => [key(row)]);
        return [IamXml.List(list, shown.Select(member)), .. End(marker)];
    }

    /// <summary>What follows the lists of an answer.</summary>
    public static IEnumerable<XElement> End(string? marker) =>
        marker is null ? [IamXml.Flag("IsTruncated", false)] : [IamXml.Flag("IsTruncated", true), new XElement("Marker", marker)];

    /// <summary>The path that something new has; <c>/</c> where none is given.</summary>
    public static string Path(this QueryCall call, TextShape shape) => call.Arguments.Optional("Path", shape) ?? "/";

    public static string PathPrefix(this QueryCall call) => call.Arguments.Optional("PathPrefix", IamShapes.PathPrefix) ?? "/";

    public static string Document(this QueryCall call, string name = "PolicyDocument") => call.Arguments.Required(name, IamShapes.Document);

    public static bool Flag(this QueryCall call, string name) => call.Arguments.Optional(name, IamShapes.Boolean) == "true";
}
