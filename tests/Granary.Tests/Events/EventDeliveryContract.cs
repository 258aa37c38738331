using System.Collections.Concurrent;
using Granary.Core.Database;
using Granary.Core.Events.Buses;
using Granary.Core.Events.Delivery;
using Granary.Core.Packages;
using Granary.Core.Repositories;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Events;

public sealed class EventDeliveryOnSqliteTests() : EventDeliveryContract(Engine.Sqlite);

public sealed class EventDeliveryOnPostgreSqlTests() : EventDeliveryContract(Engine.PostgreSql);

/// <summary>From a change to the targets of rules: everything arrives, nothing is made up, and packages keep their order.</summary>
public abstract class EventDeliveryContract(Engine engine) : WorldContract(engine)
{
    private const string Everything = """{"source":["aws.codeartifact"]}""";
    private const int Packages = 8;
    private const int Versions = 25;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_change_reaches_every_target_once_and_in_the_order_of_its_package()
    {
        var repository = await OpenAsync("a", "b");
        await using var office = new PostOffice(World);

        await PublishAsync(repository);

        await PostOffice.UntilAsync(() => Task.FromResult(office.Taken.Count >= 2 * Packages * Versions), "Not all of it has arrived.");
        await PostOffice.UntilAsync(() => PostOffice.IsEmptyAsync(World.Database), "Something waits still.");
        foreach (var target in office.Taken.GroupBy(d => d.Target))
        {
            await DemandWholeAsync(repository.DomainId, [.. target]);
        }
    }

    [Fact]
    public async Task A_target_that_hangs_or_fails_delays_no_other_and_a_package_that_fails_none()
    {
        var repository = await OpenAsync("hangs", "fails", "poisoned", "well");
        await using var office = new PostOffice(World, async (delivery, cancellation) =>
        {
            switch (delivery.Target)
            {
                case "hangs":
                    await Task.Delay(Timeout.Infinite, cancellation);
                    return SendOutcome.Delivered;
                case "fails":
                    return SendOutcome.Retry(SendCodes.ErrorFromTarget, "500");
                case "poisoned" when delivery.OrderKey.EndsWith("/p0", StringComparison.Ordinal):
                    return SendOutcome.Retry(SendCodes.ErrorFromTarget, "500");
                default:
                    return SendOutcome.Delivered;
            }
        });

        await PublishAsync(repository);

        await PostOffice.UntilAsync(() => Task.FromResult(office.Taken.Count(d => d.Target == "well") == Packages * Versions), "A target waits for others.");
        await PostOffice.UntilAsync(
            () => Task.FromResult(office.Taken.Count(d => d.Target == "poisoned") == (Packages - 1) * Versions), "A package waits for another one.");
        await PostOffice.UntilAsync(
            () => PostOffice.CountAsync(World.Database, (2 * Packages * Versions) + Versions), "Something went that nobody took.");
        Assert.DoesNotContain(office.Taken, d => d.Target is "hangs" or "fails");
    }

    [Fact]
    public async Task What_waits_is_delivered_after_a_restart_in_its_order()
    {
        var repository = await OpenAsync("a");
        var taken = new ConcurrentQueue<EventDelivery>();
        var count = 0;
        // Three nodes in a row; each stops in the middle, with some of what was taken not written down.
        for (var node = 0; node < 3; node++)
        {
            await using var office = new PostOffice(World, async (delivery, cancellation) =>
            {
                await Task.Delay(Random.Shared.Next(3), CancellationToken.None);
                taken.Enqueue(delivery);
                return Interlocked.Increment(ref count) % 7 == 0 ? SendOutcome.Retry(SendCodes.ErrorFromTarget, "503") : SendOutcome.Delivered;
            });
            if (node == 0)
            {
                await PublishAsync(repository);
            }

            if (node < 2)
            {
                await PostOffice.UntilAsync(() => Task.FromResult(count >= (node + 1) * 50), "Nothing is delivered.");
                await office.StopAsync();
            }
            else
            {
                await PostOffice.UntilAsync(() => PostOffice.IsEmptyAsync(World.Database), "Something waits still.");
                await PostOffice.UntilAsync(async () => await LastReachedAsync(repository), "Not all changes have been looked at.");
                await PostOffice.UntilAsync(() => PostOffice.IsEmptyAsync(World.Database), "Something waits still.");
            }
        }

        // Of what was sent twice the last counts: whoever takes an event again has to be able to know it by its id.
        await DemandWholeAsync(repository.DomainId, [.. taken.Reverse().DistinctBy(Sequence).Reverse()]);
    }

