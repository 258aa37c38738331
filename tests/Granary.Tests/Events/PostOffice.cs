using System.Collections.Concurrent;
using System.Text.Json;
using Granary.Core.Access;
using Granary.Core.Access.Identities;
using Granary.Core.Database;
using Granary.Core.Events.Buses;
using Granary.Core.Events.Delivery;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Tests.Events;

/// <summary>A node that delivers events to targets of the test's own, in place of the network.</summary>
internal sealed class PostOffice : IAsyncDisposable
{
    private static readonly ResourceArns Arns = new("eu-central-1");

    private readonly CancellationTokenSource stop = new();
    private readonly Func<EventDelivery, CancellationToken, Task<SendOutcome>> take;
    private readonly Task run;

    public PostOffice(World world, Func<EventDelivery, CancellationToken, Task<SendOutcome>>? take = null, RetryPolicy? policy = null)
    {
        this.take = take ?? ((_, _) => Task.FromResult(SendOutcome.Delivered));
        var senders = new EventSenders(
            SendAsync,
            (delivery, last, _, _) =>
            {
                Dead.Enqueue((delivery, last.Reason!));
                return Task.FromResult<string?>(null);
            },
            (_, _) => Task.FromResult(policy ?? RetryPolicy.Default));
        var pump = new EventPump(world.Database, world.Log, Rules(world), Arns, senders, TimeProvider.System, NullLogger<EventPump>.Instance);
        run = Task.Run(() => pump.RunAsync(stop.Token));
    }

    /// <summary>What was taken, in the order in which it was.</summary>
    public ConcurrentQueue<EventDelivery> Taken { get; } = new();

    public ConcurrentQueue<(EventDelivery Delivery, string Reason)> Dead { get; } = new();

    public async Task StopAsync()
    {
        if (!stop.IsCancellationRequested)
        {
            await stop.CancelAsync();
            await run;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        stop.Dispose();
    }

    /// <summary>A turn of a node whose targets take nothing.</summary>
    public static EventTurn Turn(World world)
    {
        static async Task<SendOutcome> HangAsync(CancellationToken cancellation)
        {
            await Task.Delay(Timeout.Infinite, cancellation);
            return SendOutcome.Delivered;
        }

        var senders = new EventSenders(
            (_, cancellation) => HangAsync(cancellation), (_, _, _, _) => Task.FromResult<string?>(null), (_, _) => Task.FromResult(RetryPolicy.Default));
        return new EventTurn(world.Database, world.Log, Rules(world), Arns, senders, TimeProvider.System, NullLogger.Instance);
    }

    /// <summary>An account, and a rule of its default bus with a target of each id.</summary>
    public static async Task OpenAsync(World world, string pattern, params string[] targets)
    {
        await world.Log.WriteServerAsync(
            async db =>
            {
                if (!await db.Accounts.AnyAsync(a => a.Id == World.Owner))
                {
                    NewAccount.Add(db, World.Owner, "AIDATESTER", "tester", DateTimeOffset.UnixEpoch);
                    await db.SaveChangesAsync();
                }
            },
            CancellationToken.None);
        var rule = new RuleName(World.Owner, EventBus.Default, "rebuild");
        await new EventRuleStore(world.Database, world.Log, new Granary.Core.Quotas(), TimeProvider.System).PutAsync(
            rule, new RuleContent(EventRule.Enabled, pattern, null, null), new Dictionary<string, string>(), World.Actor, CancellationToken.None);
        await new EventTargetStore(world.Database, world.Log, new Granary.Core.Quotas()).PutAsync(
            rule,
            [.. targets.Select(id => new EventTarget
            {
                AccountId = World.Owner,
                Bus = EventBus.Default,
                Rule = "rebuild",
                Id = id,
                Arn = $"arn:aws:sqs:eu-central-1:{World.Owner}:{id}",
                Settings = "{}",
            })],
            World.Actor,
            CancellationToken.None);
    }

    /// <summary>Waits until it is so.</summary>
    public static async Task UntilAsync(Func<Task<bool>> isSo, string otherwise)
    {
        var deadline = TimeProvider.System.GetUtcNow().AddSeconds(60);
        while (!await isSo())
        {
            Assert.True(TimeProvider.System.GetUtcNow() < deadline, otherwise);
            await Task.Delay(20);
        }
    }

    public static Task<bool> IsEmptyAsync(GranaryDatabase database) => CountAsync(database, 0);

    public static async Task<bool> CountAsync(GranaryDatabase database, int waiting)
    {
        await using var db = database.Open();
        return await db.EventDeliveries.CountAsync() == waiting;
    }

    public static JsonElement Detail(EventDelivery delivery) => JsonElement.Parse(delivery.Event).GetProperty("detail");

    private static EventRules Rules(World world) => new(world.Database, world.Revisions);

    private async Task<SendOutcome> SendAsync(EventDelivery delivery, CancellationToken cancellation)
    {
        var outcome = await take(delivery, cancellation);
        if (outcome.Result is SendResult.Delivered)
        {
            Taken.Enqueue(delivery);
        }

        return outcome;
    }
}
