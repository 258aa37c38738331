using System.Xml.Linq;
using Granary.Core.Access.Identities;
using Granary.Server.Aws.Query;

namespace Granary.Server.Aws.Iam;

/// <summary>Policies that belong to one user, group or role.</summary>
internal static class InlinePolicyActions
{
    public static IReadOnlyList<QueryAction> All { get; } =
    [
        .. Enum.GetValues<IdentityKind>().SelectMany<IdentityKind, QueryAction>(kind =>
        [
            new($"Put{kind}Policy", call => PutAsync(call, kind)),
            new($"Get{kind}Policy", call => GetAsync(call, kind)),
            new($"Delete{kind}Policy", call => DeleteAsync(call, kind)),
            new($"List{kind}Policies", call => ListAsync(call, kind)),
        ]),
    ];

    private static async Task<IReadOnlyList<XElement>> PutAsync(QueryCall call, IdentityKind kind)
    {
        var (name, document) = (Name(call), call.Document());
        var identity = await call.IdentityAsync(kind, bounded: true);
        await call.Service<InlinePolicyStore>().PutAsync(identity, name, document, call.Actor, call.Cancellation);
        return [];
    }

    private static async Task<IReadOnlyList<XElement>> GetAsync(QueryCall call, IdentityKind kind)
    {
        var name = Name(call);
        var identity = await call.IdentityAsync(kind);
        var policy = await call.Service<InlinePolicyStore>().FindAsync(identity, name, call.Cancellation) ?? throw InlinePolicyStore.NoSuch(identity, name);
        return
        [
            new XElement(IamShapes.NameOf(kind), identity.Name),
            new XElement("PolicyName", policy.Name),
            IamXml.Document("PolicyDocument", policy.Document),
        ];
    }

    private static async Task<IReadOnlyList<XElement>> DeleteAsync(QueryCall call, IdentityKind kind)
    {
        var name = Name(call);
        var identity = await call.IdentityAsync(kind, bounded: true);
        await call.Service<InlinePolicyStore>().DeleteAsync(identity, name, call.Actor, call.Cancellation);
        return [];
    }

    private static async Task<IReadOnlyList<XElement>> ListAsync(QueryCall call, IdentityKind kind)
    {
        var page = call.Page();
        var identity = await call.IdentityAsync(kind);
        var policies = await call.Service<InlinePolicyStore>().ListAsync(identity, page.After(), page.Take, call.Cancellation);
        return page.Answer("PolicyNames", policies, policy => policy.Name, policy => policy.Name);
    }

    private static string Name(QueryCall call) => call.Arguments.Required("PolicyName", IamShapes.LongName);
}
