namespace Granary.Core.Events.Delivery;

/// <summary>One target of one rule.</summary>
public readonly record struct TargetKey(string Account, string Bus, string Rule, string Target);
