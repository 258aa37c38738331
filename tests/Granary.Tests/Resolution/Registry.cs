using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Granary.Core;
using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Groups;
using Granary.Core.Listings;
using Granary.Core.Packages;
using Granary.Core.Repositories;
using Granary.Core.Upstreams;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Tests.Resolution;

/// <summary>
/// The real side: Core's own services over a database, a storage and two public sources behind sockets, put together as the server does it.
/// Each history has a domain of its own.
/// </summary>
internal sealed class Registry : IAsyncDisposable
{
    private readonly TemporaryDirectory directory = new();
    private readonly SourceClient client = new();
    private readonly ManualTime clock = new(new DateTimeOffset(2026, 6, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly World world;
    private readonly IReadOnlyList<Stall> stalls;
    private readonly Records records;
    private readonly AssetStore assets;
    private readonly SourceDocuments documents;
    private readonly AssetSearch search;
    private readonly PlainIndex index;
    private readonly Publishing publishing;
    private readonly RepositoryStore repositories;
    private readonly PackageGroupStore groups;
    private readonly PackageOrigins origins;
    private string domainName = "";
    private int domains;

    private readonly BrokenPromises broken = new(NullLogger<BrokenPromises>.Instance);

    private Registry(World world, IReadOnlyList<Stall> stalls)
    {
        (this.world, this.stalls) = (world, stalls);
        records = new Records(world);
        var storage = new FileAssetStorage(directory.Path, isOwner: true);
        assets = new AssetStore(storage, world.Database);
        var links = new SourceLinks(client, storage, clock);
        documents = new SourceDocuments(client, links, storage, world.Database, world.Log, world.Locks, clock);
        var readers = new SourceReaders([new Upstreams.PlainReader()]);
        var sources = new SourceListings(documents, readers, (connection, _) => new(stalls.FirstOrDefault(s => s.Source.Connection == connection)?.Source));
        var ingestion = new Ingestion(world.Log, readers, new Quotas());
        var fetcher = new AssetFetcher(client, links, assets, world.Search, ingestion, new Quotas(), world.Locks, clock, NullLogger<AssetFetcher>.Instance);
        search = new AssetSearch(world.Database, world.Search, world.PackageStamps, sources, fetcher, ingestion, NullLogger<AssetSearch>.Instance);
        index = new PlainIndex(new ListingServices(world.Database, world.Search, world.PackageStamps, sources, broken, clock));
        publishing = new Publishing(world.Database, world.Log, world.Search, sources);
        repositories = new RepositoryStore(world.Database, world.Log, new Quotas());
        groups = new PackageGroupStore(world.Log, new Quotas());
        origins = new PackageOrigins(world.Log);
    }

    public static async Task<Registry> CreateAsync(Engine engine)
    {
        var world = await World.CreateAsync(engine);
        return new Registry(world, await Task.WhenAll(Connections.OfFruit.Select(Stall.OpenAsync)));
    }

    /// <summary>An empty domain, and sources that have nothing.</summary>
    public async Task BeginAsync()
    {
        domainName = $"orchard-{++domains}";
        await world.CreateDomainAsync(domainName);
        foreach (var stall in stalls)
        {
            stall.Clear();
        }

        // What an earlier history made a source rest for is over.
        clock.Advance(TimeSpan.FromMinutes(10));
    }

    /// <summary>What became of it: "done", what a read found, or the kind of the refusal.</summary>
    public async Task<string> DoAsync(Operation operation)
    {
        var domain = await world.FindDomainAsync(domainName);
        var repository = operation.Repository is { } name ? domain.Repository(name) : null;
        if (operation.Repository is not null && repository is null)
        {
            return operation.IsRead ? "nothing" : "NotFound";
        }

        try
        {
            return await DoAsync(domain, repository!, operation);
        }
        catch (Refusal refusal)
        {
            return operation.IsRead && refusal.Kind is RefusalKind.NotFound ? "nothing" : refusal.Kind.ToString();
        }
    }

    /// <summary>What public sources were asked since the last time.</summary>
    public IEnumerable<string> TakeAsked() => stalls.SelectMany(s => s.TakeAsked());

    /// <summary>All records of a package, or of all packages, in the words of the reference.</summary>
    public async Task<IReadOnlyList<string>> StateAsync(PackageCoordinate? package) => await records.ReadAsync(await world.FindDomainAsync(domainName), package);

    public async ValueTask DisposeAsync()
    {
        await records.DisposeAsync();
        search.Dispose();
        index.Dispose();
        broken.Dispose();
        documents.Dispose();
        client.Dispose();
        foreach (var stall in stalls)
        {
            await stall.DisposeAsync();
        }

        await world.DisposeAsync();
        directory.Dispose();
    }

    private async Task<string> DoAsync(DomainSnapshot domain, RepositorySnapshot repository, Operation operation)
    {
        var none = CancellationToken.None;
        switch (operation)
        {
            case Publish publish:
                await PublishAsync(domain, repository, publish);
                return "done";
            case List list:
                return (await index.GetAsync(domain, repository, "", list.Of, 0, none))?.Rendered ?? "nothing";
            case Fetch fetch:
                return await FetchAsync(domain, repository, fetch);
            case SetStatus set:
                return await SetAsync(repository, set);
            case DeletePackage delete:
                await world.Versions.DeletePackageAsync(repository, delete.Of, World.Actor, none);
                return "done";
            case SetOrigins set:
                await origins.SetAsync(repository, set.Of, set.Publish, set.Upstream, World.Actor, none);
                return "done";
            case CreateGroup create:
                await groups.CreateAsync(domain, new NewPackageGroup(PackageGroupPattern.Parse(create.Pattern), null, null, new Dictionary<string, string>()), World.Actor, none);
                return "done";
            case DeleteGroup delete:
                return domain.Groups.Find(delete.Pattern) is { } gone && await groups.DeleteAsync(domain, gone.Group, World.Actor, none) ? "done" : "NotFound";
            case ConfigureGroup change:
                return domain.Groups.Find(change.Pattern) is { } group
                    && await groups.ConfigureAsync(domain, group.Group, new OriginChange(change.Modes, change.Added, change.Removed), World.Actor, none) is not null ? "done" : "NotFound";
            case CreateRepository create:
                await repositories.CreateAsync(domain, new NewRepository(create.Name, World.Owner, null, create.Upstreams, new Dictionary<string, string>()), World.Actor, none);
                return "done";
            case DeleteRepository:
                await repositories.DeleteAsync(repository, World.Actor, none);
                return "done";
            case SetUpstreams set:
                await repositories.UpdateAsync(repository, null, set.Upstreams, World.Actor, none);
                return "done";
            case Connect connect:
                await repositories.ConnectAsync(repository, connect.Connection, World.Actor, none);
                return "done";
            case Disconnect disconnect:
                await repositories.DisconnectAsync(repository, disconnect.Connection, World.Actor, none);
                return "done";
            default:
                if (operation is SourceTurns or TimePasses)
                {
                    clock.Advance(TimeSpan.FromMinutes(10));
                }

                stalls.ToList().ForEach(s => s.Take(operation));
                return "done";
        }
    }

    private async Task PublishAsync(DomainSnapshot domain, RepositorySnapshot repository, Publish publish)
    {
        await publishing.DemandAbsentAsync(domain, repository, publish.Of, publish.Version, CancellationToken.None);
        await using var spool = assets.CreateSpool();
        await spool.WriteAsync(Encoding.UTF8.GetBytes(publish.Content), CancellationToken.None);
        var digests = await assets.StoreAsync(domain.Id, spool, CancellationToken.None);
        var asset = new NewAsset(Upstreams.PlainReader.AssetOf(publish.Of, publish.Version), digests);
        var version = new NewVersion(publish.Version, Encoding.Latin1.GetBytes(digests.Sha256Hex), null, null, [asset]);
        await publishing.PublishAsync(domain, repository, publish.Of, version, publish.Tags, World.Actor, CancellationToken.None);
    }

    private async Task<string> SetAsync(RepositorySnapshot repository, SetStatus set)
    {
        var selection = new VersionSelection(set.Versions, null, null);
        var results = await (set.Status switch
        {
            PackageVersionStatus.Disposed => world.Versions.DisposeAsync(repository, set.Of, selection, World.Actor, CancellationToken.None),
            PackageVersionStatus.Deleted => world.Versions.DeleteAsync(repository, set.Of, selection, World.Actor, CancellationToken.None),
            _ => world.Versions.UpdateStatusAsync(repository, set.Of, selection, set.Status, World.Actor, CancellationToken.None),
        });
        return results.Failed.Count == 0 ? "done" : Reference.Tags(results.Failed.Select(f => KeyValuePair.Create(f.Key, f.Value.ErrorCode)));
    }

    /// <summary>As a client downloads it: to the last byte, and what is kept with that.</summary>
    private async Task<string> FetchAsync(DomainSnapshot domain, RepositorySnapshot repository, Fetch fetch)
    {
        while (await search.FindAsync(domain, repository, fetch.Of, fetch.Version, fetch.Asset, CancellationToken.None) is { } found)
        {
            if (found.Stored is { } stored)
            {
                await using var stream = await (await assets.OpenWholeAsync(domain.Id, stored.Sha256, stored.Size, CancellationToken.None)).OpenAsync(CancellationToken.None);
                Assert.Equal(stored.Sha256, await SHA256.HashDataAsync(stream));
                return $"stored {Label(stored.Sha256)}";
            }

            await using var download = found.Arriving!;
            if ((await download.Began).IsSuperseded)
            {
                continue;
            }

            using var received = new MemoryStream();
            await download.CopyToAsync(
                PipeWriter.Create(received, new StreamPipeWriterOptions(leaveOpen: true)),
                _ => search.RetainAsync(domain, repository, fetch.Of, fetch.Version, download.Into, CancellationToken.None), CancellationToken.None);
            return $"arriving {Label(SHA256.HashData(received.ToArray()))}";
        }

        return "nothing";
    }

    public static string Label(byte[] sha256) => Convert.ToHexStringLower(sha256)[..8];
}
