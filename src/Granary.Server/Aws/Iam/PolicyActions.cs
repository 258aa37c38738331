using System.Xml.Linq;
using Granary.Core.Access.Identities;
using Granary.Server.Aws.Query;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.Iam;

/// <summary>Managed policies.</summary>
internal static class PolicyActions
{
    public static IReadOnlyList<QueryAction> All { get; } =
    [
        new("CreatePolicy", CreateAsync),
        new("GetPolicy", GetAsync),
        new("ListPolicies", ListAsync),
        new("DeletePolicy", DeleteAsync),
    ];

    private static async Task<IReadOnlyList<XElement>> CreateAsync(QueryCall call)
    {
        var name = call.Arguments.Required("PolicyName", IamShapes.LongName);
        var path = call.Path(IamShapes.PolicyPath);
        var document = call.Document();
        var description = call.Arguments.Optional("Description", IamShapes.PolicyDescription);
        var tags = call.Tags();
        var (arn, keys) = (IamArns.Policy(call.AccountId, path, name), TagArguments.Keys(tags));
        await call.AuthoriseAsync(arn, keys);
        if (tags.Count > 0)
        {
            await call.DemandAsync("iam:TagPolicy", arn, keys);
        }

        var policy = await call.Service<ManagedPolicyStore>().CreateAsync(call.AccountId, (name, path, description), document, tags, call.Actor, call.Cancellation);
        var line = new PolicyLine(policy.Arn, policy, null, 0, 0);
        return [new XElement("Policy", IamXml.Policy(line), tags.Count > 0 ? IamXml.Tags(tags) : null)];
    }

    private static async Task<IReadOnlyList<XElement>> GetAsync(QueryCall call)
    {
        var line = await call.PolicyAsync();
        var tags = line.Own is { } own ? await call.Service<IdentityTagStore>().ListAsync(TagSubject.Of(own), call.Cancellation) : [];
        return [new XElement("Policy", IamXml.Policy(line), IamXml.Description(line), IamXml.Tags(tags))];
    }

    private static async Task<IReadOnlyList<XElement>> ListAsync(QueryCall call)
    {
        var scope = call.Arguments.Optional("Scope", IamShapes.PolicyScope) ?? "All";
        var usage = call.Arguments.Optional("PolicyUsageFilter", IamShapes.PolicyUsage);
        var filter = new PolicyFilter(scope != "Local", scope != "AWS")
        {
            PathPrefix = call.Arguments.Optional("PathPrefix", IamShapes.PolicyPath) ?? "/",
            Used = usage is not null ? AttachmentActions.Uses(usage) : call.Flag("OnlyAttached") ? PolicyUses.Any : null,
        };
        var page = call.Page();
        await call.AuthoriseAsync(IamArns.Policy(call.AccountId, filter.PathPrefix, ""));
        var lines = await call.Service<ManagedPolicyListing>().ListAsync(call.AccountId, filter, page.After(), page.Take, call.Cancellation);
        return page.Answer("Policies", lines, line => line.Own?.NameKey ?? line.Arn, IamXml.Policy);
    }

    private static async Task<IReadOnlyList<XElement>> DeleteAsync(QueryCall call)
    {
        var policy = await call.OwnPolicyAsync();
        await call.Service<ManagedPolicyStore>().DeleteAsync(policy, call.Actor, call.Cancellation);
        return [];
    }
}
