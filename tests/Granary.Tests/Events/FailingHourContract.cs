using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Core.Database;
using Granary.Core.Events.Delivery;
using Granary.Tests.Aws.EventBridge;
using Granary.Tests.Events.Targets;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Events;

public sealed class FailingHourOnSqliteTests() : FailingHourContract(Engine.Sqlite);

public sealed class FailingHourOnPostgreSqlTests() : FailingHourContract(Engine.PostgreSql);

/// <summary>Targets that answer 500 for as long as the clock says, asked over HTTP by the server itself.</summary>
public abstract class FailingHourContract(Engine engine)
{
    private const int Packages = 3;
    private const int Versions = 4;
    private const int All = Packages * Versions;

    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);
    private static readonly string Queue = EventCaller.Arn("gone").Replace(":events:", ":sqs:", StringComparison.Ordinal);

    [Fact]
    public async Task After_an_hour_of_500_a_target_gets_everything_once_and_in_order_and_was_not_asked_all_the_time()
    {
        var status = 500;
        await using var failing = await Hook.StartAsync(() => Volatile.Read(ref status));
        await using var well = await Hook.StartAsync();
        await using var queue = await Receiver.StartAsync();
        await using var host = await EventHost.StartAsync(engine, queue.Address);
        await host.PutTargetAsync("rebuild", "failing", failing.Address, DeadLetterConfig);
        await host.PutTargetAsync("rebuild", "well", well.Address);
        await host.PublishAsync(Packages, Versions);
        var began = host.Now;
        await host.UntilAsync(() => well.Taken.Count == All && failing.Offered.Count >= Packages, "A target waits for another one.");
        well.DemandWhole(All);
        Assert.InRange(host.Now - began, TimeSpan.Zero, TimeSpan.FromMinutes(1));

        while (host.Now < began + TimeSpan.FromHours(1))
        {
            await host.StepAsync(Step);
        }

        // Of each package the first version only, and that no more often than the pauses allow: together a few dozen requests in an hour.
        var tries = failing.Offered.GroupBy(Hook.Id).Select(g => g.Count()).ToList();
        Assert.Equal(Packages, tries.Count);
        Assert.All(tries, count => Assert.InRange(count, Tries(1, Step + Step), Tries(0.5, TimeSpan.Zero)));
        Assert.Equal(All, well.Offered.Count);

        Volatile.Write(ref status, 200);
        var ended = host.Now;
        while (failing.Taken.Select(Hook.Package).Distinct().Count() < Packages)
        {
            Assert.InRange(host.Now - ended, TimeSpan.Zero, RetryPolicy.LongestPause + Step + Step);
            await host.StepAsync(Step);
        }

        await host.UntilAsync(() => failing.Taken.Count >= All, "Not all of it has arrived.");
        await host.UntilAsync(async db => !await db.EventDeliveries.AnyAsync(), "Something waits still.");
        failing.DemandWhole(All);
        Assert.Empty(await host.DeadLetters.FiguresAsync(TestContext.Current.CancellationToken));
        Assert.Empty(queue.Requests);
    }

    [Fact]
    public async Task What_a_policy_gives_up_is_in_the_dead_letter_queue_with_the_reason_and_comes_back_when_somebody_asks()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var isUp = false;
        await using var failing = await Hook.StartAsync(() => Volatile.Read(ref isUp) ? 200 : 500);
        await using var refusing = await Hook.StartAsync(() => 403);
        await using var well = await Hook.StartAsync();
        await using var queue = await Receiver.StartAsync();
        await using var host = await EventHost.StartAsync(engine, queue.Address);
        await host.PutTargetAsync("rebuild", "short", failing.Address, DeadLetterConfig, ("RetryPolicy", new JsonObject { ["MaximumEventAgeInSeconds"] = 60 }));
        await host.PutTargetAsync("rebuild", "few", failing.Address, DeadLetterConfig, ("RetryPolicy", new JsonObject { ["MaximumRetryAttempts"] = 2 }));
        await host.PutTargetAsync("rebuild", "refusing", refusing.Address, DeadLetterConfig);
        await host.PutTargetAsync("rebuild", "well", well.Address);
        await host.PublishAsync(Packages, Versions);
        await host.UntilAsync(() => well.Taken.Count == All, "A target waits for others.");

        var began = host.Now;
        while (!await IsOverAsync(host))
        {
            Assert.InRange(host.Now - began, TimeSpan.Zero, TimeSpan.FromHours(1));
            await host.StepAsync(TimeSpan.FromSeconds(1));
        }

        var letters = queue.Requests.Select(r => (Body: JsonNode.Parse(JsonNode.Parse(r.Body)!["MessageBody"]!.GetValue<string>())!, Attributes: Attributes(r))).ToList();
        Assert.Equal(3 * All, letters.Count);
        Assert.All(letters, l => Assert.Equal(EventCaller.Arn("rule/rebuild"), l.Attributes["RULE_ARN"]));
        foreach (var target in letters.GroupBy(l => l.Attributes["TARGET_ARN"].Split('/')[1]))
        {
            Assert.Equal(All, target.Select(l => (string)l.Body["id"]!).Distinct().Count());
            var attributes = target.Select(l => l.Attributes).ToList();
            Assert.All(attributes, a => Assert.Equal("ERROR_FROM_TARGET", a["ERROR_CODE"]));
            Assert.All(attributes, a => Assert.Equal(target.Key == "refusing" ? "127.0.0.1 answered 403." : "127.0.0.1 answered 500.", a["ERROR_MESSAGE"]));
            switch (target.Key)
            {
                case "few":
                    Assert.All(attributes, a => Assert.Equal(("2", "MaximumRetryAttempts"), (a["RETRY_ATTEMPTS"], a["EXHAUSTED_RETRY_CONDITION"])));
                    break;
                case "short":
                    Assert.All(attributes, a => Assert.Equal("MaximumEventAgeInSeconds", a["EXHAUSTED_RETRY_CONDITION"]));
                    // The first of each package, which the others wait for.
                    Assert.Equal(Packages, attributes.Count(a => a["RETRY_ATTEMPTS"] != "0"));
                    break;
                default:
                    Assert.All(attributes, a => Assert.Equal("0", a["RETRY_ATTEMPTS"]));
                    Assert.All(attributes, a => Assert.DoesNotContain("EXHAUSTED_RETRY_CONDITION", a.Keys));
                    Assert.Equal(All, refusing.Offered.Count);
                    break;
            }
        }

        Volatile.Write(ref isUp, true);
        Assert.Equal(All, await host.DeadLetters.RedriveAsync(new DeadLetterFilter(null, "rebuild", "few"), cancellation));
        await host.UntilAsync(() => failing.Taken.Count >= All, "They are not sent again.");
        await host.UntilAsync(async db => !await db.EventDeliveries.AnyAsync(), "Something waits still.");
        failing.DemandWhole(All);
        Assert.Equal(
            [("refusing", 0, All), ("short", 0, All)],
            (await host.DeadLetters.FiguresAsync(cancellation)).Select(f => (f.Target.Target, f.Waiting, f.Dead)));
        Assert.Equal(3 * All, queue.Requests.Count);
    }

    private static (string, JsonNode) DeadLetterConfig => ("DeadLetterConfig", new JsonObject { ["Arn"] = Queue });

    private static async Task<bool> IsOverAsync(EventHost host)
    {
        var figures = await host.DeadLetters.FiguresAsync(TestContext.Current.CancellationToken);
        return figures.Sum(f => f.Dead) == 3 * All && figures.All(f => f.Waiting == 0);
    }

    private static Dictionary<string, string> Attributes(Received message) => JsonElement.Parse(message.Body).GetProperty("MessageAttributes").EnumerateObject()
        .ToDictionary(a => a.Name, a => a.Value.GetProperty("StringValue").GetString()!);

    /// <summary>How often one event is offered in an hour where each pause is this share of what it may be at most, and is ended so much too late.</summary>
    private static int Tries(double share, TimeSpan late)
    {
        var (tries, at, pause) = (0, TimeSpan.Zero, RetryPolicy.FirstPause);
        while (at <= TimeSpan.FromHours(1))
        {
            tries++;
            at += (pause * share) + late;
            pause = pause * 2 < RetryPolicy.LongestPause ? pause * 2 : RetryPolicy.LongestPause;
        }

        return tries;
    }
}
