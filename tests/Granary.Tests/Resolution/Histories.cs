using Granary.Core.Groups;
using Granary.Core.Packages;
using Granary.Tests.Upstreams;

namespace Granary.Tests.Resolution;

/// <summary>
/// Draws the operations of one history: a domain is set up, then things happen to it, and after each one a package is looked at somewhere.
/// Names are few, so that they meet; the same seed draws the same history as long as the reference answers the same.
/// </summary>
internal sealed class Histories
{
    private static readonly string[] Versions = ["1.0", "1.1", "2.0", "3.0"];
    private static readonly string[] Tags = ["latest", "next"];
    private static readonly string[] Names = ["red-pear", "red_pear", "Red.Pear", "redpear", "red", "lime", "1ime"];

    private static readonly string[] Patterns =
    [
        "/fruit/*", "/fruit//*", "/fruit/farm/*", "/fruit/farm~", "/fruit//red~", "/fruit//red-pear~", "/fruit//red-pear$", "/fruit//red_pear$",
        "/fruit//lime$", "/fruit/farm/red-pear$", "/stone/*",
    ];

    private static readonly PackageVersionStatus[] Statuses =
    [
        PackageVersionStatus.Published, PackageVersionStatus.Unlisted, PackageVersionStatus.Archived, PackageVersionStatus.Disposed, PackageVersionStatus.Deleted,
        PackageVersionStatus.Deleted,
    ];

    private readonly Random random;
    private readonly PackageCoordinate[] packages;
    private readonly Queue<Operation> next = new();
    private int contents;

    public Histories(int seed)
    {
        random = new Random(seed);
        packages = [.. Enumerable.Range(0, 3).Select(_ => new PackageCoordinate("fruit", random.Next(3) > 0 ? "" : random.Next(3) > 0 ? "farm" : "Farm", One(Names))).Distinct()];
        SetUp(seed % 4 == 0 ? 31 : random.Next(3, 9), isChain: seed % 4 == 0);
    }

    public Operation Next(Reference world)
    {
        if (next.Count == 0)
        {
            var operation = Draw(world);
            if (operation is Fetch fetch && Place(world) is { } elsewhere)
            {
                // What is shown elsewhere before and after: keeping a version must leave no listing behind that was true before.
                var list = new List(elsewhere, fetch.Of);
                Array.ForEach<Operation>([list, fetch, list], next.Enqueue);
                return next.Dequeue();
            }

            next.Enqueue(operation);
            Look(world, operation.Package ?? One(packages));
        }

        return next.Dequeue();
    }

    private void SetUp(int count, bool isChain)
    {
        // The farthest first, so that each can name what is there already.
        for (var i = count - 1; i >= 0; i--)
        {
            var farther = Enumerable.Range(i + 1, count - i - 1).Select(Name).ToList();
            var upstreams = isChain ? farther[..Math.Min(1, farther.Count)] : Some(farther, 3);
            next.Enqueue(new CreateRepository(Name(i), isChain && random.Next(5) == 0 ? Mixed(upstreams, Some(farther, 1)) : upstreams));
        }

        foreach (var connection in (string[])[.. Connections.OfFruit, .. Connections.OfFruit, Connections.OfStones])
        {
            next.Enqueue(new Connect(Name(isChain ? random.Next(count - 10, count) : random.Next(count)), connection));
        }

        foreach (var package in packages)
        {
            next.Enqueue(Gain(package));
            next.Enqueue(Gain(package));
        }
    }

    private void Look(Reference world, PackageCoordinate package)
    {
        if (Place(world) is not { } place)
        {
            return;
        }

        next.Enqueue(new List(place, package));
        foreach (var version in random.Next(24) == 0 ? Versions : random.Next(3) == 0 ? [Likely(world, package)] : [])
        {
            next.Enqueue(Fetch(place, package, version));
        }
    }

