using Granary.Core.Access;
using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Events;
using Granary.Core.Packages;
using Granary.Core.Repositories;
using Granary.Server.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Seed;

/// <summary>
/// Fills the quick-start domain by the code that publishes: the change log numbers and records everything, and what the schema or the
/// writers of its rows become is what this makes. Only questions that have one answer here are not asked: whether a version exists, and
/// who may publish.
/// </summary>
internal sealed class Seeding(IServiceProvider services, Shape shape, DomainSnapshot domain)
{
    // Packages that are published at the same time: the versions of each lie as far apart in the tables.
    private const int Window = 1000;

    // Files that are on their way to the disk at once: their syncs share the disk's own commits.
    private const int Writers = 16;

    private const string Latest = "latest";

    private static readonly string Actor = Principal.User(FirstStart.AccountId, FirstStart.Administrator).Arn;

    private readonly TimeProvider clock = services.GetRequiredService<TimeProvider>();
    private readonly ChangeLog log = services.GetRequiredService<ChangeLog>();

    /// <exception cref="InvalidOperationException">No server of this build has been started on the directory, or there is something in it.</exception>
    public static async Task RunAsync(IServiceProvider services, Shape shape, Action<string> say, CancellationToken cancellation)
    {
        var database = services.GetRequiredService<GranaryDatabase>();
        await DemandEmptyAsync(database, cancellation);
        var directory = services.GetRequiredService<DomainDirectory>();
        var domain = await directory.FindAsync(FirstStart.AccountId, FirstStart.DomainName, cancellation)
            ?? throw new InvalidOperationException($"There is no domain {FirstStart.DomainName}. Start the server once, with its quick start.");
        await CreateChainAsync(services.GetRequiredService<RepositoryStore>(), shape, domain, cancellation);
        domain = (await directory.FindAsync(domain.Owner, domain.Name, cancellation))!;
        await new Seeding(services, shape, domain).WriteAsync(say, cancellation);

        // A server that is started now has no one else's log to go through.
        await using var db = database.Open();
        await db.Database.ExecuteSqlAsync($"PRAGMA wal_checkpoint(TRUNCATE)", cancellation);
    }

    private static async Task DemandEmptyAsync(GranaryDatabase database, CancellationToken cancellation)
    {
        await using var db = database.Open();
        var here = db.Database.GetMigrations().ToHashSet(StringComparer.Ordinal);
        if (!here.SetEquals(await db.Database.GetAppliedMigrationsAsync(cancellation)))
        {
            throw new InvalidOperationException("The database is not one of this build's server. Start that server once on an empty directory, stop it, and seed that.");
        }

        if (await db.Packages.AnyAsync(cancellation))
        {
            throw new InvalidOperationException("There are packages already. Seed a directory on which a server was started once and nothing was done.");
        }
    }

    /// <summary>From the far end on: an upstream has to be there before it is named.</summary>
    private static async Task CreateChainAsync(RepositoryStore store, Shape shape, DomainSnapshot domain, CancellationToken cancellation)
    {
        for (var place = shape.Repositories - 1; place >= 0; place--)
        {
            IReadOnlyList<string> upstreams = place == shape.Repositories - 1 ? [] : [$"repo-{place + 1}"];
            var added = new NewRepository($"repo-{place}", domain.Owner, null, upstreams, new Dictionary<string, string>());
            await store.CreateAsync(domain, added, Actor, cancellation);
        }
    }

    private async Task WriteAsync(Action<string> say, CancellationToken cancellation)
    {
        var begun = clock.GetTimestamp();
        var tarballs = await StoreTarballsAsync(cancellation);
        say($"{tarballs.Length:N0} tarballs stored, {clock.GetElapsedTime(begun).TotalSeconds:N1} s");
        for (var first = 0; first < shape.Packages; first += Window)
        {
            var numbers = Enumerable.Range(first, Math.Min(Window, shape.Packages - first));
            await log.WriteAsync(domain.Id, Actor, transaction => WriteAsync(transaction, [.. numbers], tarballs), cancellation);
            say($"{(first + numbers.Count()) * (long)shape.VersionsEach:N0} versions, {clock.GetElapsedTime(begun).TotalSeconds:N1} s");
        }
    }

