using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Granary.Core.Events.Delivery;
using Granary.Server.Events.Targets;

namespace Granary.Server.Events;

/// <summary>Makes of each delivery what its target is to get, and has it sent.</summary>
internal sealed class EventDispatcher(TargetDirectory targets, TargetSenders senders, TimeProvider clock)
{
    private const int DeadLetterAttempts = 3;

    private static readonly TimeSpan DeadLetterPause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Pace> paces = new(StringComparer.Ordinal);

    public EventSenders Senders => new(SendAsync, SendDeadAsync, PolicyAsync);

    private async Task<SendOutcome> SendAsync(EventDelivery delivery, CancellationToken cancellation)
    {
        if (await targets.FindAsync(delivery, cancellation) is not { } target)
        {
            // It was removed, and with it the wish to send anything there.
            return SendOutcome.Delivered;
        }

        using var parsed = JsonDocument.Parse(delivery.Event);
        var root = parsed.RootElement;
        var call = new TargetCall
        {
            DeliveryId = string.Create(CultureInfo.InvariantCulture, $"{delivery.AccountId}/{delivery.Bus}/{delivery.Rule}/{delivery.Target}/{EventId(root)}"),
            EventId = EventId(root),
            Account = delivery.AccountId,
            Arn = target.Arn,
            Payload = target.Payload(delivery, root),
            Event = delivery.Event,
            Hops = delivery.Hops,
            Settings = target.Settings,
            DeduplicationId = DeduplicationId(root),
        };
        if (await targets.DestinationAsync(delivery.AccountId, target.Arn, cancellation) is var (destination, rate))
        {
            call = call with { Destination = destination };
            await paces.GetOrAdd(destination.Id, _ => new Pace()).WaitAsync(rate, clock, cancellation);
        }

        return await senders.SendAsync(call, cancellation);
    }

    /// <summary>As EventBridge writes dead letters: the event itself, and the cause in attributes of the message.</summary>
    private async Task<string?> SendDeadAsync(EventDelivery delivery, SendOutcome last, int attempts, CancellationToken cancellation)
    {
        if (await targets.FindAsync(delivery, cancellation) is not { DeadLetterArn: { } queue } target)
        {
            return null;
        }

        using var parsed = JsonDocument.Parse(delivery.Event);
        var id = EventId(parsed.RootElement);
        var call = new TargetCall
        {
            DeliveryId = $"dead/{delivery.Rule}/{delivery.Target}/{id}",
            EventId = id,
            Account = delivery.AccountId,
            Arn = queue,
            Payload = delivery.Event,
            Event = delivery.Event,
            Attributes = Attributes(target, last, attempts),
        };
        for (var attempt = 1; ; attempt++)
        {
            var outcome = await senders.SendAsync(call, cancellation);
            if (outcome.Result is SendResult.Delivered)
            {
                return null;
            }

            if (outcome.Result is SendResult.Rejected || attempt == DeadLetterAttempts)
            {
                return outcome.Reason;
            }

            await Task.Delay(DeadLetterPause, clock, cancellation);
        }
    }

    /// <remarks>https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html</remarks>
    private static Dictionary<string, string> Attributes(PreparedTarget target, SendOutcome last, int attempts)
    {
        var attributes = new Dictionary<string, string>
        {
            ["RULE_ARN"] = target.RuleArn,
            ["TARGET_ARN"] = target.Arn,
            ["ERROR_CODE"] = last.Code ?? SendCodes.ErrorFromTarget,
            ["ERROR_MESSAGE"] = last.Reason ?? "It was not taken.",
            ["RETRY_ATTEMPTS"] = (attempts - 1).ToString(CultureInfo.InvariantCulture),
        };
        if (last.Result is SendResult.Retry)
        {
            // What is not retried has exhausted nothing.
            attributes["EXHAUSTED_RETRY_CONDITION"] = attempts > target.Policy.MostAttempts ? "MaximumRetryAttempts" : "MaximumEventAgeInSeconds";
        }

        return attributes;
    }

    private async Task<RetryPolicy> PolicyAsync(EventDelivery delivery, CancellationToken cancellation) =>
        (await targets.FindAsync(delivery, cancellation))?.Policy ?? RetryPolicy.Default;

    private static string EventId(JsonElement told) => told.TryGetProperty("id", out var id) && id.ValueKind is JsonValueKind.String ? id.GetString()! : "";

    private static string? DeduplicationId(JsonElement told) =>
        told.TryGetProperty("detail", out var detail) && detail.ValueKind is JsonValueKind.Object
        && detail.TryGetProperty("eventDeduplicationId", out var id) && id.ValueKind is JsonValueKind.String
            ? id.GetString()
            : null;
}
