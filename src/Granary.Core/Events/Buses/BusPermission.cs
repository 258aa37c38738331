using Granary.Core.Access;

namespace Granary.Core.Events.Buses;

/// <summary>Whether the rules of an account may hand events on to a bus, as the bus's policy is at the moment.</summary>
/// <remarks>https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html</remarks>
public sealed class BusPermission(Evaluator evaluator, EventArns arns)
{
    /// <summary>What policies call it.</summary>
    public const string Action = "events:PutEvents";

    /// <summary>Who sends: a rule does so as its account, whoever has put the target.</summary>
    public static Principal Sender(string account) => new(account, $"arn:aws:iam::{account}:root");

    /// <param name="account">The rule's.</param>
    /// <param name="keys">What policies may ask about the event, such as <c>events:source</c>; null where there is none yet.</param>
    public ValueTask<bool> AllowsAsync(string account, EventBus bus, IReadOnlyDictionary<string, string[]>? keys) => evaluator.AllowsAsync(
        Sender(account),
        Action,
        new AccessTarget(arns.Bus(bus.AccountId, bus.Name), bus.AccountId) { Policy = EventBusStore.PolicyOf(bus) },
        new RequestFacts(null, IsSecure: true, keys));
}
