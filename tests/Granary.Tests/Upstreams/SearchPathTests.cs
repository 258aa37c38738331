using Granary.Core.Domains;
using Granary.Core.Events;
using Granary.Core.Groups;
using Granary.Core.Packages;
using Granary.Core.Repositories;
using Granary.Core.Upstreams;

namespace Granary.Tests.Upstreams;

public sealed class SearchPathTests
{
    private const int Most = 25;

    private static readonly PackageCoordinate Pear = new("fruit", "", "pear");
    private static readonly Domain Row = new() { Id = 1, Owner = World.Owner, Name = "orchard", CreatedAt = default, EncryptionKey = "" };

    [Fact]
    public void Follows_the_documented_order()
    {
        // my_repo → [A → [C, D → [E]], B]
        var domain = Domain(("my_repo", ["A", "B"]), ("A", ["C", "D"]), ("B", []), ("C", []), ("D", ["E"]), ("E", []));

        Assert.Equal(["my_repo", "A", "C", "D", "E", "B"], Search(domain, "my_repo"));
    }

    [Fact]
    public void Ends_on_cycles()
    {
        var domain = Domain(("a", ["b"]), ("b", ["c", "b"]), ("c", ["a"]));

        Assert.Equal(["a", "b", "c"], Search(domain, "a"));
        Assert.Equal(["c", "a", "b"], Search(domain, "c"));
    }

    [Fact]
    public void Searches_a_repository_that_is_reached_twice_where_it_is_reached_first()
    {
        var domain = Domain(("a", ["b", "c"]), ("b", ["d"]), ("c", ["d", "e"]), ("d", []), ("e", []));

        Assert.Equal(["a", "b", "d", "c", "e"], Search(domain, "a"));
    }

    [Fact]
    public void Sees_25_repositories_and_none_beyond()
    {
        var domain = Domain([.. Enumerable.Range(0, 30).Select(n => ($"r{n}", n < 29 ? new[] { $"r{n + 1}" } : []))]);

        Assert.Equal(Enumerable.Range(0, 25).Select(n => $"r{n}"), Search(domain, "r0"));
    }

    [Fact]
    public void Stops_a_branch_and_only_that_where_upstreams_are_blocked()
    {
        var domain = Domain(("a", ["b", "c"]), ("b", ["d"]), ("c", ["d"]), ("d", []));

        Assert.Equal(["a", "b", "c", "d"], Search(domain, "a", Record(domain, "b", allowUpstream: false)));
        Assert.Equal(["a"], Search(domain, "a", Record(domain, "a", allowUpstream: false)));
        Assert.Equal(["a", "b", "d", "c"], Search(domain, "a", Record(domain, "b", allowUpstream: true)));
    }

    [Fact]
    public void Asks_a_connection_of_the_package_s_format_and_only_where_upstreams_are_open()
    {
        var domain = Domain(("a", ["b"]), ("b", []));
        SearchStep[] Steps(string? connectionFormat, params Package[] records) =>
            [.. SearchPath.Of(domain, domain.Repository("a")!, records, Pear, _ => connectionFormat, Most).Steps];

        Assert.Equal([("a", null), ("b", "source-of-b"), ("a", "source-of-a")], Steps("fruit").Select(s => (s.Repository.Name, s.Connection)));
        Assert.All(Steps("berry"), s => Assert.Null(s.Connection));
        Assert.Equal([null], Steps("fruit", Record(domain, "a", allowUpstream: false)).Select(s => s.Connection));
    }

    [Theory]
    [InlineData("own", "store")]
    [InlineData("store", "own")]
    public void A_name_that_is_somebody_s_own_meets_no_public_source_on_any_way(string first, string second)
    {
        // mine → [own, store → public source]
        var domain = Domain(("mine", [first, second]), ("own", []), ("store", []));
        string[] Steps(params Package[] records) =>
            [.. SearchPath.Of(domain, domain.Repository("mine")!, records, Pear, name => name == "source-of-store" ? "fruit" : null, Most).Steps.Select(s => s.Repository.Name)];

        Assert.Equal(["mine", first, second], Steps(Record(domain, "store", allowUpstream: true)));
        Assert.Equal(["mine", "own"], Steps(Record(domain, "own", allowUpstream: false)));
        Assert.Equal(["mine", "own"], Steps(Record(domain, "own", allowUpstream: false), Record(domain, "store", allowUpstream: true)));

        // Blocked in the connected repository itself: what it kept stays readable, and nothing comes after it.
        Assert.Equal(["mine", first, second], Steps(Record(domain, "store", allowUpstream: false)));
    }

