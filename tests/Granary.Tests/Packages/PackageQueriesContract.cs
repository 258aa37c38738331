using System.Text;
using Granary.Core.Database;
using Granary.Core.Packages;
using Granary.Core.Repositories;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Packages;

public abstract class PackageQueriesContract(Engine engine) : WorldContract(engine)
{
    private static readonly PackageFilter All = new(null, null, null, null, null);
    private static readonly DateTimeOffset Noon = new(2024, 5, 6, 12, 0, 0, TimeSpan.Zero);

    // What linguistic collations, case folding, patterns and UTF-16 order each get wrong.
    private static readonly string[] Names =
        ["a", "A", "b", "B", "a-b", "a.b", "a_b", "a%b", "axb", "ab", "%", "_", "\\", "'", "é", "e\u0301", "ß", "ss", "z", "\uFFFD", "\U0001F34E", "日本", "Z"];

    [Fact]
    public async Task Lists_in_byte_order_whatever_the_page_size()
    {
        var repository = await RepositoryAsync();
        await AddAsync(repository, [.. Names.Select(n => new PackageCoordinate("fruit", "", n)), .. Names.Select(n => new PackageCoordinate("fruit", n, "x")), new("berry", "z", "z"), new("Fruit", "", "a")]);
        var other = await World.CreateRepositoryAsync(await World.FindDomainAsync(), "others");
        await AddAsync(other, [new("fruit", "", "elsewhere")]);

        var whole = await World.Queries.ListAsync(repository, All, null, 1000, CancellationToken.None);

        var keys = whole.Select(p => p.Coordinate).ToList();
        Assert.Equal((Names.Length * 2) + 2, keys.Count);
        Assert.Equal(keys.OrderBy(Bytes, StringComparer.Ordinal), keys);
        foreach (var size in new[] { 1, 3, 7 })
        {
            Assert.Equal(keys, await PagesAsync(repository, All, size));
        }
    }

    [Fact]
    public async Task Takes_prefixes_literally()
    {
        var repository = await RepositoryAsync();
        await AddAsync(repository, [.. Names.Select(n => new PackageCoordinate("fruit", "", n)), .. Names.Select(n => new PackageCoordinate("fruit", n, "x"))]);
        string[] prefixes = ["a", "A", "a%", "a_", "%", "_", "\\", "'", "é", "e", "\uD7FF", "\uFFFD", "\U0001F34E", "\U0010FFFF", "日", "nothing", ""];

        foreach (var prefix in prefixes)
        {
            var byName = await PagesAsync(repository, All with { NamePrefix = prefix }, 2);
            Assert.Equal(Expected(p => p.Name, prefix), byName);
            var byNamespace = await PagesAsync(repository, All with { Format = "fruit", NamespacePrefix = prefix }, 2);
            Assert.Equal(Expected(p => p.Namespace, prefix), byNamespace);
        }

        static IEnumerable<PackageCoordinate> Expected(Func<PackageCoordinate, string> part, string prefix) =>
            Names.SelectMany(n => new PackageCoordinate[] { new("fruit", "", n), new("fruit", n, "x") })
                .Where(p => part(p).StartsWith(prefix, StringComparison.Ordinal))
                .OrderBy(Bytes, StringComparer.Ordinal);
    }

    [Fact]
    public async Task Narrows_by_format_and_origin_controls_together()
    {
        var repository = await RepositoryAsync();
        await World.Log.WriteAsync(repository.DomainId, World.Actor, transaction =>
        {
            foreach (var n in Enumerable.Range(0, 8))
            {
                PackageWriter.Add(transaction, repository, new PackageCoordinate(n < 4 ? "fruit" : "berry", "", $"p{n}"), n % 2 == 0, n % 4 < 2);
            }

            return Task.FromResult(0);
        }, CancellationToken.None);

        Assert.Equal(["p0"], await NamesAsync(All with { Format = "fruit", AllowPublish = true, AllowUpstream = true }));
        Assert.Equal(["p7", "p3"], await NamesAsync(All with { AllowPublish = false, AllowUpstream = false }));
        Assert.Equal(["p4", "p5", "p6", "p7"], await NamesAsync(All with { Format = "berry" }));

        async Task<IEnumerable<string>> NamesAsync(PackageFilter filter) =>
            (await World.Queries.ListAsync(repository, filter, null, 100, CancellationToken.None)).Select(p => p.Name);
    }

