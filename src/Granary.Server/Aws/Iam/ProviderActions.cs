using System.Xml.Linq;
using Granary.Core;
using Granary.Core.Access.Identities;
using Granary.Server.Aws.Query;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.Iam;

/// <summary>OpenID Connect providers.</summary>
internal static class ProviderActions
{
    // More than the quotas, which may be changed.
    private const int MostItems = 400;

    public static IReadOnlyList<QueryAction> All { get; } =
    [
        new("CreateOpenIDConnectProvider", CreateAsync),
        new("GetOpenIDConnectProvider", GetAsync),
        new("ListOpenIDConnectProviders", ListAsync),
        new("DeleteOpenIDConnectProvider", DeleteAsync),
        new("AddClientIDToOpenIDConnectProvider", AddClientIdAsync),
        new("RemoveClientIDFromOpenIDConnectProvider", RemoveClientIdAsync),
        new("UpdateOpenIDConnectProviderThumbprint", UpdateThumbprintsAsync),
    ];

    /// <summary>The provider that the call names, once it is decided that the caller may do this with it.</summary>
    /// <param name="further">Condition keys of the action; null for none.</param>
    /// <exception cref="Refusal">AccessDenied, InvalidInput, NoSuchEntity.</exception>
    public static async Task<IdentityProvider> FindAsync(QueryCall call, IReadOnlyDictionary<string, string[]>? further = null)
    {
        var arn = call.Arguments.Required("OpenIDConnectProviderArn", IamShapes.Arn);
        if (arn.Split(':') is not ["arn", "aws", "iam", "", { Length: 12 }, var resource, ..] || !resource.StartsWith("oidc-provider/", StringComparison.Ordinal))
        {
            throw IdentityRefusals.InvalidInput($"Invalid ARN: {arn}");
        }

        var provider = await call.Service<IdentityProviderStore>().FindAsync(call.AccountId, arn, call.Cancellation);
        var keys = new Dictionary<string, string[]>(further ?? new Dictionary<string, string[]>(), StringComparer.OrdinalIgnoreCase);
        if (provider is not null)
        {
            await call.AddTagsAsync(keys, TagSubject.Of(provider));
        }

        await call.AuthoriseAsync(arn, keys.Count == 0 ? null : keys);
        return provider ?? throw IdentityProviderStore.NoSuch(arn);
    }

    private static async Task<IReadOnlyList<XElement>> CreateAsync(QueryCall call)
    {
        var url = ProviderUrl.Check(call.Arguments.Required("Url", IamShapes.ProviderUrl));
        var clientIds = call.Texts("ClientIDList", IamShapes.ClientId, MostItems);
        var thumbprints = Thumbprints(call);
        var tags = call.Tags();
        var (arn, keys) = (Arn(call, IdentityProviderStore.NameOf(url)), TagArguments.Keys(tags));
        await call.AuthoriseAsync(arn, keys);
        if (tags.Count > 0)
        {
            await call.DemandAsync("iam:TagOpenIDConnectProvider", arn, keys);
        }

        var provider = await call.Service<IdentityProviderStore>().CreateAsync(call.AccountId, url, clientIds, thumbprints, tags, call.Actor, call.Cancellation);
        IEnumerable<XElement> tagged = tags.Count > 0 ? [IamXml.Tags(tags)] : [];
        return [new XElement("OpenIDConnectProviderArn", provider.Arn), .. tagged];
    }

    private static async Task<IReadOnlyList<XElement>> GetAsync(QueryCall call)
    {
        var provider = await FindAsync(call);
        var tags = await call.Service<IdentityTagStore>().ListAsync(TagSubject.Of(provider), call.Cancellation);
        return
        [
            // AWS gives it without its scheme.
            new XElement("Url", provider.Name),
            IamXml.List("ClientIDList", IdentityProviderStore.Items(provider.ClientIds)),
            IamXml.List("ThumbprintList", IdentityProviderStore.Items(provider.Thumbprints)),
            IamXml.Time("CreateDate", provider.CreatedAt),
            IamXml.Tags(tags),
        ];
    }

    private static async Task<IReadOnlyList<XElement>> ListAsync(QueryCall call)
    {
        await call.AuthoriseAsync(Arn(call, "*"));
        var providers = await call.Service<IdentityProviderStore>().ListAsync(call.AccountId, call.Cancellation);
        return [IamXml.List("OpenIDConnectProviderList", providers.Select(p => new XElement("Arn", p.Arn)))];
    }

    private static async Task<IReadOnlyList<XElement>> DeleteAsync(QueryCall call)
    {
        var provider = await FindAsync(call);
        await call.Service<IdentityProviderStore>().DeleteAsync(provider, call.Actor, call.Cancellation);
        return [];
    }

    private static Task<IReadOnlyList<XElement>> AddClientIdAsync(QueryCall call)
    {
        var id = ClientId(call);
        return ChangeAsync(call, row => row.ClientIds = IdentityProviderStore.Lines([.. IdentityProviderStore.Items(row.ClientIds), id]));
    }

    private static Task<IReadOnlyList<XElement>> RemoveClientIdAsync(QueryCall call)
    {
        var id = ClientId(call);
        return ChangeAsync(call, row => row.ClientIds = IdentityProviderStore.Lines(IdentityProviderStore.Items(row.ClientIds).Where(other => other != id)));
    }

    private static Task<IReadOnlyList<XElement>> UpdateThumbprintsAsync(QueryCall call)
    {
        var thumbprints = IdentityProviderStore.Lines(Thumbprints(call));
        return ChangeAsync(call, row => row.Thumbprints = thumbprints);
    }

    private static async Task<IReadOnlyList<XElement>> ChangeAsync(QueryCall call, Action<IdentityProvider> change)
    {
        var provider = await FindAsync(call);
        await call.Service<IdentityProviderStore>().ChangeAsync(provider, change, call.Actor, call.Cancellation);
        return [];
    }

    private static string ClientId(QueryCall call) => call.Arguments.Required("ClientID", IamShapes.ClientId);

    private static List<string> Thumbprints(QueryCall call) =>
        [.. call.Texts("ThumbprintList", IamShapes.Thumbprint, MostItems).Select(thumbprint => thumbprint.ToLowerInvariant())];

    private static string Arn(QueryCall call, string name) => $"arn:aws:iam::{call.AccountId}:oidc-provider/{name}";
}
