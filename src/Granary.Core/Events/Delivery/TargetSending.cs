using Microsoft.Extensions.Logging;

namespace Granary.Core.Events.Delivery;

/// <summary>One attempt, and what follows from its outcome.</summary>
internal sealed partial class TargetSending(SendEvent send, SendDeadLetter sendDead, Func<EventDelivery, CancellationToken, Task<RetryPolicy>> policy, TimeProvider clock, ILogger logger)
{
    // Of a reason as it is kept; a target may answer with anything.
    private const int LongestReason = 500;

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
            return await RetryAsync(delivery, SendOutcome.Retry(SendCodes.SdkClientError, failure.Message), RetryPolicy.Default);
        }
    }

    private async Task<FinishedAttempt> AfterAsync(EventDelivery delivery, SendOutcome outcome, CancellationToken cancellation) => outcome switch
    {
        { Result: SendResult.Delivered } => new FinishedAttempt(delivery, IsOver: true, null),
        { Result: SendResult.Rejected } => await BuryAsync(delivery, outcome, delivery.Attempts + 1),
        _ => await RetryAsync(delivery, outcome, await policy(delivery, cancellation)),
    };

    private async Task<FinishedAttempt> RetryAsync(EventDelivery delivery, SendOutcome outcome, RetryPolicy allowed)
    {
        var attempts = delivery.Attempts + 1;
        if (allowed.Next(delivery.AcceptedAt, attempts, outcome.RetryAfter, clock.GetUtcNow(), Random.Shared) is not { } due)
        {
            return await BuryAsync(delivery, outcome, attempts);
        }

        (delivery.Attempts, delivery.DueAt, delivery.LastError) = (attempts, due, Cut(outcome.Reason));
        return new FinishedAttempt(delivery, IsOver: false, null);
    }

    private async Task<FinishedAttempt> BuryAsync(EventDelivery delivery, SendOutcome last, int attempts)
    {
        var reason = last.Reason ?? "It was not taken.";
        // Not cancelled: an event that is given up is to be in the queue that its target names, or at least among the dead letters.
        if (await sendDead(delivery, last, attempts, CancellationToken.None) is { } lost)
        {
            reason = $"{reason} Nor was it taken by the dead-letter queue: {lost}";
        }

        LogDead(delivery.Rule, delivery.Target, attempts, Cut(reason)!);
        var letter = new DeadLetter
        {
            AccountId = delivery.AccountId,
            Bus = delivery.Bus,
            Rule = delivery.Rule,
            Target = delivery.Target,
            Id = Guid.CreateVersion7(clock.GetUtcNow()).ToString(),
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
