using System.Collections.Immutable;
using Granary.Core.Packages;

namespace Granary.Tests.Resolution;

/// <summary>The connections of the histories: two to sources of the packages' format, and one to a format that has nothing to do with them.</summary>
internal static class Connections
{
    public static readonly IReadOnlyList<string> OfFruit = ["public:fruit", "public:market"];

    public const string OfStones = "public:quarry";
}

/// <summary>What a source lists of a package: contents by version, and versions by tag.</summary>
internal sealed record Listed(ImmutableSortedDictionary<string, string> Versions, ImmutableSortedDictionary<string, string> Tags)
{
    public static readonly Listed Empty = new(ImmutableSortedDictionary<string, string>.Empty, ImmutableSortedDictionary<string, string>.Empty);
}

/// <summary>A public source. Both sides have one of each, so that neither sees what the other was told.</summary>
internal sealed class Market
{
    private readonly HashSet<(PackageCoordinate, string)> spoilt = [];

    public Dictionary<PackageCoordinate, Listed> Packages { get; } = [];

    public bool IsDown { get; set; }

    /// <summary>Does what the operation does to the source of this name; true where that changed a package.</summary>
    public bool Take(string connection, Operation operation)
    {
        switch (operation)
        {
            case SourceGains gains when gains.Connection == connection:
                var before = Packages.GetValueOrDefault(gains.Of) ?? Listed.Empty;
                Packages[gains.Of] = before with { Versions = before.Versions.SetItem(gains.Version, gains.Content) };
                spoilt.Remove((gains.Of, gains.Version));
                return true;
            case SourceLoses loses when loses.Connection == connection && Packages.TryGetValue(loses.Of, out var listed):
                Packages[loses.Of] = listed with { Versions = listed.Versions.Remove(loses.Version) };
                // A source that has no version left has no such package either.
                return Packages[loses.Of].Versions.Count > 0 || Packages.Remove(loses.Of);
            case SourceTags tags when tags.Connection == connection && Packages.TryGetValue(tags.Of, out var listed):
                Packages[tags.Of] = listed with { Tags = listed.Tags.SetItem(tags.Tag, tags.Version) };
                return true;
            case SourceSpoils spoils when spoils.Connection == connection:
                return spoilt.Add((spoils.Of, spoils.Version));
            default:
                return false;
        }
    }

    /// <summary>The content that it sends for a version, be it the right one; null where it answers with a failure.</summary>
    public string? Sends(PackageCoordinate package, string version) =>
        IsDown || Packages.GetValueOrDefault(package)?.Versions.GetValueOrDefault(version) is not { } content ? null
        : spoilt.Contains((package, version)) ? content + ", spoilt"
        : content;
}