    [Fact]
    public void A_name_that_is_somebody_s_own_meets_nothing_public_where_a_group_has_closed_the_source_since()
    {
        var domain = Domain(("mine", ["own", "store"]), ("own", []), ("store", []));
        var rule = PackageGroup.NewRoot(1, 2, default);
        rule.ExternalUpstream = RestrictionMode.Block;
        var closed = new DomainSnapshot(Row, domain.Stamp, [.. new[] { "mine", "own", "store" }.Select(name => domain.Repository(name)!)], null, domain.Tags)
        {
            Groups = PackageGroups.Of([rule], [], _ => domain.Tags),
        };

        var path = SearchPath.Of(
            closed, closed.Repository("mine")!, [Record(domain, "own", allowUpstream: false), Record(domain, "store", allowUpstream: true)], Pear,
            name => name == "source-of-store" ? "fruit" : null, Most);

        Assert.Equal(["mine", "own"], path.Steps.Select(s => s.Repository.Name));
        Assert.Contains(path.Omissions, o => o is { Repository.Name: "store", Connection: null, Reason: OmissionReason.NameIsOwn });
    }

    [Fact]
    public void Tags_of_an_upstream_outweigh_those_of_all_that_search_it_whichever_comes_first()
    {
        // mine → [a → [store → public source], b → [store]]
        var domain = Domain(("mine", ["a", "b"]), ("a", ["store"]), ("b", ["store"]), ("store", []));
        var path = SearchPath.Of(domain, domain.Repository("mine")!, [], Pear, name => name == "source-of-store" ? "fruit" : null, Most);

        Assert.Equal(["mine", "a", "store", "b"], path.Steps.Select(s => s.Repository.Name));
        Assert.Equal([1, 2, 4, 3], path.TagWeights());
    }

    [Fact]
    public void Tags_of_a_public_source_outweigh_those_of_its_repository_s_upstream_also_where_that_was_searched_before()
    {
        // mine → [own, store → [own] → public source]
        var domain = Domain(("mine", ["own", "store"]), ("own", []), ("store", ["own"]));
        var path = SearchPath.Of(domain, domain.Repository("mine")!, [], Pear, name => name == "source-of-store" ? "fruit" : null, Most);

        Assert.Equal([("mine", null), ("own", null), ("store", null), ("store", "source-of-store")], path.Steps.Select(s => (s.Repository.Name, s.Connection)));
        Assert.Equal([1, 3, 2, 4], path.TagWeights());
    }

    [Fact]
    public void Knows_where_searches_are_cut()
    {
        Assert.False(Chain(25).HasCutSearches(25));
        Assert.True(Chain(26).HasCutSearches(25));

        static DomainSnapshot Chain(int length) => Domain([.. Enumerable.Range(0, length).Select(n => ($"r{n}", n < length - 1 ? new[] { $"r{n + 1}" } : []))]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Agrees_with_a_slow_and_obvious_reading_of_the_rules(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 2000; round++)
        {
            var count = random.Next(1, 40);
            var names = Enumerable.Range(0, count).Select(n => $"r{n}").ToArray();
            var domain = Domain([.. names.Select(n => (n, Enumerable.Range(0, random.Next(0, 5)).Select(_ => names[random.Next(count)]).ToArray()))]);
            var records = names.Where(_ => random.Next(4) == 0).Select(n => Record(domain, n, random.Next(3) > 0)).ToArray();
            var blocked = records.Where(r => !r.AllowUpstream).Select(r => r.RepositoryId).ToHashSet();

            var actual = Search(domain, "r0", records);

            Assert.Equal(Reference(domain, blocked), actual);
        }
    }

    // A stack of what is still to be seen, the first upstream on top; a repository met again is passed over.
    private static List<string> Reference(DomainSnapshot domain, HashSet<long> blocked)
    {
        var found = new List<string>();
        var pending = new Stack<RepositorySnapshot>([domain.Repository("r0")!]);
        while (pending.TryPop(out var repository))
        {
            if (found.Contains(repository.Name))
            {
                continue;
            }

            found.Add(repository.Name);
            if (!blocked.Contains(repository.Id))
            {
                foreach (var upstream in repository.Upstreams.Reverse())
                {
                    pending.Push(domain.Repository(upstream)!);
                }
            }
        }

        return [.. found.Take(25)];
    }

    private static IEnumerable<string> Search(DomainSnapshot domain, string start, params Package[] records) =>
        SearchPath.Of(domain, domain.Repository(start)!, records, Pear, _ => null, Most).Steps.Select(s => s.Repository.Name);

    private static DomainSnapshot Domain(params (string Name, string[] Upstreams)[] repositories)
    {
        var ids = repositories.Index().ToDictionary(r => r.Item.Name, r => r.Index + 10L);
        return new DomainSnapshot(
            Row,
            new DomainStamp(1, 1),
            [.. repositories.Select(r => new RepositorySnapshot(1, ids[r.Name], r.Name, World.Owner, $"source-of-{r.Name}", [.. r.Upstreams.Select(u => ids[u])]))],
            null,
            new Dictionary<string, string>())
        {
            Groups = PackageGroups.Of([PackageGroup.NewRoot(1, 2, default)], [], _ => new Dictionary<string, string>()),
        };
    }

    private static Package Record(DomainSnapshot domain, string repository, bool allowUpstream) => new()
    {
        DomainId = domain.Id,
        Id = 1000 + domain.Repository(repository)!.Id,
        RepositoryId = domain.Repository(repository)!.Id,
        Format = "fruit",
        Namespace = "",
        Name = "pear",
        AllowPublish = true,
        AllowUpstream = allowUpstream,
        Stamp = 1,
    };
}
