using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Granary.Core;
using Granary.Core.Assets;
using Granary.Core.Collection;
using Granary.Core.Database;
using Granary.Core.Jobs;
using Granary.Core.Listings;
using Granary.Core.Packages;
using Granary.Core.Repositories;
using Granary.Core.Scrub;
using Granary.Core.Upstreams;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Tests.Upstreams;

/// <summary>Versions of public sources that gather assets: near takes from store, which is connected to the source.</summary>
public abstract class GatheringContract(Engine engine) : WorldContract(engine)
{
    private static readonly PackageCoordinate Pear = new("fruit", "", "pear");

    private readonly TemporaryDirectory directory = new();
    private readonly SourceClient client = new();
    private readonly BasketReader reader = new();
    private readonly BrokenPromises broken = new(NullLogger<BrokenPromises>.Instance);
    private ListingSource source = null!;
    private SourceDocuments documents = null!;
    private AssetSearch search = null!;
    private BasketIndex index = null!;
    private VersionArrivals arrivals = null!;
    private Scrubber scrubber = null!;
    private RepositorySnapshot store = null!;
    private RepositorySnapshot near = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        source = await ListingSource.StartAsync();
        source.Says("index", Answer.Text("listings"));
        var storage = new FileAssetStorage(directory.Path, isOwner: true);
        var links = new SourceLinks(client, storage, TimeProvider.System);
        documents = new SourceDocuments(client, links, storage, World.Database, World.Log, World.Locks, TimeProvider.System);
        var readers = new SourceReaders([reader]);
        var listings = new SourceListings(documents, readers, (connection, _) => new(connection == source.Source.Connection ? source.Source : null));
        var ingestion = new Ingestion(World.Log, readers, new Quotas { AssetsPerVersion = 4 });
        var fetcher = new AssetFetcher(
            client, links, new AssetStore(storage, World.Database), World.Search, ingestion, new Quotas(), World.Locks, TimeProvider.System, NullLogger<AssetFetcher>.Instance);
        search = new AssetSearch(World.Database, World.Search, World.PackageStamps, listings, fetcher, ingestion, NullLogger<AssetSearch>.Instance);
        index = new BasketIndex(new ListingServices(World.Database, World.Search, World.PackageStamps, listings, broken, TimeProvider.System));
        arrivals = new VersionArrivals(World.Search, listings, fetcher, ingestion);
        scrubber = new Scrubber(
            World.Database, new JobLeases(World.Database, World.Log, TimeProvider.System), new AssetInspection(storage),
            new Quarantine(storage, new Dooming(World.Log, TimeProvider.System)), new AssetRefetch(World.Database, World.Directory, listings, fetcher), new ScrubOptions(), TimeProvider.System);
        var domain = await World.CreateDomainAsync();
        store = await World.CreateRepositoryAsync(domain, "store", "public:fruit");
        near = await World.CreateRepositoryAsync(domain, "near", null, store);
        Lists("a", "b", "c");
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        search.Dispose();
        index.Dispose();
        broken.Dispose();
        documents.Dispose();
        client.Dispose();
        await source.DisposeAsync();
        await base.DisposeAsync();
        directory.Dispose();
    }

    [Theory]
    [InlineData("bytes of ?")]
    [InlineData("bytes")]
    [InlineData(null)]
    public async Task What_rotted_is_fetched_again_from_where_it_came(string? rotten)
    {
        await FetchAsync("a");
        await FetchAsync("b");
        var file = directory[AssetKey.OfAsset(store.DomainId, World.DigestsOf("bytes of a").Sha256, 0)];
        File.Delete(file);
        if (rotten is not null)
        {
            await File.WriteAllTextAsync(file, rotten, TestContext.Current.CancellationToken);
        }

        var found = new List<Damage>();
        var report = await scrubber.RunAsync(onlyWhenDue: false, damage => Task.Run(() => found.Add(damage)), TestContext.Current.CancellationToken);

        Assert.Equal((2, 1, 1), (report!.Assets, report.Damaged, report.Healed));
        var damage = Assert.Single(found);
        Assert.Equal(["near", "store"], damage.Uses.Select(use => use.Repository).Order());
        Assert.Equal(rotten, damage.QuarantineKey is { } kept ? await File.ReadAllTextAsync(directory[kept], TestContext.Current.CancellationToken) : null);
        Assert.Equal("bytes of a", await FetchAsync("a"));
    }

    [Fact]
    public async Task A_kept_version_gains_the_asset_that_is_asked_for_next()
    {
        Assert.Equal("bytes of a", await FetchAsync("a"));
        Assert.Equal(("a;", "a;"), (await KeptAsync(store), await KeptAsync(near)));
        var before = await VersionAsync(near);

        Assert.Equal("bytes of b", await FetchAsync("b"));
        Assert.Equal(("a;b;", "a;b;"), (await KeptAsync(store), await KeptAsync(near)));
        Assert.NotEqual(before!.Revision, (await VersionAsync(near))!.Revision);
        Assert.Equal("bytes of b", await FetchAsync("b"));
        Assert.Equal((1, 1), (source.Count("pear/-/1.0/a"), source.Count("pear/-/1.0/b")));
        var change = (await World.ChangesAsync(near.DomainId))[^1];
        Assert.Equal(("near", 1, true), (change.Repository, change.AssetsAdded, change.MetadataUpdated));
    }

    [Fact]
    public async Task A_listing_shows_what_is_kept_together_with_what_the_origin_has_more()
    {
        await FetchAsync("b");
        Assert.Equal("1.0=a;b;c;", await ListAsync(near));
        Assert.Equal("1.0=a;b;c;", await ListAsync(store));
        await DisconnectAsync();
        Assert.Equal("1.0=b;", await ListAsync(near));
        Assert.Null(await FetchAsync("a"));
        Assert.Equal("bytes of b", await FetchAsync("b"));
    }

    [Fact]
    public async Task A_repository_gains_what_another_one_has_kept_meanwhile()
    {
        await FetchAsync("a");
        await FetchAsync("b", store);
        Assert.Equal(("a;b;", "a;"), (await KeptAsync(store), await KeptAsync(near)));
        await DisconnectAsync();
        Assert.Equal("1.0=a;b;", await ListAsync(near));
        Assert.Equal("bytes of b", await FetchAsync("b"));
        Assert.Equal("a;b;", await KeptAsync(near));
    }

    [Fact]
    public async Task A_version_that_is_archived_here_or_where_it_comes_from_gains_nothing()
    {
        await FetchAsync("a");
        await SetStatusAsync(store, PackageVersionStatus.Archived);
        Assert.Equal("bytes of a", await FetchAsync("a"));
        Assert.Null(await FetchAsync("b"));
        Assert.Equal("1.0=a;", await ListAsync(near));

        await SetStatusAsync(store, PackageVersionStatus.Published);
        await SetStatusAsync(near, PackageVersionStatus.Archived);
        Assert.Null(await FetchAsync("a"));
        Assert.Null(await FetchAsync("b"));
        Assert.Null(await ListAsync(near));
    }

    [Fact]
    public async Task An_unlisted_version_gains_assets_and_is_not_listed()
    {
        await FetchAsync("a");
        await SetStatusAsync(near, PackageVersionStatus.Unlisted);
        Assert.Equal("bytes of b", await FetchAsync("b"));
        Assert.Equal("a;b;", await KeptAsync(near));
        Assert.Null(await ListAsync(near));
    }

    [Fact]
    public async Task A_version_that_was_published_is_whole_where_it_was_published()
    {
        await World.PublishAsync(near, Pear, "1.0", null, null, "a");
        Assert.Null(await FetchAsync("b"));
        source.TakeAsked();
        Assert.Null(await FetchAsync("guess-b"));
        Assert.DoesNotContain(source.TakeAsked(), path => path.Contains("/-/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_version_never_becomes_a_mixture_of_two_origins()
    {
        var domain = await World.FindDomainAsync();
        var other = await World.CreateRepositoryAsync(domain, "other");
        await World.PublishAsync(other, Pear, "1.0", null, null, "c");
        var both = await World.CreateRepositoryAsync(domain, "both", null, store, other);
        Assert.Equal("bytes of a", await FetchAsync("a", both));
        await DisconnectAsync();
        Assert.Null(await FetchAsync("c", both));
        Assert.Equal("1.0=a;", await ListAsync(both));
    }

    [Fact]
    public async Task What_no_listing_names_is_asked_for_by_its_address_and_a_miss_is_remembered()
    {
        Assert.Null(await FetchAsync("guess-x"));
        Assert.Null(await FetchAsync("guess-x"));
        Assert.Equal(1, source.Count("pear/-/1.0/guess-x"));

        source.Says("pear/-/1.0/guess-y", Answer.Text("bytes of y"));
        Assert.Equal("bytes of y", await FetchAsync("guess-y"));
        Assert.Equal("guess-y;", await KeptAsync(near));
    }

    [Fact]
    public async Task The_first_checksum_beside_an_asset_that_there_is_must_hold()
    {
        source.Says("pear/-/1.0/guess-x", Answer.Text("bytes of x"));
        source.Says("pear/-/1.0/guess-x.sha1", Answer.Text($"{Convert.ToHexString(SHA1.HashData("bytes of x"u8))}  guess-x\n"));
        Assert.Equal("bytes of x", await FetchAsync("guess-x"));

        source.Says("pear/-/1.0/guess-y", Answer.Text("bytes of y"));
        source.Says("pear/-/1.0/guess-y.sha256", Answer.Text(Sha256("other bytes")));
        Assert.Equal(RefusalKind.SourceFailed, (await Assert.ThrowsAsync<Refusal>(() => FetchAsync("guess-y"))).Kind);
        source.Says("pear/-/1.0/guess-y.sha256", Answer.Text("<html>"));
        Assert.Equal(RefusalKind.SourceFailed, (await Assert.ThrowsAsync<Refusal>(() => FetchAsync("guess-y"))).Kind);
        Assert.Equal("guess-x;", await KeptAsync(near));
    }

    [Fact]
    public async Task A_listing_in_parts_is_kept_as_one_document()
    {
        source.Says("listings/pear", Answer.Text("pear\n+page1\n+page2\n"));
        source.Says("page1", Answer.Text($"1.0 a {Sha256("bytes of a")}\n"));
        source.Says("page2", Answer.Gzip(Encoding.Latin1.GetBytes($"2.0 b {Sha256("bytes of b")}\n")));
        Assert.Equal("1.0=a; 2.0=b;", await ListAsync(near));
        Assert.Equal((1, 1, 1), (source.Count("index"), source.Count("page1"), source.Count("page2")));
    }

    [Fact]
    public async Task A_part_that_cannot_be_had_fails_the_listing()
    {
        source.Says("listings/pear", Answer.Text("pear\n+page1\n"));
        source.Says("page1", Answer.Code(500));
        Assert.Equal(RefusalKind.SourceFailed, (await Assert.ThrowsAsync<Refusal>(() => ListAsync(near))).Kind);
    }

    [Theory]
    [InlineData("file:///etc/hostname")]
    [InlineData("ftp://fruit.example/page")]
    [InlineData("http://fruit.example/page")]
    [InlineData("https://name@fruit.example/page")]
    [InlineData("https://169.254.169.254/latest")]
    [InlineData("https://[::1]/page")]
    public async Task A_part_elsewhere_is_fetched_from_the_public_internet_by_https_alone(string address)
    {
        source.Says("listings/pear", Answer.Text($"pear\n+{address}\n"));
        Assert.Equal(RefusalKind.SourceFailed, (await Assert.ThrowsAsync<Refusal>(() => ListAsync(near))).Kind);
    }

    [Theory]
    [InlineData("http://files.fruit.example/")]
    [InlineData("https://127.0.0.2:1/")]
    [InlineData("https://169.254.169.254/")]
    [InlineData("https://[::ffff:10.0.0.1]/")]
    [InlineData("https://localhost:1/")]
    public async Task An_asset_elsewhere_is_fetched_from_the_public_internet_by_https_alone(string elsewhere)
    {
        reader.Elsewhere = elsewhere;
        Assert.Equal(RefusalKind.SourceFailed, (await Assert.ThrowsAsync<Refusal>(() => FetchAsync("a"))).Kind);
        Assert.Null(await VersionAsync(store));
    }

    [Fact]
    public async Task Assets_that_come_at_once_are_all_kept()
    {
        Assert.Equal(["bytes of a", "bytes of b", "bytes of c"], await Task.WhenAll(((string[])["a", "b", "c"]).Select(name => FetchAsync(name))));
        Assert.Equal(("a;b;c;", "a;b;c;"), (await KeptAsync(store), await KeptAsync(near)));
    }

    [Fact]
    public async Task The_quota_of_assets_holds()
    {
        Lists("a", "b", "c", "d", "e");
        foreach (var name in (string[])["a", "b", "c", "d"])
        {
            await FetchAsync(name);
        }

        Assert.Equal(RefusalKind.QuotaExceeded, (await Assert.ThrowsAsync<Refusal>(() => FetchAsync("e"))).Kind);
        Assert.Equal("a;b;c;d;", await KeptAsync(store));
    }

    [Fact]
    public async Task A_version_is_brought_whole_before_it_is_copied()
    {
        await FetchAsync("b");
        await arrivals.BringAsync(await World.FindDomainAsync(), near, Pear, ["1.0"], CancellationToken.None);
        Assert.Equal(("a;b;c;", "a;b;c;"), (await KeptAsync(store), await KeptAsync(near)));
    }

    private void Lists(params string[] assets)
    {
        source.Says("listings/pear", Answer.Text($"pear\n{string.Join('\n', assets.Select(name => $"1.0 {name} {Sha256($"bytes of {name}")}"))}\n"));
        foreach (var name in assets)
        {
            source.Says($"pear/-/1.0/{name}", Answer.Text($"bytes of {name}"));
        }
    }

    private async Task DisconnectAsync() =>
        await new RepositoryStore(World.Database, World.Log, new Quotas()).DisconnectAsync(store, "public:fruit", World.Actor, CancellationToken.None);

    private async Task<string?> ListAsync(RepositorySnapshot repository)
    {
        var domain = await World.FindDomainAsync();
        return (await index.GetAsync(domain, domain.Repository(repository.Id)!, "", Pear, 0, CancellationToken.None))?.Rendered;
    }

    private async Task<PackageVersion?> VersionAsync(RepositorySnapshot repository)
    {
        var domain = await World.FindDomainAsync();
        var path = await World.Search.PathAsync(domain, domain.Repository(repository.Id)!, Pear, CancellationToken.None);
        return (await World.Search.FindVersionAsync(domain, [path.Steps[0]], "1.0", CancellationToken.None))?.Version;
    }

    /// <summary>The manifest and the assets of what a repository keeps, which must name the same.</summary>
    private async Task<string> KeptAsync(RepositorySnapshot repository)
    {
        var version = await VersionAsync(repository) ?? throw new InvalidOperationException($"{repository.Name} keeps no version.");
        await using var db = World.Database.Open();
        var names = string.Concat((await PackageWriter.AssetsAsync(db, version)).Select(a => a.Name).Order(StringComparer.Ordinal).Select(name => $"{name};"));
        Assert.Equal(Encoding.Latin1.GetString(version.Manifest), names);
        return names;
    }

    private async Task SetStatusAsync(RepositorySnapshot repository, PackageVersionStatus status) =>
        await World.Versions.UpdateStatusAsync(repository, Pear, new VersionSelection(["1.0"], null, null), status, World.Actor, CancellationToken.None);

    /// <summary>As a client downloads it, to the last byte; null where it is not found.</summary>
    private async Task<string?> FetchAsync(string asset, RepositorySnapshot? repository = null)
    {
        var domain = await World.FindDomainAsync();
        var asked = domain.Repository((repository ?? near).Id)!;
        while (await search.FindAsync(domain, asked, Pear, "1.0", asset, CancellationToken.None) is { } found)
        {
            if (found.Stored is { } stored)
            {
                await using var stream = await (await new AssetStore(new FileAssetStorage(directory.Path, isOwner: false), World.Database).OpenWholeAsync(domain.Id, stored.Sha256, stored.Size, CancellationToken.None)).OpenAsync(CancellationToken.None);
                using var text = new StreamReader(stream, Encoding.Latin1);
                return await text.ReadToEndAsync();
            }

            await using var download = found.Arriving!;
            if ((await download.Began).IsSuperseded)
            {
                continue;
            }

            using var received = new MemoryStream();
            await download.CopyToAsync(
                PipeWriter.Create(received, new StreamPipeWriterOptions(leaveOpen: true)),
                _ => search.RetainAsync(domain, asked, Pear, "1.0", download.Into, CancellationToken.None), CancellationToken.None);
            return Encoding.Latin1.GetString(received.ToArray());
        }

        return null;
    }

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.Latin1.GetBytes(text)));
}

public sealed class GatheringOnSqliteTests() : GatheringContract(Engine.Sqlite);

public sealed class GatheringOnPostgreSqlTests() : GatheringContract(Engine.PostgreSql);
