using System.Security.Cryptography;
using Granary.Core;
using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Packages;
using Granary.Core.Repositories;
using Granary.Core.Upstreams;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Tests.Upstreams;

/// <summary>Three nodes on one PostgreSQL and one storage.</summary>
public sealed class NodesTests : IAsyncLifetime
{
    private static readonly PackageCoordinate Pear = new("fruit", "", "pear");

    private readonly TemporaryDirectory directory = new();
    private readonly List<Node> nodes = [];
    private World world = null!;
    private ListingSource source = null!;
    private RepositorySnapshot store = null!;

    public async ValueTask InitializeAsync()
    {
        world = await World.CreateAsync(Engine.PostgreSql);
        source = await ListingSource.StartAsync();
        store = await world.CreateRepositoryAsync(await world.CreateDomainAsync(), "store", "public:fruit");
        nodes.AddRange(Enumerable.Range(0, 3).Select(_ => new Node(world, directory.Path, source.Source)));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }

        await source.DisposeAsync();
        await world.DisposeAsync();
        directory.Dispose();
    }

    [Fact]
    public async Task An_asset_that_all_nodes_miss_at_once_is_asked_for_once()
    {
        var bytes = RandomNumberGenerator.GetBytes(200_000);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));

        // The source is slow enough for every node to have come before it has answered.
        source.Does("pear", async _ => await LateAsync(Answer.Text($"pear\n1.0 {sha256}")));
        source.Does("pear/-/pear-1.0.txt", async _ => await LateAsync(new Answer(200, bytes)));
        var domain = await world.FindDomainAsync();

        var sizes = await Task.WhenAll(Enumerable.Range(0, 60).Select(number => nodes[number % nodes.Count].FetchAsync(domain, domain.Repository(store.Id)!)));

        Assert.All(sizes, size => Assert.Equal(bytes.Length, size));
        Assert.Equal(1, source.Count("pear/-/pear-1.0.txt"));

        // A node that comes when another has the listing already confirms it once.
        Assert.InRange(source.Count("pear"), 1, nodes.Count);
    }

    [Fact]
    public async Task A_source_that_fails_one_node_fails_the_others_and_is_asked_again_later()
    {
        source.Says("pear", Answer.Code(500));
        var domain = await world.FindDomainAsync();
        await Assert.ThrowsAsync<Refusal>(() => nodes[0].FetchAsync(domain, domain.Repository(store.Id)!));
        await Assert.ThrowsAsync<Refusal>(() => nodes[1].FetchAsync(domain, domain.Repository(store.Id)!));

        source.Says("pear", Answer.Text($"pear\n1.0 {Convert.ToHexStringLower(SHA256.HashData("late"u8))}"));
        source.Says("pear/-/pear-1.0.txt", Answer.Text("late"));
        Assert.Equal(4, await nodes[2].FetchAsync(domain, domain.Repository(store.Id)!));
    }

    private static async Task<Answer> LateAsync(Answer answer)
    {
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        return answer;
    }

    private sealed class Node : IAsyncDisposable
    {
        private readonly SourceClient client = new();
        private readonly FetchLocks locks;
        private readonly SourceDocuments documents;
        private readonly AssetSearch search;

        public Node(World world, string directory, Source source)
        {
            var storage = new FileAssetStorage(directory, isOwner: false);
            var clock = TimeProvider.System;
            var links = new SourceLinks(client, storage, clock);
            locks = new FetchLocks(world.Database, clock);
            documents = new SourceDocuments(client, links, storage, world.Database, world.Log, locks, clock);
            var readers = new SourceReaders([new PlainReader()]);
            var listings = new SourceListings(documents, readers, (connection, _) => new(connection == source.Connection ? source : null));
            var ingestion = new Ingestion(world.Log, readers, new Quotas());
            var fetcher = new AssetFetcher(client, links, new AssetStore(storage, world.Database), world.Search, ingestion, new Quotas(), locks, clock, NullLogger<AssetFetcher>.Instance);
            search = new AssetSearch(world.Database, world.Search, world.PackageStamps, listings, fetcher, ingestion, NullLogger<AssetSearch>.Instance);
        }

        public async Task<long> FetchAsync(DomainSnapshot domain, RepositorySnapshot repository)
        {
            while (true)
            {
                var found = await search.FindAsync(domain, repository, Pear, "1.0", "pear-1.0.txt", TestContext.Current.CancellationToken);
                if (found?.Stored is { } stored)
                {
                    return stored.Size;
                }

                await using var download = found!.Arriving!;
                if (!(await download.Began).IsSuperseded)
                {
                    return (await download.Completion).Size;
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            search.Dispose();
            documents.Dispose();
            client.Dispose();
            await locks.DisposeAsync();
        }
    }
}
