using System.Collections.Frozen;
using Granary.Core.Packages;

namespace Granary.Core.Groups;

/// <summary>The groups of a domain at one moment: which group a package is in, and what its restrictions come to.</summary>
public sealed class PackageGroups
{
    private readonly FrozenDictionary<string, PackageGroupNode> byPattern;
    private readonly FrozenDictionary<(PatternScope, string, string, string), PackageGroupNode> byVariation;
    private readonly FrozenSet<string> formats;
    private readonly OriginRules? same;

    private PackageGroups(IReadOnlyList<PackageGroupNode> nodes)
    {
        All = nodes;
        byPattern = nodes.ToFrozenDictionary(n => n.Pattern.Text, StringComparer.Ordinal);
        byVariation = nodes
            .GroupBy(n => n.Pattern.Folded())
            .ToFrozenDictionary(g => g.Key, g => g.MinBy(n => n.Pattern.Text, StringComparer.Ordinal)!);
        formats = nodes.Select(n => n.Pattern.Format).ToFrozenSet(StringComparer.Ordinal);
        Root = byPattern[PackageGroupPattern.Root.Text];
        same = nodes.Count == 1 ? new OriginRules(new Association(Root, IsStrong: true)) : null;
    }

    /// <summary>By pattern, in byte order.</summary>
    public IReadOnlyList<PackageGroupNode> All { get; }

    public PackageGroupNode Root { get; }

    /// <summary>Makes the hierarchy: the parent of a group is the most specific one that holds all that the group holds.</summary>
    /// <param name="tagsOf">The tags of a group by its id.</param>
    public static PackageGroups Of(
        IReadOnlyList<PackageGroup> groups, IReadOnlyList<AllowedRepository> allowed, Func<long, IReadOnlyDictionary<string, string>> tagsOf)
    {
        var lists = allowed.ToLookup(a => (a.GroupId, a.Restriction), a => a.RepositoryId);
        // A domain that is deleted while it is read may have lost its root already.
        var rooted = groups.Any(g => g.Pattern == PackageGroupPattern.Root.Text) ? groups : [PackageGroup.NewRoot(0, 0, default), .. groups];
        var nodes = rooted
            .Select(g => new PackageGroupNode(PackageGroupPattern.Parse(g.Pattern), g, restriction => lists[(g.Id, restriction)].ToFrozenSet(), tagsOf(g.Id)))
            .OrderBy(n => n.Pattern.Text, StringComparer.Ordinal)
            .ToList();
        var known = nodes.ToDictionary(n => n.Pattern.Text, StringComparer.Ordinal);
        foreach (var node in nodes)
        {
            node.Parent = node.Pattern.Above().Select(p => known.GetValueOrDefault(p.Text)).FirstOrDefault(n => n is not null);
        }

        return new PackageGroups(nodes);
    }

    public PackageGroupNode? Find(string pattern) => byPattern.GetValueOrDefault(pattern);

    /// <summary>The groups whose parent the group is, by pattern in byte order.</summary>
    public IEnumerable<PackageGroupNode> ChildrenOf(PackageGroupNode group) => All.Where(n => n.Parent == group);

    /// <summary>
    /// The one group that a package is in: the most specific whose pattern it matches or is a variation of. A variation of a specific group
    /// does not fall through to a wider one that it matches exactly.
    /// </summary>
    public Association AssociationOf(PackageCoordinate package)
    {
        if (!formats.Contains(package.Format))
        {
            return new Association(Root, IsStrong: true);
        }

        foreach (var pattern in PackageGroupPattern.Around(package))
        {
            if (byPattern.TryGetValue(pattern.Text, out var exact))
            {
                return new Association(exact, IsStrong: true);
            }

            if (byVariation.TryGetValue(pattern.Folded(), out var variation))
            {
                return new Association(variation, IsStrong: false);
            }
        }

        return new Association(Root, IsStrong: true);
    }

    /// <summary>From where new versions of a package may enter which repositories.</summary>
    public OriginRules RulesOf(PackageCoordinate package) => same ?? new OriginRules(AssociationOf(package));

    /// <summary>The same domain with one more group, as a preview of it.</summary>
    public PackageGroups With(PackageGroup group) =>
        Of([.. All.Select(n => n.Group), group], [.. All.SelectMany(n => n.AllowedRepositories())], id => All.FirstOrDefault(n => n.Group.Id == id)?.Tags ?? FrozenDictionary<string, string>.Empty);
}

/// <summary>The group that a package is in.</summary>
/// <param name="IsStrong">The pattern holds the package's name to the letter; otherwise only a variation of it, and nothing new of it may enter.</param>
public readonly record struct Association(PackageGroupNode Group, bool IsStrong);

/// <summary>A group in its place among the others.</summary>
public sealed class PackageGroupNode
{
    private readonly FrozenSet<long>[] lists;

    internal PackageGroupNode(PackageGroupPattern pattern, PackageGroup group, Func<OriginRestriction, FrozenSet<long>> listOf, IReadOnlyDictionary<string, string> tags)
    {
        (Pattern, Group, Tags) = (pattern, group, tags);
        lists = [.. Enum.GetValues<OriginRestriction>().Select(listOf)];
    }

    public PackageGroupPattern Pattern { get; }

    /// <summary>The row, which nobody changes: the snapshot is shared.</summary>
    public PackageGroup Group { get; }

    /// <summary>Null for the root.</summary>
    public PackageGroupNode? Parent { get; internal set; }

    public IReadOnlyDictionary<string, string> Tags { get; }

    /// <summary>The group whose mode counts: this one, or the first above it that does not inherit.</summary>
    public PackageGroupNode SourceOf(OriginRestriction restriction) =>
        Group[restriction] is RestrictionMode.Inherit && Parent is not null ? Parent.SourceOf(restriction) : this;

    /// <summary>The repositories of the group's own list; empty where its mode has none.</summary>
    public IReadOnlySet<long> ListOf(OriginRestriction restriction) => lists[(int)restriction];

    internal bool Allows(OriginRestriction restriction, long repositoryId)
    {
        var source = SourceOf(restriction);
        return source.Group[restriction] switch
        {
            RestrictionMode.Block => false,
            RestrictionMode.AllowSpecificRepositories => source.ListOf(restriction).Contains(repositoryId),
            _ => true,
        };
    }

    internal IEnumerable<AllowedRepository> AllowedRepositories() =>
        from restriction in Enum.GetValues<OriginRestriction>()
        from repository in ListOf(restriction)
        select new AllowedRepository { DomainId = Group.DomainId, GroupId = Group.Id, Restriction = restriction, RepositoryId = repository };
}
