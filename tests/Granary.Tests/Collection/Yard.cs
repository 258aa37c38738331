using System.Text;
using Granary.Core;
using Granary.Core.Assets;
using Granary.Core.Collection;
using Granary.Core.Domains;
using Granary.Core.Events;
using Granary.Core.Jobs;
using Granary.Core.Packages;
using Granary.Core.Repositories;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Collection;

/// <summary>A domain whose assets lie in files, with what collects them.</summary>
internal sealed class Yard : IAsyncDisposable
{
    public static readonly PackageCoordinate Pear = new("fruit", "", "pear");

    private readonly TemporaryDirectory directory;
    private readonly bool isFirst;
    private readonly World world;

    private Yard(World world, DomainSnapshot domain, RepositorySnapshot repository, TemporaryDirectory? shared = null)
    {
        (directory, isFirst) = (shared ?? new TemporaryDirectory(), shared is null);
        this.world = world;
        Domain = domain;
        Repository = repository;
        Files = new FileAssetStorage(directory.Path, isFirst);
        Storage = new HookedStorage(Files);
        Assets = new AssetStore(Storage, world.Database);
    }

    public DomainSnapshot Domain { get; }

    public RepositorySnapshot Repository { get; }

    public IAssetStorage Files { get; }

    /// <summary>The file of a key.</summary>
    public string this[string key] => directory[key];

    public HookedStorage Storage { get; }

    public AssetStore Assets { get; }

    public static async Task<Yard> CreateAsync(World world)
    {
        var domain = await world.CreateDomainAsync();
        var repository = await world.CreateRepositoryAsync(domain, "yard");
        return new Yard(world, await world.FindDomainAsync(), repository);
    }

    /// <summary>The same files and domain as another node has them.</summary>
    public Yard Join(World node) => new(node, Domain, Repository, directory);

    public ValueTask DisposeAsync()
    {
        if (isFirst)
        {
            directory.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>A node's own, on the storage that is given or the one that all share.</summary>
    public Collector Collector(TimeSpan grace, TimeProvider? clock = null, IAssetStorage? storage = null)
    {
        var (time, files) = (clock ?? TimeProvider.System, storage ?? Storage);
        var dooming = new Dooming(world.Log, time);
        var removal = new Removal(world.Database, world.Log, files);
        return new Collector(
            new JobLeases(world.Database, world.Log, time), new OrphanSearch(world.Database, dooming),
            new StraySweep(world.Database, world.Log, files, new StorageOwner(world.Database, world.Log, files), dooming, removal), removal, new CollectionOptions { Grace = grace });
    }

    public async Task<CollectionReport> CollectAsync(TimeSpan grace = default) =>
        await Collector(grace).RunAsync(onlyWhenDue: false, CancellationToken.None) ?? throw new InvalidOperationException("Another one collects.");

    /// <summary>Publishes as a format does: the bytes, then the version. What is to happen in between does.</summary>
    public async Task PublishAsync(string version, string content, Func<Task>? between = null)
    {
        await using var spool = Assets.CreateSpool();
        await spool.WriteAsync(Encoding.UTF8.GetBytes(content), CancellationToken.None);
        await Assets.StoreAsync(
            Domain.Id,
            spool,
            async stored =>
            {
                await (between?.Invoke() ?? Task.CompletedTask);
                await world.WriteAsync(Domain, transaction => AddAsync(transaction, version, stored));
            },
            CancellationToken.None);
    }

    /// <summary>Stores bytes as a publish does that dies before it commits.</summary>
    public async Task AbandonAsync(string content)
    {
        await using var spool = Assets.CreateSpool();
        await spool.WriteAsync(Encoding.UTF8.GetBytes(content), CancellationToken.None);
        await Assets.StoreAsync(Domain.Id, spool, CancellationToken.None);
    }

    public Task DeleteAsync(params string[] versions) => world.WriteAsync(Domain, async transaction =>
    {
        foreach (var row in await transaction.Db.PackageVersions.Where(v => v.DomainId == Domain.Id && versions.Contains(v.Version)).ToListAsync())
        {
            await PackageWriter.RemoveVersionAsync(transaction, row);
        }

        return true;
    });

    /// <summary>The bytes as a client is given them; null where they are missing or damaged.</summary>
    public async Task<string?> ReadAsync(string content)
    {
        var digests = World.DigestsOf(content);
        try
        {
            var found = await Assets.OpenWholeAsync(Domain.Id, digests.Sha256, digests.Size, CancellationToken.None);
            using var reader = new StreamReader(await found.OpenAsync(CancellationToken.None));
            return await reader.ReadToEndAsync();
        }
        catch (Refusal refusal) when (refusal.Kind is RefusalKind.Unavailable)
        {
            return null;
        }
    }

    /// <summary>The keys of assets and documents, and the space that they take.</summary>
    public async Task<(List<string> Keys, long Bytes)> StoredAsync()
    {
        var all = await Files.ListAsync("", CancellationToken.None).Where(key => !key.Key.StartsWith("owners/", StringComparison.Ordinal)).ToListAsync();
        return ([.. all.Select(key => key.Key)], all.Sum(key => key.Length));
    }

    /// <summary>As if so much time had passed by the collection's own clock since the last round.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        await using var db = world.Database.Open();
        var back = (long)time.TotalMilliseconds;
        await db.Database.ExecuteSqlAsync($"UPDATE job_leases SET seen_at = seen_at - {back} WHERE name = 'collection'");
    }

    private async Task<bool> AddAsync(ChangeTransaction transaction, string version, Digests stored)
    {
        var package = await PackageWriter.FindAsync(transaction, Repository, Pear)
            ?? PackageWriter.Add(transaction, Repository, Pear, allowPublish: true, allowUpstream: false);
        await PackageWriter.AddVersionAsync(
            transaction, Repository, package, new NewVersion(version, [], null, null, [new NewAsset("a", stored)]), new VersionOrigin(Repository.Name, null), transaction.Now);
        return true;
    }
}
