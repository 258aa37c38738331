using Microsoft.Extensions.Logging;

namespace Granary.Core.Events.Delivery;

/// <summary>One attempt, and what follows from its outcome.</summary>
internal sealed partial class TargetSending(SendEvent send, SendDeadLetter sendDead, Func<EventDelivery, CancellationToken, Task<RetryPolicy>> policy, TimeProvider clock, ILogger logger)
{
    // Of a reason as it is kept; a target may answer with anything.
    private const int LongestReason = 500;

    private readonly RisingIds letters = new(clock);

    /// <summary>Never throws. An attempt that was cancelled counts for nothing.</summary>
    public async Task<FinishedAttempt> SendAsync(EventDelivery delivery, CancellationToken cancellation)
    {
        try
        {
            return await AfterAsync(delivery, await send(delivery, cancellation), cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return new FinishedAttempt(delivery, IsOver: false, null);
        }
#pragma warning disable CA1031 // The edge of a queue: whatever a sender throws is one failed attempt, and the queue goes on.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            return After(delivery, failure.Message);
        }
    }

    private async Task<FinishedAttempt> AfterAsync(EventDelivery delivery, SendOutcome outcome, CancellationToken cancellation) => outcome switch
    {
        { Result: SendResult.Delivered } => new FinishedAttempt(delivery, IsOver: true, null),
        { Result: SendResult.Rejected } => await BuryAsync(delivery, outcome, cancellation),
        _ => Retry(delivery, outcome, await policy(delivery, cancellation)) ?? await BuryAsync(delivery, outcome, cancellation),
    };

    /// <summary>
    /// After a fault of the server itself, such as a database that does not answer. The target's own policy may be what could not be read, and what
    /// hands dead letters on may be what failed: neither is asked.
    /// </summary>
    private FinishedAttempt After(EventDelivery delivery, string failure) =>
        Retry(delivery, SendOutcome.Retry(SendCodes.SdkClientError, failure), RetryPolicy.Default) ?? Dead(delivery, failure);

    /// <summary>Null where the policy allows no further attempt.</summary>
    private FinishedAttempt? Retry(EventDelivery delivery, SendOutcome outcome, RetryPolicy allowed)
    {
        var attempts = delivery.Attempts + 1;
        if (allowed.Next(delivery.AcceptedAt, attempts, outcome.RetryAfter, clock.GetUtcNow(), Random.Shared) is not { } due)
        {
            return null;
        }

        (delivery.Attempts, delivery.DueAt, delivery.LastError) = (attempts, due, Cut(outcome.Reason));
        return new FinishedAttempt(delivery, IsOver: false, null);
    }

    /// <summary>Where it is cancelled, the event is tried once more by whoever comes next, and then given up.</summary>
    private async Task<FinishedAttempt> BuryAsync(EventDelivery delivery, SendOutcome last, CancellationToken cancellation)
    {
        var reason = last.Reason ?? "It was not taken.";
        return await sendDead(delivery, last, delivery.Attempts + 1, cancellation) is { } lost
            ? Dead(delivery, $"{reason} Nor was it taken by the dead-letter queue: {lost}")
            : Dead(delivery, reason);
    }

    private FinishedAttempt Dead(EventDelivery delivery, string reason)
    {
        var attempts = delivery.Attempts + 1;
        LogDead(delivery.Rule, delivery.Target, attempts, Cut(reason)!);
        var letter = new DeadLetter
        {
            AccountId = delivery.AccountId,
            Bus = delivery.Bus,
            Rule = delivery.Rule,
            Target = delivery.Target,
            Id = letters.Next(),
            OrderKey = delivery.OrderKey,
            Event = delivery.Event,
            AcceptedAt = delivery.AcceptedAt,
            DeadAt = clock.GetUtcNow(),
            Attempts = attempts,
            Reason = Cut(reason)!,
        };
        return new FinishedAttempt(delivery, IsOver: true, letter);
    }

    private static string? Cut(string? reason) => reason?.Length > LongestReason ? reason[..LongestReason] : reason;

    [LoggerMessage(Level = LogLevel.Warning, Message = "The target {Target} of the rule {Rule} did not take an event in {Attempts} attempts; see granary events dead-letters: {Reason}")]
    private partial void LogDead(string rule, string target, int attempts, string reason);
}
