using Granary.Core.Domains;
using Granary.Core.Groups;
using Granary.Server.ControlPlane.Responses;

namespace Granary.Server.ControlPlane;

/// <summary>What replies tell of a group.</summary>
internal static class PackageGroupAnswers
{
    public static PackageGroupDescription Describe(Call call, PackageGroupNode node) => new(
        Arn(call, node),
        node.Pattern.Text,
        call.Target.Domain,
        call.Target.Owner,
        node.Group.CreatedAt.EpochSeconds(),
        node.Group.ContactInfo,
        node.Group.Description,
        new PackageGroupOriginConfiguration(Enum.GetValues<OriginRestriction>().ToDictionary(r => r.Wire(), r => Restriction(call, node, r), StringComparer.Ordinal)),
        node.Parent is { } parent ? Reference(call, parent) : null);

    public static string Strength(bool isStrong) => isStrong ? "STRONG" : "WEAK";

    /// <summary>A group that does not exist, as it would be.</summary>
    public static PackageGroup Preview(DomainSnapshot domain, PackageGroupPattern pattern) => new()
    {
        DomainId = domain.Id,
        Id = -1,
        Pattern = pattern.Text,
        CreatedAt = default,
        Publish = RestrictionMode.Inherit,
        ExternalUpstream = RestrictionMode.Inherit,
        InternalUpstream = RestrictionMode.Inherit,
    };

    // repositoriesCount is of the group's own list, which is the one that ListAllowedRepositoriesForGroup shows.
    private static PackageGroupOriginRestriction Restriction(Call call, PackageGroupNode node, OriginRestriction restriction)
    {
        var source = node.SourceOf(restriction);
        return new(
            node.Group[restriction].Wire(),
            source.Group[restriction].Wire(),
            source == node ? null : Reference(call, source),
            node.ListOf(restriction).Count);
    }

    private static PackageGroupReference Reference(Call call, PackageGroupNode node) => new(Arn(call, node), node.Pattern.Text);

    private static string Arn(Call call, PackageGroupNode node) => call.Arns.PackageGroup(call.Target.Owner, call.Target.Domain, GroupPatterns.Encode(node.Pattern));
}
