using Granary.Core.Events.Buses;
using Granary.Core.Events.Delivery;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Tests.Events;

/// <summary>What follows from one attempt, where the server itself fails.</summary>
public sealed class TargetSendingTests
{
    private static readonly DateTimeOffset now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly RetryPolicy never = new(0, TimeSpan.FromMinutes(1));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_event_that_cannot_be_handed_to_its_dead_letter_queue_now_is_tried_again()
    {
        var sending = Sending((_, _) => throw new InvalidOperationException("The database is away."));
        var attempt = await sending.SendAsync(Delivery(TimeSpan.Zero), Token);
        Assert.Equal((false, 1, "The database is away."), (attempt.IsOver, attempt.Delivery.Attempts, attempt.Delivery.LastError));
        Assert.InRange(attempt.Delivery.DueAt - now, RetryPolicy.FirstPause / 2, RetryPolicy.FirstPause);
    }

    [Fact]
    public async Task An_event_that_cannot_be_handed_on_for_a_day_is_among_the_dead_letters()
    {
        var sending = Sending((_, _) => throw new InvalidOperationException("The database is away."));
        var attempt = await sending.SendAsync(Delivery(TimeSpan.FromDays(1)), Token);
        Assert.True(attempt.IsOver);
        Assert.Equal("The database is away.", attempt.Letter!.Reason);
    }

    [Fact]
    public async Task A_dead_letter_queue_that_does_not_answer_holds_up_no_stop()
    {
        using var stop = new CancellationTokenSource();
        var sending = Sending(async (_, cancellation) =>
        {
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, cancellation);
            return null;
        });
        var attempt = await sending.SendAsync(Delivery(TimeSpan.Zero), stop.Token).WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.Equal((false, 0), (attempt.IsOver, attempt.Delivery.Attempts));
    }

    [Fact]
    public async Task Letters_of_one_millisecond_are_in_the_order_of_their_death()
    {
        var sending = Sending((_, _) => Task.FromResult<string?>(null));
        var ids = new List<string>();
        for (var i = 0; i < 100; i++)
        {
            ids.Add((await sending.SendAsync(Delivery(TimeSpan.Zero), Token)).Letter!.Id);
        }

        Assert.Equal(ids.Order(StringComparer.Ordinal), ids);
    }

    private static TargetSending Sending(Func<EventDelivery, CancellationToken, Task<string?>> sendDead) => new(
        (_, _) => Task.FromResult(SendOutcome.Retry(SendCodes.ErrorFromTarget, "500")),
        (delivery, _, _, cancellation) => sendDead(delivery, cancellation),
        (_, _) => Task.FromResult(never),
        new ManualTime(now),
        NullLogger.Instance);

    private static EventDelivery Delivery(TimeSpan age) => new()
    {
        AccountId = World.Owner,
        Bus = EventBus.Default,
        Rule = "rebuild",
        Target = "a",
        Id = 1,
        OrderKey = "k",
        Event = "{}",
        AcceptedAt = now - age,
        DueAt = now,
    };
}