    [Fact]
    public async Task Shows_every_lasting_package_once_while_others_come_and_go()
    {
        var repository = await RepositoryAsync();
        var lasting = Enumerable.Range(0, 60).Select(n => new PackageCoordinate("fruit", "", $"p{n:D3}")).ToList();
        await AddAsync(repository, lasting);
        var passing = lasting.Select(p => p with { Name = p.Name + "-passing" }).ToList();
        await AddAsync(repository, [.. passing.Take(30)]);
        var seen = new List<PackageCoordinate>();
        PackageKey? after = null;
        for (var n = 0; ; n++)
        {
            var page = await World.Queries.ListAsync(repository, All, after, 7, CancellationToken.None);
            seen.AddRange(page.Select(p => p.Coordinate));
            if (page is not [.., var last])
            {
                break;
            }

            after = new PackageKey(last.Format, last.Namespace, last.Name);
            // One before where we are, one after, at each step.
            await World.Versions.DeletePackageAsync(repository, passing[n], World.Actor, CancellationToken.None);
            await AddAsync(repository, [passing[59 - n]]);
        }

        Assert.Equal(seen.Distinct(), seen);
        Assert.Equal(lasting, seen.Where(lasting.Contains));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Lists_versions_by_time_and_then_by_text_whatever_the_page_size(bool newestFirst)
    {
        var repository = await RepositoryAsync();
        var coordinate = new PackageCoordinate("fruit", "", "pear");
        foreach (var (n, version) in new[] { "1.0", "2.0", "10.0", "1.0-rc", "1.0-RC", "0.1", "1_0", "é" }.Index())
        {
            await World.PublishAsync(repository, coordinate, version, Noon.AddMilliseconds(n / 3));
        }

        var package = (await World.Queries.FindAsync(repository, coordinate, CancellationToken.None))!;
        var whole = await VersionPagesAsync(package, newestFirst, 100);
        var order = whole.OrderBy(v => v.PublishedAt).ThenBy(v => Hex(v.Version), StringComparer.Ordinal).Select(v => v.Version);
        Assert.Equal(newestFirst ? order.Reverse() : order, whole.Select(v => v.Version));
        Assert.Equal(8, whole.Count);
        foreach (var size in new[] { 1, 2, 5 })
        {
            Assert.Equal(whole, await VersionPagesAsync(package, newestFirst, size));
        }
    }

    [Fact]
    public async Task Narrows_versions_by_status_and_origin()
    {
        var repository = await RepositoryAsync();
        var coordinate = new PackageCoordinate("fruit", "", "pear");
        await World.PublishAsync(repository, coordinate, "1");
        await World.PublishAsync(repository, coordinate, "2", connection: "public:fruit");
        await World.PublishAsync(repository, coordinate, "3", connection: "public:fruit");
        await World.Versions.UpdateStatusAsync(repository, coordinate, new(["3"], null, null), PackageVersionStatus.Archived, World.Actor, CancellationToken.None);
        var package = (await World.Queries.FindAsync(repository, coordinate, CancellationToken.None))!;

        Assert.Equal(["1"], await ListAsync(null, false));
        Assert.Equal(["2", "3"], await ListAsync(null, true));
        Assert.Equal(["3"], await ListAsync(PackageVersionStatus.Archived, true));
        Assert.Equal(["1", "2"], await ListAsync(PackageVersionStatus.Published, null));
        Assert.Empty(await ListAsync(PackageVersionStatus.Archived, false));

        async Task<IEnumerable<string>> ListAsync(PackageVersionStatus? status, bool? external) =>
            (await World.Queries.ListVersionsAsync(package, status, external, null, false, 100, CancellationToken.None)).Select(v => v.Version).Order(StringComparer.Ordinal);
    }

    [Fact]
    public async Task Answers_the_tagged_version_by_default_and_else_the_newest()
    {
        var repository = await RepositoryAsync();
        var coordinate = new PackageCoordinate("fruit", "", "pear");
        await World.PublishAsync(repository, coordinate, "1", Noon);
        await World.PublishAsync(repository, coordinate, "3", Noon.AddDays(2));
        await World.PublishAsync(repository, coordinate, "2", Noon.AddDays(1));
        var package = (await World.Queries.FindAsync(repository, coordinate, CancellationToken.None))!;

        Assert.Equal("3", await World.Queries.DefaultDisplayVersionAsync(package, CancellationToken.None));
        await TagAsync("next", "1");
        Assert.Equal("3", await World.Queries.DefaultDisplayVersionAsync(package, CancellationToken.None));
        await TagAsync("latest", "2");
        Assert.Equal("2", await World.Queries.DefaultDisplayVersionAsync(package, CancellationToken.None));
        await TagAsync("latest", "gone");
        Assert.Equal("3", await World.Queries.DefaultDisplayVersionAsync(package, CancellationToken.None));

        // What clients do not see is the default only where they see nothing.
        await TagAsync("latest", "2");
        await StatusAsync("2", PackageVersionStatus.Archived);
        Assert.Equal("3", await World.Queries.DefaultDisplayVersionAsync(package, CancellationToken.None));
        await StatusAsync("3", PackageVersionStatus.Unlisted);
        Assert.Equal("1", await World.Queries.DefaultDisplayVersionAsync(package, CancellationToken.None));
        await StatusAsync("1", PackageVersionStatus.Archived);
        Assert.Equal("2", await World.Queries.DefaultDisplayVersionAsync(package, CancellationToken.None));

        Task StatusAsync(string version, PackageVersionStatus status) =>
            World.Versions.UpdateStatusAsync(repository, coordinate, new([version], null, null), status, World.Actor, CancellationToken.None);

        Task TagAsync(string name, string version) => World.Log.WriteAsync(repository.DomainId, World.Actor, async transaction =>
        {
            await PackageWriter.SetTagAsync(transaction, package, name, version);
            return 0;
        }, CancellationToken.None);
    }

    [Fact]
    public async Task Lists_assets_by_name_with_all_digests_whatever_the_page_size()
    {
        var repository = await RepositoryAsync();
        var coordinate = new PackageCoordinate("fruit", "", "pear");
        await World.PublishAsync(repository, coordinate, "1", assets: ["b.zip", "B.zip", "a_.zip", "a-.zip", "é.zip"]);
        await World.PublishAsync(repository, coordinate, "2", assets: ["other.zip"]);
        var package = (await World.Queries.FindAsync(repository, coordinate, CancellationToken.None))!;
        var version = (await World.Queries.FindVersionAsync(package, "1", CancellationToken.None))!;

        var names = new List<string>();
        for (string? after = null; await World.Queries.ListAssetsAsync(version, after, 2, CancellationToken.None) is [.., var last] page; after = last.Name)
        {
            names.AddRange(page.Select(a => a.Name));
        }

        Assert.Equal(["B.zip", "a-.zip", "a_.zip", "b.zip", "é.zip"], names);
        var found = (await World.Queries.FindAssetAsync(version, "é.zip", CancellationToken.None))!;
        var digests = World.DigestsOf("é.zip");
        Assert.Equal(digests.Size, found.Size);
        Assert.Equal([digests.Md5, digests.Sha1, digests.Sha256, digests.Sha512], [found.Md5, found.Sha1, found.Sha256, found.Sha512]);
        Assert.Null(await World.Queries.FindAssetAsync(version, "other.zip", CancellationToken.None));
        Assert.Equal("readme of 1", await World.Queries.ReadmeAsync(version, CancellationToken.None));
    }

    [Theory]
    [InlineData("nul", '\0', "")]
    [InlineData("half", '\uD83C', "")]
    [InlineData("", '\uDF4E', "half")]
    public async Task Finds_nothing_under_a_name_that_cannot_be_stored(string before, char odd, string after)
    {
        // In three pieces: an attribute's text is kept as UTF-8, which has no half of a surrogate pair.
        var name = before + odd + after;
        var repository = await RepositoryAsync();
        var coordinate = new PackageCoordinate("fruit", "", "pear");
        var version = await World.PublishAsync(repository, coordinate, "1", assets: ["a"]);
        await World.PublishAsync(repository, new("fruit", "", "half\uFFFD"), "1");
        var package = (await World.Queries.FindAsync(repository, coordinate, CancellationToken.None))!;

        Assert.Null(await World.Queries.FindAsync(repository, coordinate with { Name = name }, CancellationToken.None));
        Assert.Null(await World.Queries.FindVersionAsync(package, name, CancellationToken.None));
        Assert.Null(await World.Queries.FindAssetAsync(version, name, CancellationToken.None));
        Assert.Empty(await World.Queries.ListAsync(repository, All with { NamePrefix = name }, null, 10, CancellationToken.None));
    }

    [Fact]
    public async Task Walks_pages_along_an_index()
    {
        var repository = await RepositoryAsync();
        await using var db = World.Database.Open();
        var after = new PackageKey("fruit", "", "p");
        var page = db.Packages.FromSql($"SELECT * FROM packages WHERE domain_id = {repository.DomainId} AND repository_id = {repository.Id} AND (format, namespace, name) > ({after.Format}, {after.Namespace}, {after.Name})")
            .Where(p => string.Compare(p.Name, "p") >= 0)
            .OrderBy(p => p.Format).ThenBy(p => p.Namespace).ThenBy(p => p.Name).Take(10);

        var plan = await PlanAsync(db, page);

        Assert.Contains("ix_packages_domain_id_repository_id", plan, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("sort", plan, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("temp b-tree", plan, StringComparison.OrdinalIgnoreCase);
    }

    protected abstract Task<string> PlanAsync(GranaryContext db, IQueryable<Package> query);

    private static string Bytes(PackageCoordinate p) => $"{Hex(p.Format)} {Hex(p.Namespace)} {Hex(p.Name)}";

    private static string Hex(string text) => Convert.ToHexString(Encoding.UTF8.GetBytes(text));

    private async Task<RepositorySnapshot> RepositoryAsync() => await World.CreateRepositoryAsync(await World.CreateDomainAsync(), "apples");

    private Task<int> AddAsync(RepositorySnapshot repository, List<PackageCoordinate> packages) =>
        World.Log.WriteAsync(repository.DomainId, World.Actor, transaction =>
        {
            foreach (var package in packages)
            {
                PackageWriter.Add(transaction, repository, package, true, true);
            }

            return Task.FromResult(packages.Count);
        }, CancellationToken.None);

    private async Task<List<PackageCoordinate>> PagesAsync(RepositorySnapshot repository, PackageFilter filter, int size)
    {
        var all = new List<PackageCoordinate>();
        PackageKey? after = null;
        while (await World.Queries.ListAsync(repository, filter, after, size, CancellationToken.None) is [.., var last] page)
        {
            Assert.True(page.Count <= size);
            all.AddRange(page.Select(p => p.Coordinate));
            after = new PackageKey(last.Format, last.Namespace, last.Name);
        }

        return all;
    }

    private async Task<List<PackageVersionLine>> VersionPagesAsync(Package package, bool newestFirst, int size)
    {
        var all = new List<PackageVersionLine>();
        VersionPageKey? after = null;
        while (await World.Queries.ListVersionsAsync(package, null, null, after, newestFirst, size, CancellationToken.None) is [.., var last] page)
        {
            all.AddRange(page);
            after = new VersionPageKey(last.PublishedAt, last.Version);
        }

        return all;
    }
}
