using System.Text;
using Granary.Core;
using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Packages;
using Granary.Core.Repositories;
using Granary.Core.Upstreams;

namespace Granary.Tests.Packages;

/// <summary>Versions that gather assets after they are published, as those of Python and Maven do.</summary>
public abstract class AssetPublishingContract(Engine engine) : WorldContract(engine)
{
    private static readonly PackageCoordinate Pear = new("fruit", "", "pear");

    private readonly TemporaryDirectory directory = new();
    private readonly SourceClient client = new();
    private SourceDocuments documents = null!;
    private AssetPublishing publishing = null!;
    private DomainSnapshot domain = null!;
    private RepositorySnapshot far = null!;
    private RepositorySnapshot near = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        var storage = new FileAssetStorage(directory.Path, isOwner: true);
        documents = new SourceDocuments(client, new SourceLinks(client, storage, TimeProvider.System), storage, World.Database, World.Log, World.Locks, TimeProvider.System);
        var sources = new SourceListings(documents, new SourceReaders([]), (_, _) => default);
        var versions = new Publishing(World.Database, World.Log, World.Search, sources);
        publishing = new AssetPublishing(World.Database, World.Log, World.Search, versions, new Quotas { AssetsPerVersion = 3 });
        domain = await World.CreateDomainAsync();
        far = await World.CreateRepositoryAsync(domain, "far");
        near = await World.CreateRepositoryAsync(domain, "near", null, far);
        domain = await World.FindDomainAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        documents.Dispose();
        client.Dispose();
        await base.DisposeAsync();
        directory.Dispose();
    }

    [Fact]
    public async Task A_published_version_takes_another_asset_and_what_is_said_of_it()
    {
        var first = await PublishAsync("a", "bytes of a");
        Assert.Equal((PackageVersionStatus.Published, "a;", "summary of a"), (first.Status, Text(first), first.Summary));

        var second = await PublishAsync("b", "bytes of b");
        Assert.Equal((first.Id, PackageVersionStatus.Published, "a;b;", "summary of a"), (second.Id, second.Status, Text(second), second.Summary));
        Assert.NotEqual(first.Revision, second.Revision);
        Assert.Equal("readme of a", await World.Queries.ReadmeAsync(second, CancellationToken.None));
        var change = (await World.ChangesAsync(domain.Id))[^1];
        Assert.Equal((1, true, false), (change.AssetsAdded, change.MetadataUpdated, change.StatusChanged));
    }

    [Fact]
    public async Task The_same_bytes_again_change_nothing_and_other_bytes_are_refused()
    {
        await PublishAsync("a", "bytes");
        var both = await PublishAsync("b", "bytes of b");
        var sequence = await World.SequenceAsync(domain.Id);

        var again = await PublishAsync("a", "bytes");
        Assert.Equal((both.Revision, "a;b;"), (again.Revision, Text(again)));
        var refusal = await Assert.ThrowsAsync<Refusal>(() => PublishAsync("a", "other bytes"));
        Assert.Equal((RefusalKind.Conflict, ResourceType.Asset, "a"), (refusal.Kind, refusal.ResourceType, refusal.ResourceId));
        Assert.Equal(sequence, await World.SequenceAsync(domain.Id));
    }

    [Fact]
    public async Task An_unlisted_version_takes_assets_and_stays_unlisted_and_an_archived_one_takes_none()
    {
        await PublishAsync("a", "bytes");
        await SetStatusAsync(PackageVersionStatus.Unlisted);
        Assert.Equal(PackageVersionStatus.Unlisted, (await PublishAsync("b", "bytes")).Status);
        await SetStatusAsync(PackageVersionStatus.Archived);
        Assert.Equal(RefusalKind.Conflict, (await Assert.ThrowsAsync<Refusal>(() => PublishAsync("c", "bytes"))).Kind);
        Assert.Equal(RefusalKind.Conflict, (await Assert.ThrowsAsync<Refusal>(() => PublishAsync("a", "bytes"))).Kind);
    }

    [Fact]
    public async Task The_quota_of_assets_holds()
    {
        foreach (var name in (string[])["a", "b", "c"])
        {
            await PublishAsync(name, "bytes");
        }

        Assert.Equal(RefusalKind.QuotaExceeded, (await Assert.ThrowsAsync<Refusal>(() => PublishAsync("d", "bytes"))).Kind);
    }

    [Fact]
    public async Task A_version_of_an_upstream_is_not_begun_again_downstream_while_the_package_may_come_from_there()
    {
        await World.PublishAsync(far, Pear, "1.0", null, null, "a");
        Assert.Equal(RefusalKind.Conflict, (await Assert.ThrowsAsync<Refusal>(() => PublishAsync("b", "bytes"))).Kind);
        Assert.Equal(RefusalKind.Conflict, (await Assert.ThrowsAsync<Refusal>(() => DemandAsync("b", "bytes"))).Kind);
    }

    [Fact]
    public async Task A_version_of_a_public_source_takes_no_asset_that_is_published_here()
    {
        await World.PublishAsync(near, Pear, "1.0", null, "public:fruit", "a");
        var refusal = await Assert.ThrowsAsync<Refusal>(() => PublishAsync("b", "bytes"));
        Assert.Equal(RefusalKind.Conflict, refusal.Kind);
        Assert.Contains("public:fruit", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Assets_that_come_at_once_are_all_in_the_manifest()
    {
        await Task.WhenAll(((string[])["a", "b", "c"]).Select(name => PublishAsync(name, "bytes")));
        var version = await PublishAsync("a", "bytes");
        Assert.Equal(["a", "b", "c"], Text(version).TrimEnd(';').Split(';').Order());
    }

    private static string Text(PackageVersion version) => Encoding.UTF8.GetString(version.Manifest);

    private static AssetPublication Publication(string asset) => new(Pear, "1.0", asset, Unfinished: false)
    {
        Gathered = new GatheredAsset(before => [.. before, .. Encoding.UTF8.GetBytes($"{asset};")], $"summary of {asset}", $"readme of {asset}"),
    };

    private async Task<PackageVersion> PublishAsync(string asset, string content) =>
        await publishing.PublishAsync(await World.FindDomainAsync(), near, Publication(asset), World.DigestsOf(content), World.Actor, CancellationToken.None);

    private async Task DemandAsync(string asset, string content) =>
        await publishing.DemandOpenAsync(await World.FindDomainAsync(), near, Publication(asset), World.DigestsOf(content).Sha256, CancellationToken.None);

    private async Task SetStatusAsync(PackageVersionStatus status) =>
        await World.Versions.UpdateStatusAsync(near, Pear, new VersionSelection(["1.0"], null, null), status, World.Actor, CancellationToken.None);
}

public sealed class AssetPublishingOnSqliteTests() : AssetPublishingContract(Engine.Sqlite);

public sealed class AssetPublishingOnPostgreSqlTests() : AssetPublishingContract(Engine.PostgreSql);
