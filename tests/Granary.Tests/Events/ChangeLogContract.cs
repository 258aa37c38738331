using Granary.Core;
using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Events;
using Granary.Core.Packages;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Events;

public abstract class ChangeLogContract(Engine engine) : WorldContract(engine)
{
    private const int Writers = 64;

    [Fact]
    public async Task Hands_out_every_number_once_to_concurrent_writers()
    {
        var domain = await World.CreateDomainAsync();
        var repository = await World.CreateRepositoryAsync(domain, "apples");
        var start = await World.SequenceAsync(domain.Id);

        var ids = await Task.WhenAll(Enumerable.Range(0, Writers).Select(n => World.WriteAsync(domain, async transaction =>
        {
            var coordinate = new PackageCoordinate("fruit", "", $"p{n % 8}");
            var package = await PackageWriter.FindAsync(transaction, repository, coordinate);
            var fresh = package is null;
            package ??= PackageWriter.Add(transaction, repository, coordinate, true, true);
            var version = await PackageWriter.AddVersionAsync(
                transaction, repository, package, new NewVersion($"1.{n}", [1], null, null, []), new VersionOrigin("apples", null), transaction.Now);
            return fresh ? new[] { package.Id, version.Id } : [version.Id];
        })));

        var changes = await World.ChangesAsync(domain.Id, start);
        var end = await World.SequenceAsync(domain.Id);
        Assert.Equal(Writers, changes.Count);
        Assert.Equal(Enumerable.Range((int)start + 1, (int)(end - start)).Select(n => (long)n), ids.SelectMany(i => i).Concat(changes.Select(c => c.Sequence)).Order());
        Assert.Equal(end, changes[^1].Sequence);
    }

    [Fact]
    public async Task Keeps_every_version_of_one_package_that_concurrent_writers_publish()
    {
        var domain = await World.CreateDomainAsync();
        var repository = await World.CreateRepositoryAsync(domain, "apples");
        var coordinate = new PackageCoordinate("fruit", "", "pear");

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(n => World.PublishAsync(repository, coordinate, $"1.{n}", assets: "same-bytes")));

        var package = await World.Queries.FindAsync(repository, coordinate, CancellationToken.None);
        var versions = await World.Queries.ListVersionsAsync(package!, null, null, null, newestFirst: false, 1000, CancellationToken.None);
        Assert.Equal(Writers, versions.Count);
        await using var db = World.Database.Open();
        Assert.Equal(1, await db.Assets.CountAsync(TestContext.Current.CancellationToken));
        Assert.Equal(Writers, await db.VersionAssets.CountAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Lets_one_of_many_publish_the_same_version()
    {
        var domain = await World.CreateDomainAsync();
        var repository = await World.CreateRepositoryAsync(domain, "apples");
        var coordinate = new PackageCoordinate("fruit", "", "pear");

        var outcomes = await Task.WhenAll(Enumerable.Range(0, Writers).Select(n =>
            OutcomeAsync(World.PublishAsync(repository, coordinate, "1.0", assets: $"bytes-{n}"))));

        Assert.Single(outcomes, o => o is null);
        Assert.Equal(Writers - 1, outcomes.Count(o => o is Refusal { Kind: RefusalKind.Conflict }));
        await using var db = World.Database.Open();
        Assert.Equal(1, await db.VersionAssets.CountAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_refusal_leaves_nothing_and_spares_its_neighbours()
    {
        var domain = await World.CreateDomainAsync();
        var repository = await World.CreateRepositoryAsync(domain, "apples");
        var start = await World.SequenceAsync(domain.Id);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, Writers).Select(n => OutcomeAsync(World.WriteAsync(domain, async transaction =>
        {
            var package = PackageWriter.Add(transaction, repository, new PackageCoordinate("fruit", "", $"p{n}"), true, true);
            transaction.Record(repository, package, ChangeKind.PackageUpdated);
            if (n % 2 == 1)
            {
                await transaction.Db.SaveChangesAsync();
                throw Refusal.Validation("An odd one.");
            }

            return n;
        }))));

        Assert.Equal(Writers / 2, outcomes.Count(o => o is Refusal { Kind: RefusalKind.Validation }));
        Assert.Equal(Writers / 2, outcomes.Count(o => o is null));
        var packages = await World.Queries.ListAsync(repository, new PackageFilter(null, null, null, null, null), null, 1000, CancellationToken.None);
        Assert.Equal(Enumerable.Range(0, Writers).Where(n => n % 2 == 0).Select(n => $"p{n}").Order(StringComparer.Ordinal), packages.Select(p => p.Name));
        Assert.Equal(start + Writers, await World.SequenceAsync(domain.Id));
    }

    [Fact]
    public async Task A_bug_in_the_work_comes_out_as_it_is_and_leaves_nothing()
    {
        var domain = await World.CreateDomainAsync();
        var repository = await World.CreateRepositoryAsync(domain, "apples");
        var before = await World.SequenceAsync(domain.Id);

        await Assert.ThrowsAsync<FormatException>(() => World.WriteAsync<int>(domain, async transaction =>
        {
            PackageWriter.Add(transaction, repository, new PackageCoordinate("fruit", "", "pear"), true, true);
            await transaction.Db.SaveChangesAsync();
            throw new FormatException("A bug.");
        }));

        Assert.Equal(before, await World.SequenceAsync(domain.Id));
        Assert.Null(await World.Queries.FindAsync(repository, new PackageCoordinate("fruit", "", "pear"), CancellationToken.None));
    }

    [Fact]
    public async Task Shows_each_writer_a_stamp_that_includes_its_change_and_never_goes_back()
    {
        var domain = await World.CreateDomainAsync();
        var repository = await World.CreateRepositoryAsync(domain, "apples");
        using var done = new CancellationTokenSource();
        var watcher = Task.Run(async () =>
        {
            for (var last = -1L; !done.IsCancellationRequested;)
            {
                var now = (await World.Stamps.CurrentAsync(domain.Id, CancellationToken.None))!.Value.Sequence;
                Assert.True(now >= last, $"The stamp went from {last} back to {now}.");
                last = now;
            }
        }, CancellationToken.None);

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async n =>
        {
            var written = await World.WriteAsync(domain, transaction =>
            {
                var package = PackageWriter.Add(transaction, repository, new PackageCoordinate("fruit", "", $"p{n}"), true, true);
                transaction.Record(repository, package, ChangeKind.PackageUpdated);
                return Task.FromResult(transaction.Stamp.Sequence);
            });
            Assert.True((await World.Stamps.CurrentAsync(domain.Id, CancellationToken.None))!.Value.Sequence >= written);
        }));