    [Fact]
    public async Task Two_nodes_that_both_believe_it_is_their_turn_write_each_event_once()
    {
        var repository = await OpenAsync("a");
        await PublishAsync(repository);
        EventTurn Turn() => PostOffice.Turn(World);
        await using var one = Turn();
        await using var other = Turn();
        await one.StartAsync(Token);
        await other.StartAsync(Token);

        async Task RunAsync(EventTurn turn)
        {
            try
            {
                while (await turn.RoundAsync(Token))
                {
                }
            }
            catch (Exception failure) when (failure is LostTurnException or DbUpdateException)
            {
                // As it should be: the other one has done it.
            }
        }

        await Task.WhenAll(RunAsync(one), RunAsync(other));

        await using var db = World.Database.Open();
        var waiting = await db.EventDeliveries.AsNoTracking().OrderBy(d => d.Id).ToListAsync(Token);
        await DemandWholeAsync(repository.DomainId, waiting);
    }

    [Fact]
    public async Task What_a_target_does_not_take_is_kept_and_sent_again_when_somebody_asks()
    {
        var repository = await OpenAsync("a", "b");
        var isUp = false;
        await using var office = new PostOffice(
            World, (delivery, _) => Task.FromResult(delivery.Target == "b" || isUp ? SendOutcome.Delivered : SendOutcome.Retry(SendCodes.ErrorFromTarget, "500")), new RetryPolicy(0, TimeSpan.FromHours(1)));
        await World.PublishAsync(repository, new PackageCoordinate("fruit", "", "pear"), "1.0");
        await World.PublishAsync(repository, new PackageCoordinate("fruit", "", "pear"), "1.1");

        await PostOffice.UntilAsync(() => Task.FromResult(office.Dead.Count == 2), "They are still tried.");
        await PostOffice.UntilAsync(() => PostOffice.IsEmptyAsync(World.Database), "Something waits still.");
        var letters = new DeadLetters(World.Database);
        Assert.Equal((0, 2), Assert.Single(await letters.FiguresAsync(Token)) is var figures ? (figures.Waiting, figures.Dead) : default);
        Assert.All(await letters.ListAsync(new DeadLetterFilter(null, null, null), 10, Token), l => Assert.Equal("500", l.Reason));
        Assert.Equal(0, await letters.RedriveAsync(new DeadLetterFilter(null, null, "b"), Token));

        isUp = true;
        Assert.Equal(2, await letters.RedriveAsync(new DeadLetterFilter(World.Owner, "rebuild", "a"), Token));
        World.Log.Signal.Pulse();

        await PostOffice.UntilAsync(() => Task.FromResult(office.Taken.Count(d => d.Target == "a") == 2), "They are not sent again.");
        Assert.Equal(["1.0", "1.1"], office.Taken.Where(d => d.Target == "a").Select(d => PostOffice.Detail(d).GetProperty("packageVersion").GetString()));
        await PostOffice.UntilAsync(async () => (await letters.FiguresAsync(Token)).Count == 0, "The letters are still there.");
    }

    [Fact]
    public async Task Only_what_a_rule_asks_for_is_sent()
    {
        var repository = await OpenAsync("""{"detail":{"state":["Published"],"package-format":["fruit"],"packageName":[{"prefix":"pe"}]}}""", ["a"]);
        await using var office = new PostOffice(World);

        await World.PublishAsync(repository, new PackageCoordinate("fruit", "", "apple"), "1.0");
        await World.PublishAsync(repository, new PackageCoordinate("stone", "", "pebble"), "1.0");
        await World.PublishAsync(repository, new PackageCoordinate("fruit", "orchard", "pear"), "1.0");

        await PostOffice.UntilAsync(() => Task.FromResult(office.Taken.Count == 1), "It is not sent.");
        await PostOffice.UntilAsync(() => LastReachedAsync(repository), "Not all changes have been looked at.");
        Assert.Equal("pear", PostOffice.Detail(Assert.Single(office.Taken)).GetProperty("packageName").GetString());
    }

    [Fact]
    public async Task The_last_events_of_a_domain_come_after_it_is_gone()
    {
        var repository = await OpenAsync("a");
        await World.PublishAsync(repository, new PackageCoordinate("fruit", "", "pear"), "1.0");
        await new RepositoryStore(World.Database, World.Log, new Granary.Core.Quotas()).DeleteAsync(repository, World.Actor, Token);
        await new Granary.Core.Domains.DomainStore(World.Database, World.Log, new Granary.Core.Quotas(), TimeProvider.System).DeleteAsync(repository.DomainId, World.Actor, Token);

        await using var office = new PostOffice(World);

        await PostOffice.UntilAsync(() => Task.FromResult(office.Taken.Count == 2), "They are not sent.");
        Assert.Equal(["Created", "Deleted"], office.Taken.Select(d => PostOffice.Detail(d).GetProperty("operationType").GetString()));
        await PostOffice.UntilAsync(
            async () =>
            {
                await using var db = World.Database.Open();
                return !await db.EventCursors.AnyAsync(Token);
            },
            "The domain is still followed.");
    }

