using System.Xml.Linq;
using Granary.Core.Access.Identities;
using Granary.Server.Aws.Query;

namespace Granary.Server.Aws.Iam;

/// <summary>Attaches managed policies to users, groups and roles.</summary>
internal static class AttachmentActions
{
    public static IReadOnlyList<QueryAction> All { get; } =
    [
        .. Enum.GetValues<IdentityKind>().SelectMany<IdentityKind, QueryAction>(kind =>
        [
            new($"Attach{kind}Policy", call => AttachAsync(call, kind)),
            new($"Detach{kind}Policy", call => DetachAsync(call, kind)),
            new($"ListAttached{kind}Policies", call => ListAsync(call, kind)),
        ]),
        new("ListEntitiesForPolicy", ListEntitiesAsync),
    ];

    /// <summary>The values of <c>PolicyUsageFilter</c>.</summary>
    public static PolicyUses Uses(string? filter) => filter switch
    {
        "PermissionsPolicy" => PolicyUses.Permissions,
        "PermissionsBoundary" => PolicyUses.Boundary,
        _ => PolicyUses.Any,
    };

    private static async Task<IReadOnlyList<XElement>> AttachAsync(QueryCall call, IdentityKind kind)
    {
        var (identity, arn) = await ReadAsync(call, kind);
        await call.Service<AttachmentStore>().AttachAsync(identity, arn, call.Actor, call.Cancellation);
        return [];
    }

    private static async Task<IReadOnlyList<XElement>> DetachAsync(QueryCall call, IdentityKind kind)
    {
        var (identity, arn) = await ReadAsync(call, kind);
        await call.Service<AttachmentStore>().DetachAsync(identity, arn, call.Actor, call.Cancellation);
        return [];
    }

    private static async Task<IReadOnlyList<XElement>> ListAsync(QueryCall call, IdentityKind kind)
    {
        var prefix = call.Arguments.Optional("PathPrefix", IamShapes.PolicyPath) ?? "/";
        var page = call.Page();
        var identity = await call.IdentityAsync(kind);
        var arns = await call.Service<AttachmentStore>().ListAsync(identity, prefix, page.After(), page.Take, call.Cancellation);
        return page.Answer("AttachedPolicies", arns, arn => arn, IamXml.AttachedPolicy);
    }

    private static async Task<IReadOnlyList<XElement>> ListEntitiesAsync(QueryCall call)
    {
        var filter = call.Arguments.Optional("EntityFilter", IamShapes.EntityFilter);
        var uses = Uses(call.Arguments.Optional("PolicyUsageFilter", IamShapes.PolicyUsage));
        var prefix = call.PathPrefix();
        var page = call.Page();
        var line = await call.PolicyAsync();
        IdentityKind? kind = filter is null ? null : Enum.TryParse<IdentityKind>(filter, out var one) ? one : null;
        // The filter's other values name kinds of policies, which nothing is attached to.
        var rows = filter is not null && kind is null
            ? []
            : await call.Service<AttachmentStore>().EntitiesAsync(call.AccountId, line.Arn, kind, prefix, uses, page.After(), page.Take, call.Cancellation);
        var (shown, marker) = page.Cut(rows, row => [row.Id]);
        return [.. Enum.GetValues<IdentityKind>().Select(k => Entities(k, shown)), .. IamCalls.End(marker)];
    }

    private static XElement Entities(IdentityKind kind, IEnumerable<Identity> rows) => IamXml.List(
        $"Policy{kind}s", rows.Where(row => row.Kind == kind).Select(row => new[] { new XElement($"{kind}Name", row.Name), new XElement($"{kind}Id", row.Id) }));

    private static async Task<(Identity Identity, string PolicyArn)> ReadAsync(QueryCall call, IdentityKind kind)
    {
        var arn = call.PolicyArn();
        return (await call.IdentityAsync(kind, [KeyValuePair.Create<string, string[]>("iam:PolicyARN", [arn])], bounded: true), arn);
    }
}