        await done.CancelAsync();
        await watcher;
        Assert.Equal(await World.SequenceAsync(domain.Id), (await World.Stamps.CurrentAsync(domain.Id, CancellationToken.None))!.Value.Sequence);
    }

    [Fact]
    public async Task Refuses_to_write_into_a_domain_that_is_gone()
    {
        var domain = await World.CreateDomainAsync();
        await DeleteAsync(World, domain);

        var refusal = await Assert.ThrowsAsync<Refusal>(() => World.WriteAsync(domain, _ => Task.FromResult(0)));

        Assert.Equal(RefusalKind.NotFound, refusal.Kind);
    }

    [Fact]
    public async Task Does_not_run_what_was_cancelled_while_it_waited()
    {
        var domain = await World.CreateDomainAsync();
        var entered = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var first = World.WriteAsync(domain, async _ =>
        {
            entered.SetResult();
            await release.Task;
            return 0;
        });
        await Task.WhenAny(first, entered.Task);
        using var leaving = new CancellationTokenSource();
        var ran = false;
        var second = World.Log.WriteAsync(domain.Id, World.Actor, _ => Task.FromResult(ran = true), leaving.Token);

        await leaving.CancelAsync();
        release.SetResult();

        await first;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.False(ran);
    }

    [Fact]
    public async Task Writes_of_two_domains_do_not_share_numbers()
    {
        var one = await World.CreateDomainAsync("one");
        var two = await World.CreateDomainAsync("two");

        await Task.WhenAll(Enumerable.Range(0, 20).SelectMany(n => new[]
        {
            World.WriteAsync(one, t => Task.FromResult(t.NextId())),
            World.WriteAsync(two, t => Task.FromResult(t.NextId())),
        }));

        Assert.Equal(20, await World.SequenceAsync(one.Id));
        Assert.Equal(20, await World.SequenceAsync(two.Id));
    }

    internal static Task<int> DeleteAsync(World world, DomainSnapshot domain) =>
        world.WriteAsync(domain, async transaction =>
        {
            transaction.RecordConfiguration(ChangeKind.DomainUpdated);
            return await transaction.Db.Domains.Where(d => d.Id == domain.Id).ExecuteDeleteAsync();
        });

    /// <summary>What the task threw, or null.</summary>
    protected static async Task<Exception?> OutcomeAsync(Task task) => await Record.ExceptionAsync(() => task);
}
