namespace Granary.Core.Events.Buses;

/// <summary>EventBridge's refusals under its names.</summary>
public static class EventRefusals
{
    public static Refusal NoBus(string bus) => NotFound($"Event bus {bus} does not exist.");

    public static Refusal NoRule(RuleName rule) => NotFound($"Rule {rule.Name} does not exist on EventBus {rule.Bus}.");

    /// <param name="what">Such as <c>Archive</c>.</param>
    public static Refusal None(string what, string name) => NotFound($"{what} {name} does not exist.");

    public static Refusal NotFound(string message) => Refusal.Named(RefusalKind.NotFound, "ResourceNotFoundException", message);

    /// <param name="what">Such as <c>Archive</c>.</param>
    public static Refusal Exists(string what, string name) =>
        Refusal.Named(RefusalKind.Conflict, "ResourceAlreadyExistsException", $"{what} {name} already exists.");

    /// <param name="quota">A member of <see cref="Quotas"/>.</param>
    public static Refusal LimitExceeded(string quota, int most) => Refusal.Named(
        RefusalKind.QuotaExceeded, "LimitExceededException", $"The requested resource exceeds the maximum number allowed: {quota} is {most}.");

    public static Refusal Invalid(string message) => Refusal.Named(RefusalKind.Validation, "ValidationException", message);

    /// <summary>The resource is not in a state for it.</summary>
    public static Refusal IllegalStatus(string message) => Refusal.Named(RefusalKind.Conflict, "IllegalStatusException", message);
}