    private Operation Draw(Reference world)
    {
        var package = One(packages);
        var place = Place(world) ?? Name(0);
        return random.Next(100) switch
        {
            < 15 => new Publish(place, package, One(Versions), Some(Tags, 2), $"{package} of {place}, the {++contents}."),
            < 30 => Fetch(place, package, Likely(world, package)),
            < 38 => Change(world),
            < 43 => Records(world) is [_, ..] records && One(records) is var (at, of) ? new DeletePackage(at, of) : new DeletePackage(place, package),
            < 50 => new SetOrigins(place, package, random.Next(2) == 0, random.Next(3) > 0),
            < 54 => new CreateGroup(One(Patterns)),
            < 57 => new DeleteGroup(One(world.Groups.Patterns)),
            < 63 => Configure(world),
            < 70 => new SetUpstreams(place, Upstreams(world)),
            < 72 => new CreateRepository(Name(random.Next(9)), Upstreams(world)),
            < 73 => new DeleteRepository(place),
            < 76 => new Connect(place, random.Next(8) == 0 ? Connections.OfStones : One(Connections.OfFruit)),
            < 78 => new Disconnect(place, (world.Places.Has(place) ? world.Places[place].Connection : null) ?? Connections.OfFruit[0]),
            < 83 => Gain(package),
            < 85 => new SourceLoses(One(Connections.OfFruit), package, One(Versions)),
            < 88 => new SourceTags(One(Connections.OfFruit), package, One(Tags), One(Versions)),
            < 89 => new SourceSpoils(One(Connections.OfFruit), package, One(Versions)),
            < 94 => new SourceTurns(One(Connections.OfFruit), random.Next(3) == 0),
            _ => new TimePasses(),
        };
    }

    private Fetch Fetch(string place, PackageCoordinate package, string version) =>
        new(place, package, version, random.Next(20) == 0 ? "other.txt" : PlainReader.AssetOf(package, version));

    /// <summary>Mostly a version that somebody has.</summary>
    private string Likely(Reference world, PackageCoordinate package)
    {
        List<string> there =
        [
            .. world.Markets.Values.SelectMany(m => m.Packages.GetValueOrDefault(package)?.Versions.Keys ?? []),
            .. world.Places.Names.SelectMany(place => world.Places.Find(place, package)?.Versions.Keys.ToList() ?? []),
        ];
        return there.Count == 0 || random.Next(6) == 0 ? One(Versions) : One(there);
    }

    private SetStatus Change(Reference world)
    {
        var status = One(Statuses);
        if (Records(world) is not [_, ..] records || random.Next(10) == 0)
        {
            return new SetStatus(Place(world) ?? Name(0), One(packages), [One(Versions)], status);
        }

        var (place, package) = One(records);
        var held = world.Places[place].Records[package].Versions.Keys.ToList();
        return new SetStatus(place, package, held.Count == 0 || random.Next(10) == 0 ? [.. Some(Versions, 2).DefaultIfEmpty("9.9")] : [.. Some(held, 2).DefaultIfEmpty(held[0])], status);
    }

    private ConfigureGroup Configure(Reference world)
    {
        var pattern = One(world.Groups.Patterns);
        var modes = new Dictionary<OriginRestriction, RestrictionMode>();
        foreach (var restriction in Some(Enum.GetValues<OriginRestriction>(), 2))
        {
            modes[restriction] = pattern == "/*" && random.Next(3) > 0 ? RestrictionMode.Allow : One(Enum.GetValues<RestrictionMode>());
        }

        List<ListedRepository> Lists(int most) =>
            [.. Some(Enum.GetValues<OriginRestriction>(), most).Where(r => (modes.TryGetValue(r, out var mode) ? mode : world.Groups.ModeOf(pattern, r)) is RestrictionMode.AllowSpecificRepositories || random.Next(12) == 0)
                .Select(r => new ListedRepository(r, Place(world) ?? Name(0)))];
        return new ConfigureGroup(pattern, modes, Lists(3), Lists(1));
    }

    private SourceGains Gain(PackageCoordinate package)
    {
        var (connection, version) = (One(Connections.OfFruit), One(Versions));
        return new SourceGains(connection, package, version, $"{package} {version} of {connection}, the {++contents}.");
    }

    private List<string> Upstreams(Reference world) => Some(world.Places.Names, random.Next(30) == 0 ? 12 : 4);

    /// <summary>Any that there is; in a long chain more often the nearest, which see far, and those where the 25 end.</summary>
    private string? Place(Reference world)
    {
        var places = world.Places.Names.Where(name => world.Places.Names.Count < 25 || random.Next(4) == 0 || name is "r00" or "r01" or "r05" || name.StartsWith("r2", StringComparison.Ordinal)).ToList();
        return places.Count == 0 ? null : One(places);
    }

    private static List<(string Place, PackageCoordinate Package)> Records(Reference world) =>
        [.. from place in world.Places.Names from package in world.Places[place].Records.Keys select (place, package)];

    private static string Name(int number) => $"r{number:00}";

    private static List<string> Mixed(List<string> first, List<string> second) => [.. second.Concat(first).Distinct()];

    private T One<T>(IReadOnlyList<T> all) => all[random.Next(all.Count)];

    private List<T> Some<T>(IReadOnlyList<T> all, int most)
    {
        var shuffled = all.ToArray();
        random.Shuffle(shuffled);
        return [.. shuffled.Take(random.Next(most + 1))];
    }
}
