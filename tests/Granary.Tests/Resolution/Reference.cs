using System.Security.Cryptography;
using System.Text;
using Granary.Core.Groups;
using Granary.Core.Packages;

namespace Granary.Tests.Resolution;

/// <summary>
/// A registry in a few dictionaries, written from CodeArtifact's user guide (quoted in comments) and docs/decisions, and not from the code: the
/// reading of the rules that the real one is held against. Slow and obvious on purpose; nothing is cached, every question walks everything.
/// </summary>
internal sealed class Reference
{
    private readonly Dictionary<(string Connection, PackageCoordinate Package), (int Moment, Listed? Listed)> heard = [];
    private readonly ReferencePlaces places = new();
    private int moment;

    public ReferencePlaces Places => places;

    public ReferenceGroups Groups { get; } = new();

    public Dictionary<string, Market> Markets { get; } = Connections.OfFruit.ToDictionary(c => c, _ => new Market());

    /// <summary>What the last operation may have asked of public sources: the most that the real one may ask.</summary>
    public HashSet<string> Asked { get; } = [];

    /// <summary>Bytes by the beginning of their SHA-256.</summary>
    public static string Label(string content) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)))[..8];

    public string Do(Operation operation)
    {
        Asked.Clear();
        if (operation.Repository is { } needed && !places.Has(needed))
        {
            return operation.IsRead ? "nothing" : "NotFound";
        }

        return operation switch
        {
            Publish publish => Do(publish),
            List list => Do(list),
            Fetch fetch => Do(fetch),
            CreateGroup create => Groups.Create(create.Pattern),
            DeleteGroup delete => Groups.Delete(delete.Pattern),
            ConfigureGroup configure => Groups.Configure(configure, places.Has),
            DeleteRepository delete => Do(delete),
            _ => places.Do(operation) ?? DoAtSource(operation),
        };
    }

    public static string Tags(IEnumerable<KeyValuePair<string, string>> tags) => string.Join(" ", tags.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => $"{t.Key}={t.Value}"));

    private string Do(Publish publish)
    {
        // "publish requires package publish=ALLOW and group effective PUBLISH allowing the repository."
        var record = places.Find(publish.To, publish.Of);
        if (record is { Publish: false } || !Groups.Allows(OriginRestriction.Publish, publish.Of, publish.To))
        {
            return "AccessDenied";
        }

        // "A version present in any reachable upstream or public source cannot be published directly → 409", whatever its status (decision 6).
        var stops = Search(publish.To, publish.Of);
        if (stops.Any(s => Stored(s, publish.Of)?.Versions.ContainsKey(publish.Version) is true))
        {
            return "Conflict";
        }

        foreach (var stop in stops.Where(s => s.Connection is not null))
        {
            var heard = TryHear(stop.Connection!, publish.Of, out var listed);
            if (listed?.Versions.ContainsKey(publish.Version) is true)
            {
                return "Conflict";
            }

            // Decision 6: a source that cannot be asked is never taken for "absent", whatever it said before.
            if (!heard || Markets[stop.Connection!].IsDown)
            {
                return "SourceFailed";
            }
        }

        // "First version arrives by direct publish: publish ALLOW, upstream BLOCK."
        record ??= places.Add(publish.To, publish.Of, publish: true, upstream: false);
        record.Versions.Add(publish.Version, new Held(PackageVersionStatus.Published, Label(publish.Content), publish.To));
        publish.Tags.ToList().ForEach(tag => record.Tags[tag] = publish.Version);
        return "done";
    }

    private string Do(List list)
    {
        var (versions, decided, silent) = (new SortedDictionary<string, string>(StringComparer.Ordinal), new HashSet<string>(), false);
        var (stops, tagsAt) = (Search(list.At, list.Of), new Dictionary<Stop, List<KeyValuePair<string, string>>>());
        foreach (var stop in stops)
        {
            // "The union over all searched repositories, including external connections". A source that is down leaves what is stored.
            Listed? listed = null;
            silent |= stop.Connection is not null && !TryHear(stop.Connection, list.Of, out listed);
            var stored = Stored(stop, list.Of);

            // "The one found first in search order is served", and "a status in the nearer repository hides the version".
            foreach (var (version, held) in stored?.Versions.Where(v => decided.Add(v.Key)).ToList() ?? [])
            {
                if (held.Status is PackageVersionStatus.Published)
                {
                    versions.Add(version, held.Label);
                }
            }

            foreach (var (version, content) in listed?.Versions.Where(v => decided.Add(v.Key)).ToList() ?? [])
            {
                versions.Add(version, Label(content));
            }

            tagsAt[stop] = [.. stored?.Tags ?? [], .. (listed ?? Listed.Empty).Tags];
        }

        // "npm tags: union; same tag name → the upstream's value wins", whichever the search meets first; of others, what it meets later.
        var tags = new Dictionary<string, string>();
        foreach (var (tag, version) in UpstreamsLast(stops, list.Of).SelectMany(stop => tagsAt[stop]))
        {
            tags[tag] = version;
        }

        return versions.Count > 0 ? $"{Tags(versions)}; {Tags(tags)}" : silent ? "SourceFailed" : "nothing";
    }

    private string Do(Fetch fetch)
    {
        var (silent, isAsset) = (false, fetch.Asset == Upstreams.PlainReader.AssetOf(fetch.Of, fetch.Version));
        foreach (var stop in Search(fetch.At, fetch.Of))
        {
            // "First hit stops the search. No hit → 404."
            if (Stored(stop, fetch.Of)?.Versions.TryGetValue(fetch.Version, out var held) is true)
            {
                // "Archived or Disposed: not fetchable → 404. Unlisted: fetchable by exact version."
                if (held!.Status is not (PackageVersionStatus.Published or PackageVersionStatus.Unlisted) || !isAsset)
                {
                    return "nothing";
                }

                Keep(fetch.At, fetch.Of, fetch.Version, held, places.Find(stop.Repository, fetch.Of)!.Tags.GetValueOrDefault("latest"));
                return $"stored {held.Label}";
            }

            if (stop.Connection is null)
            {
                continue;
            }

            // "Public source down: stored versions keep working. Unstored ones fail until the source recovers."
            if (!TryHear(stop.Connection, fetch.Of, out var listed))
            {
                silent = true;
            }
            else if (listed?.Versions.TryGetValue(fetch.Version, out var content) is true)
            {
                return isAsset ? Arrive(fetch, stop, listed, content!) : "nothing";
            }
        }

        return silent ? "SourceFailed" : "nothing";
    }

    private string Arrive(Fetch fetch, Stop stop, Listed listed, string promised)
    {
        Asked.Add($"{stop.Connection} {Upstreams.PlainReader.AssetPathOf(fetch.Of, fetch.Version)}");
        if (Markets[stop.Connection!].Sends(fetch.Of, fetch.Version) != promised)
        {
            return "SourceFailed";
        }

        // "Retained in the most-downstream repository and the repository that owns the external connection"; no other keeps anything.
        var held = new Held(PackageVersionStatus.Published, Label(promised), stop.Connection!);
        Keep(stop.Repository, fetch.Of, fetch.Version, held, listed.Tags.GetValueOrDefault("latest"));
        Keep(fetch.At, fetch.Of, fetch.Version, held, listed.Tags.GetValueOrDefault("latest"));
        return $"arriving {held.Label}";
    }

    /// <summary>A package record that keeping creates has publish = BLOCK, upstream = ALLOW (decision 6). The tag latest is kept with its version.</summary>
    private void Keep(string repository, PackageCoordinate package, string version, Held held, string? latest)
    {
        var record = places.Find(repository, package) ?? places.Add(repository, package, publish: false, upstream: true);
        if (record.Versions.TryAdd(version, held) && latest == version)
        {
            record.Tags["latest"] = version;
        }
    }

    /// <summary>"The repository itself; then for each upstream in priority order, that upstream, then its upstreams recursively, before the next sibling."</summary>
    private List<Stop> Search(string start, PackageCoordinate package)
    {
        var (stops, seen) = (new List<Stop>(), new HashSet<string>());
        Visit(start);

        // Decision 7: a name that one of them blocks meets no public source, nor a repository that is connected to one. What the asked repository
        // has stays, and so does what is kept where the name is blocked ("existing retained versions stay readable").
        if (seen.Any(repository => places.Find(repository, package) is { Upstream: false }))
        {
            stops.RemoveAll(s => s.Connection is not null || (s.Repository != start && IsConnected(s.Repository) && places.Find(s.Repository, package) is not { Upstream: false }));
        }

        return stops;

        void Visit(string repository)
        {
            // "At most 25 repositories are searched for one request"; "a repository reached twice is searched once".
            if (seen.Count == 25 || !seen.Add(repository))
            {
                return;
            }

            stops.Add(new Stop(repository, null));

            // "Effect of upstream=BLOCK: new versions are neither listed nor retained from upstreams."
            if (places.Find(repository, package) is { Upstream: false })
            {
                return;
            }

            // docs/package-groups.md: INTERNAL_UPSTREAM is asked of the repository that the client asks, EXTERNAL_UPSTREAM of the one with the connection.
            if (repository != start || Groups.Allows(OriginRestriction.InternalUpstream, package, start))
            {
                places[repository].Upstreams.ForEach(Visit);
            }

            // "An external connection is consulted as that repository's last source"; decision 7, besides: after its upstreams, before the next sibling.
            if (IsConnected(repository) && Groups.Allows(OriginRestriction.ExternalUpstream, package, repository))
            {
                stops.Add(new Stop(repository, places[repository].Connection));
            }
        }

        // All packages of the histories are of one format: a connection of another has nothing to do with them.
        bool IsConnected(string repository) => places[repository].Connection is { } connection && Markets.ContainsKey(connection);
    }

    /// <summary>The first that is upstream of no other, then the first of the rest, and so on.</summary>
    private IEnumerable<Stop> UpstreamsLast(IEnumerable<Stop> stops, PackageCoordinate package)
    {
        List<Stop> left = [.. stops];
        while (left.Count > 0)
        {
            var next = left.First(upper => !left.Exists(lower => Takes(lower, upper)));
            left.Remove(next);
            yield return next;
        }

        bool Takes(Stop lower, Stop upper) => lower.Connection is null && (upper.Connection is not null
            ? lower.Repository == upper.Repository
            : places.Find(lower.Repository, package) is not { Upstream: false } && places[lower.Repository].Upstreams.Contains(upper.Repository));
    }

    /// <summary>A listing is asked for once in the moment that it is fresh (ARCHITECTURE.md: 60 s); while its source is down the last one goes on.</summary>
    private bool TryHear(string connection, PackageCoordinate package, out Listed? listed)
    {
        var known = heard.TryGetValue((connection, package), out var last);
        listed = last.Listed;
        if (known && last.Moment == moment)
        {
            return true;
        }

        Asked.Add($"{connection} {Upstreams.PlainReader.PathOf(package)}");
        if (!Markets[connection].IsDown)
        {
            listed = Markets[connection].Packages.GetValueOrDefault(package);
        }
        else if (listed is null)
        {
            return false;
        }

        heard[(connection, package)] = (moment, listed);
        return true;
    }

    private string Do(DeleteRepository delete)
    {
        places.Remove(delete.Name);
        Groups.Forget(delete.Name);
        return "done";
    }

    private string DoAtSource(Operation operation)
    {
        moment += operation is SourceTurns or TimePasses ? 1 : 0;
        if (operation is SourceTurns turns)
        {
            Markets[turns.Connection].IsDown = turns.Down;
        }

        Markets.ToList().ForEach(market => market.Value.Take(market.Key, operation));
        return "done";
    }

    private Record? Stored(Stop stop, PackageCoordinate package) => stop.Connection is null ? places.Find(stop.Repository, package) : null;

    /// <summary>What is stored in a repository, or its public source.</summary>
    private sealed record Stop(string Repository, string? Connection);
}