    [Fact]
    public async Task An_archive_is_replayed_to_the_rules_that_are_named()
    {
        var repository = await OpenAsync("a");
        await World.Log.WriteAccountAsync(
            World.Owner,
            World.Actor,
            db =>
            {
                db.EventArchives.Add(new EventArchive
                {
                    AccountId = World.Owner, Name = "all", Id = "1", Bus = EventBus.Default, RetentionDays = 0, State = EventArchive.Enabled, CreatedAt = DateTimeOffset.UnixEpoch,
                });
                return Task.FromResult(true);
            },
            Token);
        await using var office = new PostOffice(World);
        await PublishAsync(repository);
        await PostOffice.UntilAsync(() => Task.FromResult(office.Taken.Count == Packages * Versions), "Not all of it has arrived.");
        office.Taken.Clear();

        await ReplayAsync("nobody", "arn:aws:events:eu-central-1:123456789012:rule/other");
        await PostOffice.UntilAsync(() => HasEndedAsync("nobody"), "The replay does not end.");
        await ReplayAsync("again", "arn:aws:events:eu-central-1:123456789012:rule/rebuild");
        await PostOffice.UntilAsync(() => HasEndedAsync("again"), "The replay does not end.");
        await PostOffice.UntilAsync(() => Task.FromResult(office.Taken.Count == Packages * Versions), "Not all of it has arrived again.");

        await DemandWholeAsync(repository.DomainId, [.. office.Taken]);
        Assert.All(office.Taken, d => Assert.Contains("\"replay-name\":\"again\"", d.Event, StringComparison.Ordinal));
        await using var db = World.Database.Open();
        // A replay is not archived again.
        Assert.Equal(Packages * Versions, await db.EventArchives.Select(a => a.EventCount).SingleAsync(Token));
    }

    private Task<RepositorySnapshot> OpenAsync(params string[] targets) => OpenAsync(Everything, targets);

    private async Task<RepositorySnapshot> OpenAsync(string pattern, string[] targets)
    {
        await PostOffice.OpenAsync(World, pattern, targets);
        return await World.CreateRepositoryAsync(await World.CreateDomainAsync(), "apples");
    }

    private Task PublishAsync(RepositorySnapshot repository) => Task.WhenAll(Enumerable.Range(0, Packages).Select(async package =>
    {
        for (var version = 0; version < Versions; version++)
        {
            await World.PublishAsync(repository, new PackageCoordinate("fruit", "", $"p{package}"), $"1.{version}");
        }
    }));

    private Task<bool> ReplayAsync(string name, string rule) => World.Log.WriteAccountAsync(
        World.Owner,
        World.Actor,
        db =>
        {
            db.EventReplays.Add(new EventReplay
            {
                AccountId = World.Owner,
                Name = name,
                Id = name,
                Archive = "all",
                ArchiveId = "1",
                Bus = EventBus.Default,
                FilterArns = rule,
                State = EventReplay.Starting,
                From = DateTimeOffset.UnixEpoch,
                To = DateTimeOffset.MaxValue.AddYears(-1),
                StartedAt = DateTimeOffset.UnixEpoch,
            });
            return Task.FromResult(true);
        },
        Token);

    private async Task<bool> HasEndedAsync(string replay)
    {
        await using var db = World.Database.Open();
        return await db.EventReplays.AnyAsync(r => r.Name == replay && r.State == EventReplay.Completed, Token);
    }

    private async Task<bool> LastReachedAsync(RepositorySnapshot repository)
    {
        await using var db = World.Database.Open();
        var last = await db.Changes.Where(c => c.DomainId == repository.DomainId && c.Package != null).MaxAsync(c => c.Sequence, Token);
        return await db.EventCursors.AnyAsync(c => c.DomainId == repository.DomainId && c.Reached >= last, Token)
            // Where the last ones matter to nobody, how far it has come is written later.
            || !await db.EventDeliveries.AnyAsync(Token);
    }

    /// <summary>Each change of a version once, none besides, and those of a package in the order of the log.</summary>
    private async Task DemandWholeAsync(long domain, IReadOnlyList<EventDelivery> deliveries)
    {
        var expected = (await World.ChangesAsync(domain)).Where(PackageEvent.IsOf).Select(c => c.Sequence).ToList();
        Assert.Equal(expected, deliveries.Select(Sequence).Order());
        foreach (var package in deliveries.GroupBy(d => d.OrderKey))
        {
            Assert.Equal(package.Select(Sequence).Order(), package.Select(Sequence));
        }
    }

    private static long Sequence(EventDelivery delivery) => PostOffice.Detail(delivery).GetProperty("sequenceNumber").GetInt64();
}
