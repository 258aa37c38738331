using System.Text;
using Granary.Core;
using Granary.Core.Access.Identities;
using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Events;
using Granary.Core.Groups;
using Granary.Core.Packages;
using Granary.Core.Repositories;
using Granary.Core.Upstreams;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests;

/// <summary>A database with everything that reads and writes it, and short words for what tests put there.</summary>
public sealed class World : IAsyncDisposable
{
    public const string Owner = "123456789012";
    public const string Actor = "arn:aws:iam::123456789012:user/tester";

    private readonly Databases databases;

    private World(Databases databases)
    {
        this.databases = databases;
        Database = databases.Database;
        Stamps = new DomainStamps(Database);
        Locks = new FetchLocks(Database, TimeProvider.System);
        Revisions = new AccountRevisions(Database);
        Log = new ChangeLog(Database, Stamps, Revisions, TimeProvider.System);
        Directory = new DomainDirectory(Database, Stamps);
        Queries = new PackageQueries(Database);
        Versions = new PackageVersions(Log);
        PackageStamps = new PackageStamps(Database, Stamps);
        Search = new PackageSearch(Database, new ConnectionFormats(new Dictionary<string, string> { ["public:fruit"] = "fruit", ["public:market"] = "fruit", ["public:quarry"] = "stone" }), new Quotas());
    }

    public GranaryDatabase Database { get; }

    public string ConnectionString => databases.ConnectionString;

    public DomainStamps Stamps { get; }

    public AccountRevisions Revisions { get; }

    public FetchLocks Locks { get; }

    public ChangeLog Log { get; }

    public DomainDirectory Directory { get; }

    public PackageQueries Queries { get; }

    public PackageVersions Versions { get; }

    public PackageStamps PackageStamps { get; }

    public PackageSearch Search { get; }

    public static async Task<World> CreateAsync(Engine engine) => new(await Databases.CreateAsync(engine));

    /// <summary>Another node on the same database. The first one is disposed last.</summary>
    public World Join() => new(Databases.Share(databases));

    public async ValueTask DisposeAsync()
    {
        await Log.DisposeAsync();
        await Locks.DisposeAsync();
        await databases.DisposeAsync();
    }

    public async Task<DomainSnapshot> CreateDomainAsync(string name = "orchard")
    {
        await Log.WriteServerAsync(
            async db =>
            {
                var domain = new Domain { Owner = Owner, Name = name, CreatedAt = DateTimeOffset.UnixEpoch, EncryptionKey = "arn:aws:kms:::key/1" };
                db.Domains.Add(domain);
                await db.SaveChangesAsync();
                // Not of the log's numbers, which tests count from 1.
                db.PackageGroups.Add(PackageGroup.NewRoot(domain.Id, -1, domain.CreatedAt));
                await db.SaveChangesAsync();
            },
            CancellationToken.None);
        return await FindDomainAsync(name);
    }

    public async Task<DomainSnapshot> FindDomainAsync(string name = "orchard") =>
        await Directory.FindAsync(Owner, name, CancellationToken.None) ?? throw new InvalidOperationException($"There is no domain {name}.");

    public Task<T> WriteAsync<T>(DomainSnapshot domain, Func<ChangeTransaction, Task<T>> work) =>
        Log.WriteAsync(domain.Id, Actor, work, CancellationToken.None);

    public async Task<RepositorySnapshot> CreateRepositoryAsync(DomainSnapshot domain, string name, string? connection = null, params RepositorySnapshot[] upstreams)
    {
        await WriteAsync(domain, transaction =>
        {
            var repository = new Repository
            {
                DomainId = domain.Id,
                Id = transaction.NextId(),
                Name = name,
                Administrator = Owner,
                ExternalConnection = connection,
                CreatedAt = transaction.Now,
            };
            transaction.Db.Repositories.Add(repository);
            foreach (var (position, upstream) in upstreams.Index())
            {
                transaction.Db.RepositoryUpstreams.Add(new RepositoryUpstream
                {
                    DomainId = domain.Id,
                    RepositoryId = repository.Id,
                    Position = position,
                    UpstreamId = upstream.Id,
                });
            }

            transaction.RecordConfiguration(ChangeKind.RepositoryCreated, repository);
            return Task.FromResult(repository);
        });
        return (await FindDomainAsync(domain.Name)).Repository(name)!;
    }

    /// <summary>Publishes as a format does: the package with the first version, each asset's bytes being its own name.</summary>
    public Task<PackageVersion> PublishAsync(
        RepositorySnapshot repository, PackageCoordinate package, string version, DateTimeOffset? at = null, string? connection = null, params string[] assets) =>
        Log.WriteAsync(
            repository.DomainId,
            Actor,
            async transaction =>
            {
                var found = await PackageWriter.FindAsync(transaction, repository, package)
                    ?? PackageWriter.Add(transaction, repository, package, allowPublish: true, allowUpstream: true);
                if (await PackageWriter.FindVersionAsync(transaction, found, version) is not null)
                {
                    throw Refusal.Conflict(ResourceType.PackageVersion, version, $"{package} {version} is there already.");
                }

                var added = new NewVersion(version, Encoding.UTF8.GetBytes($"manifest of {version}"), null, $"readme of {version}", [.. assets.Select(NewAsset)]);
                var origin = connection is null ? new VersionOrigin(repository.Name, null) : new VersionOrigin(null, connection);
                return await PackageWriter.AddVersionAsync(transaction, repository, found, added, origin, at ?? transaction.Now);
            },
            CancellationToken.None);

    /// <summary>The domain's log after a sequence number.</summary>
    public async Task<List<Change>> ChangesAsync(long domainId, long after = 0)
    {
        await using var db = Database.Open();
        return await db.Changes.AsNoTracking().Where(c => c.DomainId == domainId && c.Sequence > after).OrderBy(c => c.Sequence).ToListAsync();
    }

    public async Task<long> SequenceAsync(long domainId)
    {
        await using var db = Database.Open();
        return await db.Domains.Where(d => d.Id == domainId).Select(d => d.Sequence).SingleAsync();
    }

    public static Digests DigestsOf(string content)
    {
        using var digester = new Digester();
        digester.Append(Encoding.UTF8.GetBytes(content));
        return digester.Finish();
    }

    private static NewAsset NewAsset(string name) => new(name, DigestsOf(name));
}

/// <summary>The base of every contract that both engines keep: a fresh world for each test.</summary>
public abstract class WorldContract(Engine engine) : IAsyncLifetime
{
    protected World World { get; private set; } = null!;

    public virtual async ValueTask InitializeAsync() => World = await World.CreateAsync(engine);

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return World.DisposeAsync();
    }
}
