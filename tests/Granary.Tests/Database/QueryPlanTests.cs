using System.Text;
using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Groups;
using Granary.Core.Packages;
using Granary.Core.Repositories;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Database;

/// <summary>
/// What must cost the same however large a domain gets: the statements that the database is really sent are explained by it, and none
/// may read a whole table or sort more than it answers.
/// </summary>
public abstract class QueryPlanContract(Engine engine) : WorldContract(engine)
{
    private static readonly PackageFilter All = new(null, null, null, null, null);
    private static readonly PackageCoordinate Pear = new("fruit", "tree", "pear");

    private readonly SentCommands sent = new();

    public static TheoryData<PackageFilter> Filters =>
    [
        All,
        All with { Format = "fruit" },
        All with { Format = "fruit", NamespacePrefix = "t" },
        All with { Format = "fruit", NamespacePrefix = "tree", NamePrefix = "p" },
        All with { AllowPublish = true },
        All with { Format = "fruit", AllowUpstream = true },
    ];

    [Theory]
    [MemberData(nameof(Filters), DisableDiscoveryEnumeration = true)]
    public async Task A_page_of_packages_is_a_range_of_an_index(PackageFilter filter)
    {
        var (_, repository) = await PlantAsync();

        await DemandRangesAsync(async () =>
        {
            await World.Queries.ListAsync(repository, filter, null, 3, CancellationToken.None);
            await World.Queries.ListAsync(repository, filter, new PackageKey("fruit", "tree", "apple"), 3, CancellationToken.None);
        });
    }

