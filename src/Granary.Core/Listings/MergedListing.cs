using Granary.Core.Packages;

namespace Granary.Core.Listings;

/// <summary>
/// The union of what a search meets of one package, gathered in search order: what is nearer decides about a version, even by hiding it;
/// of tags with one name the upstream's wins, as in CodeArtifact. Versions come in search order; a repository can be searched before another that has
/// it for an upstream, so that tags have weights.
/// </summary>
/// <typeparam name="TVersion">What the format's listing needs of a version.</typeparam>
/// <param name="gather">
/// Of formats whose versions have several assets: a version together with what there is more of it further on. Null where a version is whole wherever it is.
/// </param>
public sealed class MergedListing<TVersion>(Func<TVersion, TVersion, TVersion>? gather = null)
{
    private readonly HashSet<string> decided = new(StringComparer.Ordinal);

    // Versions that may gain more further on, by the one origin that it may come from.
    private readonly Dictionary<string, VersionOrigin> open = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> weights = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (TVersion Kept, string Connection)> kept = new(StringComparer.Ordinal);
    private readonly List<(string Version, TVersion Kept, TVersion Offered)> offeredAgain = [];
    private string? entered;
    private int weight;

    /// <summary>The versions that clients see.</summary>
    public Dictionary<string, TVersion> Versions { get; } = new(StringComparer.Ordinal);

    /// <summary>Names that point to versions, seen or not.</summary>
    public Dictionary<string, string> Tags { get; } = new(StringComparer.Ordinal);

    /// <summary>The gathering has come to the next step of the search.</summary>
    /// <param name="repository">The name of its repository.</param>
    /// <param name="tagWeight">What its tags weigh; see <see cref="Upstreams.SearchPath.TagWeights"/>.</param>
    public void Enter(string repository, int tagWeight) => (entered, weight) = (repository, tagWeight);

    /// <summary>The connection whose document is being read.</summary>
    internal string? Source { get; set; }

    /// <summary>A version that a repository keeps: it decides about its name whatever its status is, and is seen when it is listed.</summary>
    /// <param name="unlistedToo">Whether it is seen as well when it is Unlisted.</param>
    public void AddStored(PackageVersion version, TVersion value, bool unlistedToo = false)
    {
        if (!decided.Add(version.Version))
        {
            Gather(version, value);
            return;
        }

        if (unlistedToo ? version.IsReadable : version.IsListed)
        {
            Versions.Add(version.Version, value);
            if (gather is not null && version.OriginRepository != entered)
            {
                open.Add(version.Version, version.Origin);
            }
        }

        if (version.OriginConnection is { } connection)
        {
            kept.Add(version.Version, (value, connection));
        }
    }

    /// <summary>A version that a public source offers.</summary>
    public void AddOffered(string version, TVersion value)
    {
        if (decided.Add(version))
        {
            Versions.Add(version, value);
        }
        else if (kept.TryGetValue(version, out var known) && known.Connection == Source)
        {
            offeredAgain.Add((version, known.Kept, value));
            if (open.ContainsKey(version))
            {
                Versions[version] = gather!(Versions[version], value);
            }
        }
    }

    /// <summary>A version that was met before: the same rules as when one of its assets is looked for.</summary>
    private void Gather(PackageVersion version, TVersion value)
    {
        if (!open.TryGetValue(version.Version, out var origin))
        {
            return;
        }

        if (version.IsReadable && version.Origin == origin)
        {
            Versions[version.Version] = gather!(Versions[version.Version], value);
        }

        if (!version.IsReadable || version.Origin != origin || version.OriginRepository == entered)
        {
            open.Remove(version.Version);
        }
    }

    /// <summary>The versions that were kept from <see cref="Source"/> and are in its document again, with what it said then and what it says now.</summary>
    internal IReadOnlyList<(string Version, TVersion Kept, TVersion Offered)> TakeOfferedAgain()
    {
        var taken = offeredAgain.ToList();
        offeredAgain.Clear();
        return taken;
    }

    /// <summary>A tag of the step that the gathering has come to. Of one step, the last counts: a repository's public source comes after what it keeps.</summary>
    public void SetTag(string name, string version)
    {
        if (weight >= weights.GetValueOrDefault(name))
        {
            (Tags[name], weights[name]) = (version, weight);
        }
    }
}
