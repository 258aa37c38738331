using Granary.Core.Access;
using Granary.Core.Domains;
using Granary.Core.Groups;
using Granary.Core.Packages;
using Granary.Server.ControlPlane.Responses;

namespace Granary.Server.ControlPlane;

/// <summary>Package groups of a domain: create, describe, update, delete, list, and which packages are in them.</summary>
internal static class PackageGroupOperations
{
    private const int PageSize = 100;

    public static async Task<IResult> CreateAsync(Call call)
    {
        var contact = call.Body.Optional("contactInfo", Shapes.PackageGroupContactInfo);
        var description = call.Body.Optional("description", Shapes.Description);
        var tags = TagArguments.Read(call.Body);
        var keys = TagArguments.Keys(tags);
        if (tags.Count > 0)
        {
            await call.DemandOnNewGroupAsync(AccessActions.TagResource, keys);
        }

        var domain = await call.AuthoriseAsync(keys: keys) ?? throw call.DomainNotFound();
        var pattern = call.Target.Group!;
        await call.Service<PackageGroupStore>().CreateAsync(domain, new(pattern, contact, description, tags), call.Actor, call.Cancellation);
        return Answer(call, await ReadAsync(call, pattern));
    }

    public static async Task<IResult> DescribeAsync(Call call)
    {
        var (_, group) = await call.PackageGroupAsync();
        return Answer(call, group);
    }

    public static async Task<IResult> UpdateAsync(Call call)
    {
        var contact = call.Body.Optional("contactInfo", Shapes.PackageGroupContactInfo);
        var description = call.Body.Optional("description", Shapes.Description);
        var (domain, group) = await call.PackageGroupAsync();
        await call.Service<PackageGroupStore>().UpdateAsync(domain, group.Group, contact, description, call.Actor, call.Cancellation);
        return Answer(call, await ReadAsync(call, group.Pattern));
    }

    public static async Task<IResult> DeleteAsync(Call call)
    {
        var (domain, group) = await call.PackageGroupAsync();
        await call.Service<PackageGroupStore>().DeleteAsync(domain, group.Group, call.Actor, call.Cancellation);
        return Answer(call, group);
    }

    public static async Task<IResult> ListAsync(Call call)
    {
        var prefix = call.Query.Optional("prefix", Shapes.PackageGroupPatternPrefix) ?? "";
        var page = call.Page(PageSize);
        var domain = await call.DomainAsync();
        return List(call, page, domain.Groups.All.Where(g => g.Pattern.Text.StartsWith(prefix, StringComparison.Ordinal)));
    }

    public static async Task<IResult> ListSubGroupsAsync(Call call)
    {
        var page = call.Page(PageSize);
        var (domain, group) = await call.PackageGroupAsync();
        return List(call, page, domain.Groups.ChildrenOf(group));
    }

    /// <summary>The package need not exist: the answer is about its name.</summary>
    public static async Task<IResult> GetAssociatedAsync(Call call)
    {
        var package = call.Package;
        // Decided on the group that the package is in; where there is no domain, on the root that every domain has.
        var domain = await call.AuthoriseAsync(groupOf: d => d.Groups.AssociationOf(package).Group.Pattern) ?? throw call.DomainNotFound();
        var association = domain.Groups.AssociationOf(package);
        return ControlPlaneJson.Ok(new AssociatedGroupResponse(PackageGroupAnswers.Describe(call, association.Group), PackageGroupAnswers.Strength(association.IsStrong)));
    }

    public static async Task<IResult> ListAssociatedPackagesAsync(Call call)
    {
        var preview = call.Query.Flag("preview") ?? false;
        var page = call.Page(PageSize);
        var domain = await call.AuthoriseAsync() ?? throw call.DomainNotFound();
        var pattern = call.Target.Group!;
        var groups = domain.Groups.Find(pattern.Text) is null && preview ? domain.Groups.With(PackageGroupAnswers.Preview(domain, pattern)) : domain.Groups;
        var group = groups.Find(pattern.Text) ?? throw call.PackageGroupNotFound();
        var after = page.After is [var format, var @namespace, var name] ? new PackageKey(format, @namespace, name) : null;
        var (packages, next) = await call.Service<AssociatedPackages>().ListAsync(domain, groups, group, after, page.Size, call.Cancellation);
        return ControlPlaneJson.Ok(new AssociatedPackagesResponse(
            [.. packages.Select(p => new AssociatedPackageInfo(p.Package.Format, PackageOperations.NamespaceOf(p.Package), p.Package.Name, PackageGroupAnswers.Strength(p.IsStrong)))],
            next is null ? null : page.Token([next.Format, next.Namespace, next.Name])));
    }

    private static IResult List(Call call, Page page, IEnumerable<PackageGroupNode> groups)
    {
        var rows = groups.Where(g => page.After is null || string.CompareOrdinal(g.Pattern.Text, page.After[0]) > 0).Take(page.Take).ToList();
        var (shown, next) = page.Cut(rows, g => [g.Pattern.Text]);
        return ControlPlaneJson.Ok(new ListPackageGroupsResponse([.. shown.Select(g => PackageGroupAnswers.Describe(call, g))], next));
    }

    /// <summary>The group as it is after the change.</summary>
    private static async Task<PackageGroupNode> ReadAsync(Call call, PackageGroupPattern pattern)
    {
        var domain = await call.Service<DomainDirectory>().FindAsync(call.Target.Owner, call.Target.Domain, call.Cancellation);
        return domain?.Groups.Find(pattern.Text) ?? throw call.PackageGroupNotFound();
    }

    private static IResult Answer(Call call, PackageGroupNode group) =>
        ControlPlaneJson.Ok(new PackageGroupResponse(PackageGroupAnswers.Describe(call, group)));
}
