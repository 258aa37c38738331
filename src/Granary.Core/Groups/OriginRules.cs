namespace Granary.Core.Groups;

/// <summary>What the group of one package says about where its new versions may come from. The package's own controls are apart: a block from either wins.</summary>
public sealed class OriginRules(Association association)
{
    public Association Association => association;

    public bool Allows(OriginRestriction restriction, long repositoryId) =>
        association.IsStrong && association.Group.Allows(restriction, repositoryId);

    /// <summary>Why the restriction does not allow a repository, for people.</summary>
    public string Reason(OriginRestriction restriction)
    {
        var (group, isStrong) = (association.Group, association.IsStrong);
        if (!isStrong)
        {
            return $"its name is a variation of the package group {group.Pattern}, and nothing new enters under such a name";
        }

        var source = group.SourceOf(restriction);
        var inherited = source == group ? "" : $", which it inherits from {source.Pattern}";
        return source.Group[restriction] is RestrictionMode.Block
            ? $"its package group {group.Pattern} has {restriction.Wire()} = BLOCK{inherited}"
            : $"its package group {group.Pattern} has {restriction.Wire()} = ALLOW_SPECIFIC_REPOSITORIES{inherited}, and the list does not name the repository";
    }
}
