using Granary.Core.Packages;

namespace Granary.Tests.Resolution;

/// <summary>The repositories of the reference and what is in them; what is done to them from outside, where no search is needed.</summary>
internal sealed class ReferencePlaces
{
    private readonly SortedDictionary<string, Place> places = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Names => [.. places.Keys];

    public Place this[string name] => places[name];

    public bool Has(string name) => places.ContainsKey(name);

    public void Remove(string name)
    {
        places.Remove(name);
        places.Values.ToList().ForEach(place => place.Upstreams.Remove(name));
    }

    public Record? Find(string repository, PackageCoordinate package) => places[repository].Records.GetValueOrDefault(package);

    public Record Add(string repository, PackageCoordinate package, bool publish, bool upstream) =>
        places[repository].Records[package] = new Record { Publish = publish, Upstream = upstream };

    /// <summary>What became of it; null where it is no operation of this kind.</summary>
    public string? Do(Operation operation) => operation switch
    {
        SetStatus set => Do(set),
        DeletePackage delete => places[delete.At].Records.Remove(delete.Of) ? "done" : "NotFound",
        SetOrigins origins => Do(origins),
        CreateRepository create => Do(create),
        SetUpstreams set => Rewire(set.Of, set.Upstreams),
        Connect connect => Do(connect),
        Disconnect disconnect => Do(disconnect),
        _ => null,
    };

    /// <summary>All records of a package, or of all packages, in words.</summary>
    public IEnumerable<string> State(PackageCoordinate? package) =>
        from place in places
        from record in place.Value.Records
        where package is null || record.Key == package
        select $"{place.Key} has {record.Key}, publish {record.Value.Publish} upstream {record.Value.Upstream}: {string.Join(", ", record.Value.Versions.Select(v => $"{v.Key} {v.Value}"))}; {Reference.Tags(record.Value.Tags)}";

    private string Do(SetStatus set)
    {
        if (Find(set.At, set.Of) is not { } record)
        {
            return "NotFound";
        }

        // For all versions or for none; what is disposed has no bytes and can only be deleted.
        var faults = set.Versions.ToDictionary(v => v, v => record.Versions.GetValueOrDefault(v) switch
        {
            null => "NOT_FOUND",
            { Status: PackageVersionStatus.Disposed } when set.Status is not (PackageVersionStatus.Disposed or PackageVersionStatus.Deleted) => "NOT_ALLOWED",
            _ => null,
        });
        if (faults.Values.Any(f => f is not null))
        {
            return Reference.Tags(faults.ToDictionary(f => f.Key, f => f.Value ?? "SKIPPED"));
        }

        foreach (var version in set.Versions)
        {
            var held = record.Versions[version];
            record.Versions[version] = held with { Status = set.Status, Label = set.Status is PackageVersionStatus.Disposed ? "-" : held.Label };
            if (set.Status is PackageVersionStatus.Deleted)
            {
                record.Versions.Remove(version);
                record.Tags.Where(t => t.Value == version).ToList().ForEach(t => record.Tags.Remove(t.Key));
            }
        }

        return "done";
    }

    // "A package can be created empty by PutPackageOriginConfiguration to block a name in advance."
    private string Do(SetOrigins origins)
    {
        var record = Find(origins.At, origins.Of) ?? Add(origins.At, origins.Of, origins.Publish, origins.Upstream);
        (record.Publish, record.Upstream) = (origins.Publish, origins.Upstream);
        return "done";
    }

    private string Do(CreateRepository create)
    {
        if (!places.TryAdd(create.Name, new Place()))
        {
            return "Conflict";
        }

        var outcome = Rewire(create.Name, create.Upstreams);
        if (outcome != "done")
        {
            places.Remove(create.Name);
        }

        return outcome;
    }

    // "0..10, all in the same domain"; "cycles and self-reference: rejected"; the answers are decision 6's.
    private string Rewire(string repository, IReadOnlyList<string> upstreams)
    {
        var outcome = upstreams.Count > 10 ? "QuotaExceeded"
            : upstreams.Contains(repository) || upstreams.Distinct().Count() < upstreams.Count ? "Validation"
            : !upstreams.All(places.ContainsKey) ? "NotFound"
            : upstreams.Any(Reaches) ? "Validation"
            : "done";
        if (outcome == "done")
        {
            places[repository].Upstreams.Clear();
            places[repository].Upstreams.AddRange(upstreams);
        }

        return outcome;

        bool Reaches(string from) => from == repository || places[from].Upstreams.Exists(Reaches);
    }

    // "One external connection per repository."
    private string Do(Connect connect)
    {
        var outcome = places[connect.At].Connection is not { } other ? "done" : other == connect.Connection ? "Conflict" : "QuotaExceeded";
        places[connect.At].Connection ??= connect.Connection;
        return outcome;
    }

    private string Do(Disconnect disconnect)
    {
        var has = places[disconnect.At].Connection == disconnect.Connection;
        places[disconnect.At].Connection = has ? null : places[disconnect.At].Connection;
        return has ? "done" : "NotFound";
    }
}

/// <summary>A repository.</summary>
internal sealed class Place
{
    public List<string> Upstreams { get; } = [];

    public string? Connection { get; set; }

    public Dictionary<PackageCoordinate, Record> Records { get; } = [];
}

/// <summary>A package in a repository.</summary>
internal sealed class Record
{
    public bool Publish { get; set; }

    public bool Upstream { get; set; }

    public SortedDictionary<string, Held> Versions { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, string> Tags { get; } = new(StringComparer.Ordinal);
}

/// <param name="Origin">"DomainEntryPoint of a version stays what it was at first entry in the domain."</param>
internal sealed record Held(PackageVersionStatus Status, string Label, string Origin)
{
    public override string ToString() => $"{Status} {Label} of {Origin}";
}
