using System.Collections.Concurrent;
using System.Globalization;
using Granary.Core;
using Granary.Core.Assets;
using Granary.Core.Collection;
using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Collection;

/// <summary>Publishes of the very bytes that are collected at the same instant: none that was acknowledged is lost, and nothing stays behind.</summary>
public abstract class CollectionRaceContract(Engine engine) : WorldContract(engine)
{
    private const string Bytes = "the same bytes";

    // Where a collector is stopped while the others go on.
    public static TheoryData<string, string> Stops
    {
        get
        {
            string[] places = ["nowhere", "before the deletion", "after the deletion"];
            return [.. places.SelectMany(_ => places, (first, second) => (first, second))];
        }
    }

    private Yard yard = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        yard = await Yard.CreateAsync(World);
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await yard.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <summary>
    /// Two publishers have stored their bytes and not committed; two collectors are stopped at a place each, whatever the lease says; the
    /// publishers commit, one before and one after a collector goes on, however late that is.
    /// </summary>
    [Theory]
    [MemberData(nameof(Stops))]
    public async Task Whatever_a_collector_does_late_meets_no_bytes_that_were_published_since(string first, string second)
    {
        await yard.PublishAsync("0", Bytes);
        await yard.DeleteAsync("0");
        var (one, other) = (new Stopped(yard.Files, first), new Stopped(yard.Files, second));
        Task[] collecting = [];

        await yard.PublishAsync("1", Bytes, Once(async () => await yard.PublishAsync("2", Bytes, Once(async () =>
        {
            // Both publishers have stored now.
            collecting = [await BeginAsync(one)];
            collecting = [.. collecting, await BeginAsync(other)];
        }))));
        Assert.Equal(Bytes, await yard.ReadAsync(Bytes));

        one.GoOn();
        await EndAsync(collecting[0]);
        Assert.Equal(Bytes, await yard.ReadAsync(Bytes));
        await yard.DeleteAsync("1", "2");
        await yard.CollectAsync();
        Assert.Null(await yard.ReadAsync(Bytes));
        await yard.PublishAsync("3", Bytes);
        other.GoOn();
        await EndAsync(collecting[1]);

        Assert.Equal(Bytes, await yard.ReadAsync(Bytes));
        await yard.CollectAsync();
        await yard.CollectAsync();
        Assert.Equal(Bytes, await yard.ReadAsync(Bytes));
        Assert.Single((await yard.StoredAsync()).Keys);
    }

    [Fact]
    public async Task A_publish_that_was_given_up_before_it_committed_stores_its_bytes_again()
    {
        // Nobody has ever named them: what is collected here is the stray key of the publish itself.
        await yard.PublishAsync("1", Bytes, Once(() => yard.CollectAsync()));

        Assert.Equal(Bytes, await yard.ReadAsync(Bytes));
        await using var db = World.Database.Open();
        Assert.Equal(1, (await db.Assets.SingleAsync(TestContext.Current.CancellationToken)).Generation);
    }