    private async Task<Tarball[]> StoreTarballsAsync(CancellationToken cancellation)
    {
        var assets = services.GetRequiredService<AssetStore>();
        var tarballs = new Tarball[shape.Tarballs];
        var options = new ParallelOptions { MaxDegreeOfParallelism = Writers, CancellationToken = cancellation };
        await Parallel.ForAsync(0, tarballs.Length, options, async (number, stopping) =>
            tarballs[number] = await Tarball.StoreAsync(assets, domain.Id, number, stopping));
        return tarballs;
    }

    /// <summary>A version of each package, then the next of each.</summary>
    private async Task<bool> WriteAsync(ChangeTransaction transaction, int[] numbers, Tarball[] tarballs)
    {
        // Bytes, negative in kibibytes: as much as a transaction of this size changes.
        await transaction.Db.Database.ExecuteSqlAsync($"PRAGMA cache_size = -262144");
        var projects = numbers.Select(number => new Project(number, tarballs[number % tarballs.Length])).ToArray();
        var packages = new Package[numbers.Length];
        var newest = numbers.Select(_ => new List<(NewVersion Version, DateTimeOffset At)>()).ToArray();
        for (var round = 0; round < shape.VersionsEach; round++)
        {
            for (var index = 0; index < numbers.Length; index++)
            {
                var home = Repository(shape.HomeOf(numbers[index]));
                var version = projects[index].Next(Shape.VersionOf(round));
                var package = packages[index] ??= PackageWriter.Add(transaction, home, projects[index].Coordinate, allowPublish: true, allowUpstream: false);
                var at = PublishedAt(transaction, numbers[0], round, index);
                await PackageWriter.AddVersionAsync(transaction, home, package, version, new VersionOrigin(home.Name, null), at);
                if (round >= shape.VersionsEach - shape.KeptOf(numbers[index]))
                {
                    newest[index].Add((version, at));
                }
            }
        }

        for (var index = 0; index < numbers.Length; index++)
        {
            await PackageWriter.SetTagAsync(transaction, packages[index], Latest, Shape.VersionOf(shape.VersionsEach - 1));
            await KeepAsync(transaction, projects[index].Coordinate, Repository(shape.HomeOf(numbers[index])), newest[index]);
        }

        return true;
    }

    /// <summary>What the first repository has kept of a package, as a reference to the same bytes.</summary>
    private async Task KeepAsync(
        ChangeTransaction transaction, PackageCoordinate coordinate, RepositorySnapshot home, IReadOnlyList<(NewVersion Version, DateTimeOffset At)> versions)
    {
        if (versions is not [.., var last])
        {
            return;
        }

        var head = Repository(0);
        var package = PackageWriter.AddKept(transaction, head, coordinate);
        foreach (var (version, at) in versions)
        {
            await PackageWriter.AddVersionAsync(transaction, head, package, version, new VersionOrigin(home.Name, null), at, isListed: false);
        }

        await PackageWriter.SetTagAsync(transaction, package, Latest, last.Version.Version);
    }

    private RepositorySnapshot Repository(int place) => domain.Repository($"repo-{place}")!;

    /// <summary>One version a minute until now, so that times have the order of ids. The log says when they were written.</summary>
    private DateTimeOffset PublishedAt(ChangeTransaction transaction, int first, int round, int index)
    {
        var width = Math.Min(Window, shape.Packages - first);
        var number = ((long)first * shape.VersionsEach) + ((long)round * width) + index;
        return transaction.Now.AddMinutes(number - ((double)shape.Packages * shape.VersionsEach));
    }
}
