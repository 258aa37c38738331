using System.Xml.Linq;
using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Access.Identities;
using Granary.Server.Aws.Query;

namespace Granary.Server.Aws.Iam;

/// <summary>The account as a whole.</summary>
internal static class AccountActions
{
    // In the order in which pages have them; identities by the names of EntityFilter, which are those of their kinds.
    private static readonly string[] Stages = ["User", "Group", "Role", "LocalManagedPolicy", "AWSManagedPolicy"];

    public static IReadOnlyList<QueryAction> All { get; } =
    [
        new("GetAccountSummary", SummariseAsync),
        new("GetAccountAuthorizationDetails", DetailAsync),
    ];

    private static async Task<IReadOnlyList<XElement>> SummariseAsync(QueryCall call)
    {
        await call.AuthoriseAsync(ResourceArns.Any);
        var quotas = call.Service<Quotas>();
        var counts = new Dictionary<string, int>(await call.Service<AccountDetails>().CountAsync(call.AccountId, call.Cancellation))
        {
            ["AccessKeysPerUserQuota"] = quotas.AccessKeysPerUser,
            ["AssumeRolePolicySizeQuota"] = quotas.AssumeRolePolicySize,
            ["GroupPolicySizeQuota"] = quotas.GroupPolicySize,
            ["GroupsPerUserQuota"] = quotas.GroupsPerUser,
            ["PolicySizeQuota"] = quotas.PolicySize,
            ["RolePolicySizeQuota"] = quotas.RolePolicySize,
            ["UserPolicySizeQuota"] = quotas.UserPolicySize,
            ["VersionsPerPolicyQuota"] = quotas.VersionsPerPolicy,
        };
        return
        [
            new XElement("SummaryMap", counts.OrderBy(c => c.Key, StringComparer.Ordinal)
                .Select(c => new XElement("entry", new XElement("key", c.Key), IamXml.Number("value", c.Value)))),
        ];
    }

    private static async Task<IReadOnlyList<XElement>> DetailAsync(QueryCall call)
    {
        var filter = call.Texts("Filter", IamShapes.EntityFilter, Stages.Length);
        var page = call.Page();
        await call.AuthoriseAsync(ResourceArns.Any);
        var stages = Stages.Where(stage => filter.Count == 0 || filter.Contains(stage)).SkipWhile(stage => page.After is [var last, _] && stage != last);
        var rows = new List<Row>();
        foreach (var stage in stages)
        {
            if (rows.Count < page.Take)
            {
                rows.AddRange(await ReadAsync(call, stage, page.After is [var last, var after] && stage == last ? after : null, page.Take - rows.Count));
            }
        }

        var (shown, marker) = page.Cut(rows, row => [row.Stage, row.Key]);
        var details = await call.Service<AccountDetails>().OfAsync(call.AccountId, [.. shown.Select(row => row.Identity).OfType<Identity>()], call.Cancellation);
        var policies = new List<IEnumerable<XElement?>>();
        foreach (var line in shown.Select(row => row.Policy).OfType<PolicyLine>())
        {
            policies.Add([.. IamXml.Policy(line), IamXml.Description(line), await PolicyVersionActions.AllAsync(call, line)]);
        }

        return
        [
            .. Enum.GetValues<IdentityKind>().Select(kind => IamXml.List($"{kind}DetailList", details.Where(d => d.Identity.Kind == kind).Select(Details))),
            IamXml.List("Policies", policies),
            .. IamCalls.End(marker),
        ];
    }

    private static async Task<IEnumerable<Row>> ReadAsync(QueryCall call, string stage, string? after, int take)
    {
        if (Enum.TryParse<IdentityKind>(stage, out var kind))
        {
            var identities = await call.Service<IdentityStore>().ListAsync(call.AccountId, kind, "/", after, take, call.Cancellation);
            return identities.Select(identity => new Row(stage, identity.NameKey, identity, null));
        }

        // Of AWS's policies those that are in use.
        var filter = stage == "LocalManagedPolicy" ? new PolicyFilter(Aws: false, Own: true) : new PolicyFilter(Aws: true, Own: false) { Used = PolicyUses.Any };
        var lines = await call.Service<ManagedPolicyListing>().ListAsync(call.AccountId, filter, after, take, call.Cancellation);
        return lines.Select(line => new Row(stage, line.Own?.NameKey ?? line.Arn, null, line));
    }

    private static IEnumerable<XElement?> Details(IdentityDetails details)
    {
        var kind = details.Identity.Kind;
        return
        [
            .. IamXml.Identity(details.Identity).Where(e => e is null || e.Name.LocalName is not ("Description" or "MaxSessionDuration")),
            IamXml.List($"{kind}PolicyList", details.Inline.Select(p => new[] { new XElement("PolicyName", p.Name), IamXml.Document("PolicyDocument", p.Document) })),
            IamXml.List("AttachedManagedPolicies", details.Attached.Select(IamXml.AttachedPolicy)),
            kind == IdentityKind.User ? IamXml.List("GroupList", details.Groups) : null,
            kind == IdentityKind.Role ? new XElement("InstanceProfileList") : null,
            IamXml.Boundary(details.Identity),
            kind == IdentityKind.Group ? null : IamXml.Tags(details.Tags),
        ];
    }

    private sealed record Row(string Stage, string Key, Identity? Identity, PolicyLine? Policy);
}