    [Fact]
    public async Task Random_publishes_and_deletions_of_the_same_bytes_against_collectors_lose_nothing()
    {
        var nodes = Enumerable.Range(1, World.Database.Engine is Engine.PostgreSql ? 2 : 0).Select(_ => World.Join()).ToList();
        Yard[] yards = [yard, .. nodes.Select(yard.Join)];
        var rounds = int.Parse(Environment.GetEnvironmentVariable("GRANARY_COLLECTION_ROUNDS") ?? "300", CultureInfo.InvariantCulture);
        const int Publishers = 6;
        const int Contents = 3;
        var (lost, done, again) = (new ConcurrentBag<string>(), 0, 0);
        using var stop = new CancellationTokenSource();

        async Task PublishAsync(int publisher)
        {
            // Read through another node than it was published by.
            var (yard, other) = (yards[publisher % yards.Length], yards[(publisher + 1) % yards.Length]);
            var random = new Random(publisher);
            while (Interlocked.Increment(ref done) <= rounds)
            {
                var (version, content) = ($"{publisher}", $"bytes {random.Next(Contents)}");
                var attempts = 0;
                await yard.PublishAsync(version, content, () => ++attempts > 1 || random.Next(4) > 0 ? Task.CompletedTask : Task.Delay(random.Next(5), CancellationToken.None));
                Interlocked.Add(ref again, attempts - 1);
                if (await other.ReadAsync(content) != content)
                {
                    lost.Add($"{version}: {content}");
                }

                if (random.Next(3) == 0)
                {
                    // Time for a collector to come by.
                    await Task.Delay(random.Next(3), CancellationToken.None);
                    if (await other.ReadAsync(content) != content)
                    {
                        lost.Add($"{version}, later: {content}");
                    }
                }

                await yard.DeleteAsync(version);
            }
        }

        async Task<int> CollectAsync(int collector)
        {
            var (yard, random, removed) = (yards[collector % yards.Length], new Random(-collector), 0);
            var storage = new HookedStorage(yard.Files)
            {
                // The lease is no part of the proof: it is taken away while its holder is in the middle of a deletion.
                BeforeDelete = async _ =>
                {
                    if (random.Next(3) == 0)
                    {
                        await ExpireAsync();
                        await Task.Delay(random.Next(8), CancellationToken.None);
                    }
                },
            };
            while (!stop.IsCancellationRequested)
            {
                removed += await RunAsync(yard.Collector(TimeSpan.Zero, storage: storage));
            }

            return removed;
        }

        Task<int>[] collectors = [.. Enumerable.Range(1, Math.Max(2, yards.Length)).Select(c => Task.Run(() => CollectAsync(c)))];
        await Task.WhenAll(Enumerable.Range(0, Publishers).Select(p => Task.Run(() => PublishAsync(p))));
        await stop.CancelAsync();
        var removals = (await Task.WhenAll(collectors)).Sum();

        Assert.Empty(lost);
        Assert.True(removals > rounds / 100, $"Only {removals} keys were removed in {rounds} rounds.");
        TestContext.Current.SendDiagnosticMessage($"{rounds} rounds, {removals} keys removed, {again} publishes stored again.");
        await yard.PublishAsync("last", "bytes 0");
        await yard.CollectAsync();
        await yard.CollectAsync();
        Assert.Single((await yard.StoredAsync()).Keys);
        Assert.Equal("bytes 0", await yard.ReadAsync("bytes 0"));
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }
    }

    private static Func<Task> Once(Func<Task> work)
    {
        var isDone = false;
        return () =>
        {
            (var before, isDone) = (isDone, true);
            return before ? Task.CompletedTask : work();
        };
    }

    /// <summary>A collector that is on its way, as far as it goes; the lease is not in the way of the next.</summary>
    private async Task<Task> BeginAsync(Stopped stopped)
    {
        var collecting = yard.Collector(TimeSpan.Zero, storage: stopped.Storage).RunAsync(onlyWhenDue: false, CancellationToken.None);
        await Task.WhenAny(collecting, stopped.Reached);
        await ExpireAsync();
        return collecting;
    }

    private static Task EndAsync(Task collecting) => collecting.ContinueWith(
        ended => Assert.True(ended.Exception?.InnerException is null or Refusal { Kind: RefusalKind.Unavailable }, $"{ended.Exception}"), TaskScheduler.Default);

    private static async Task<int> RunAsync(Collector collector)
    {
        try
        {
            return (int?)(await collector.RunAsync(onlyWhenDue: false, CancellationToken.None))?.Removed ?? 0;
        }
        catch (Refusal refusal) when (refusal.Kind is RefusalKind.Unavailable)
        {
            return 0; // Another one goes on.
        }
    }

    private async Task ExpireAsync()
    {
        await World.Log.WriteServerAsync(db => db.Database.ExecuteSqlAsync($"UPDATE job_leases SET expires_at = 0"), CancellationToken.None);
    }

    private sealed class Stopped
    {
        private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Stopped(IAssetStorage files, string place)
        {
            Storage = new HookedStorage(files);
            switch (place)
            {
                case "before the deletion":
                    Storage.BeforeDelete = StopAsync;
                    break;
                case "after the deletion":
                    Storage.AfterDelete = StopAsync;
                    break;
                default:
                    goOn.SetResult();
                    break;
            }
        }

        public HookedStorage Storage { get; }

        public Task Reached => reached.Task;

        public void GoOn() => goOn.TrySetResult();

        private Task StopAsync(string key)
        {
            reached.TrySetResult();
            return goOn.Task;
        }
    }
}

public sealed class CollectionRaceOnSqliteTests() : CollectionRaceContract(Engine.Sqlite);

public sealed class CollectionRaceOnPostgreSqlTests() : CollectionRaceContract(Engine.PostgreSql);