    [Theory]
    [MemberData(nameof(Filters), DisableDiscoveryEnumeration = true)]
    public async Task A_page_of_packages_begins_where_the_one_before_ended(PackageFilter filter)
    {
        var (_, repository) = await PlantAsync();

        var commands = await sent.DuringAsync(
            World.Database,
            () => World.Queries.ListAsync(repository, filter, new PackageKey("fruit", "tree", "apple"), 3, CancellationToken.None));

        Assert.Matches(Beginning, await ExplainAsync(Assert.Single(commands)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_page_of_versions_is_a_range_of_an_index(bool newestFirst)
    {
        var (_, repository) = await PlantAsync();
        var package = (await World.Queries.FindAsync(repository, Pear, CancellationToken.None))!;

        await DemandRangesAsync(async () =>
        {
            await World.Queries.ListVersionsAsync(package, null, null, null, newestFirst, 3, CancellationToken.None);
            await World.Queries.ListVersionsAsync(package, null, null, new VersionPageKey(DateTimeOffset.UnixEpoch, "1"), newestFirst, 3, CancellationToken.None);
        });
    }

    [Theory]
    [InlineData("/*")]
    [InlineData("/fruit/*")]
    public async Task Packages_of_a_group_are_ranges_of_an_index(string pattern)
    {
        var (domain, _) = await PlantAsync();
        var groups = pattern == "/*" ? domain.Groups : domain.Groups.With(GroupOf(domain, pattern));
        var group = groups.Find(pattern)!;

        await DemandRangesAsync(async () =>
        {
            var packages = new AssociatedPackages(World.Database);
            await packages.ListAsync(domain, groups, group, null, 3, CancellationToken.None);
            await packages.ListAsync(domain, groups, group, new PackageKey("fruit", "tree", "apple"), 3, CancellationToken.None);
        });
    }

    [Fact]
    public async Task A_version_and_what_belongs_to_it_are_found_by_index()
    {
        var (domain, repository) = await PlantAsync();

        await DemandRangesAsync(async () =>
        {
            var package = (await World.Queries.FindAsync(repository, Pear, CancellationToken.None))!;
            var version = (await World.Queries.FindVersionAsync(package, "1", CancellationToken.None))!;
            await World.Queries.FindAssetAsync(version, "pear.tgz", CancellationToken.None);
            await World.Queries.ReadmeAsync(version, CancellationToken.None);
            await World.PackageStamps.CurrentAsync(domain, Pear, CancellationToken.None);
            var path = await World.Search.PathAsync(domain, repository, Pear, CancellationToken.None);
            await World.Search.FindVersionAsync(domain, path.Steps, "1", CancellationToken.None);
            await World.Search.IsKeptAsync(repository, Pear, "1", CancellationToken.None);
        });
    }

    [Fact]
    public async Task A_publish_finds_everything_by_index()
    {
        var (_, repository) = await PlantAsync();

        await DemandRangesAsync(async () =>
        {
            await World.PublishAsync(repository, Pear, "2", assets: ["pear-2.tgz"]);
            await World.PublishAsync(repository, new PackageCoordinate("fruit", "", "plum"), "1", assets: ["plum.tgz"]);
        });
    }

    public override ValueTask DisposeAsync()
    {
        sent.Dispose();
        GC.SuppressFinalize(this);
        return base.DisposeAsync();
    }

    /// <summary>What a plan says when it reads everything, or sorts.</summary>
    protected abstract IReadOnlyList<string> Alarming { get; }

    /// <summary>What a plan says when a range of an index begins behind a row value.</summary>
    protected abstract string Beginning { get; }

    protected abstract Task<string> ExplainAsync(SentCommand command);

    private static PackageGroup GroupOf(DomainSnapshot domain, string pattern) => new()
    {
        DomainId = domain.Id,
        Id = -2,
        Pattern = pattern,
        CreatedAt = DateTimeOffset.UnixEpoch,
        Publish = RestrictionMode.Inherit,
        ExternalUpstream = RestrictionMode.Inherit,
        InternalUpstream = RestrictionMode.Inherit,
    };

    private async Task<(DomainSnapshot, RepositorySnapshot)> PlantAsync()
    {
        await World.CreateDomainAsync();
        var repository = await World.CreateRepositoryAsync(await World.FindDomainAsync(), "orchard");
        await World.PublishAsync(repository, Pear, "1", assets: ["pear.tgz"]);
        return (await World.FindDomainAsync(), repository);
    }

    private async Task DemandRangesAsync(Func<Task> work)
    {
        var commands = await sent.DuringAsync(World.Database, work);
        // What is written is written by its key.
        var questions = commands.Where(c => c.Text.StartsWith("SELECT", StringComparison.Ordinal)).DistinctBy(c => c.Text).ToList();
        Assert.NotEmpty(questions);

        var wrong = new StringBuilder();
        foreach (var command in questions)
        {
            var plan = await ExplainAsync(command);
            if (Alarming.Any(word => plan.Contains(word, StringComparison.Ordinal)))
            {
                wrong.AppendLine(command.Text).AppendLine(plan).AppendLine();
            }
        }

        Assert.True(wrong.Length == 0, wrong.ToString());
    }
}

public sealed class QueryPlanOnSqliteTests() : QueryPlanContract(Engine.Sqlite)
{
    protected override IReadOnlyList<string> Alarming => ["SCAN ", "TEMP B-TREE"];

    protected override string Beginning => @"SEARCH .*\)>\(\?";

    protected override async Task<string> ExplainAsync(SentCommand command)
    {
        await using var db = World.Database.Open();
        var plan = await command.ExplainAsync(db, "EXPLAIN QUERY PLAN ", column: 3);
        // A row of constants is no table.
        return plan.Replace("SCAN CONSTANT ROW", "", StringComparison.Ordinal);
    }
}

public sealed class QueryPlanOnPostgreSqlTests() : QueryPlanContract(Engine.PostgreSql)
{
    protected override IReadOnlyList<string> Alarming => ["Seq Scan", "Sort"];

    protected override string Beginning => @"Index Cond: .*ROW\(.* > ROW\(";

    protected override async Task<string> ExplainAsync(SentCommand command)
    {
        await using var db = World.Database.Open();
        await db.Database.OpenConnectionAsync(CancellationToken.None);
        // A small table is scanned, and a handful of rows sorted, whatever the indexes are.
        await db.Database.ExecuteSqlRawAsync("SET enable_seqscan = off; SET enable_bitmapscan = off", CancellationToken.None);
        return await command.ExplainAsync(db, "EXPLAIN ", column: 0);
    }
}
