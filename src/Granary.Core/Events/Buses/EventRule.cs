namespace Granary.Core.Events.Buses;

/// <summary>Which events of a bus go to which targets.</summary>
public sealed class EventRule
{
    public const string Enabled = "ENABLED";

    public const string Disabled = "DISABLED";

    /// <summary>Enabled, also for the records of calls that only read.</summary>
    public const string EnabledWithReads = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS";

    public required string AccountId { get; init; }

    public required string Bus { get; init; }

    public required string Name { get; init; }

    /// <summary>Another for each rule that ever had the name.</summary>
    public required string Id { get; init; }

    /// <summary>One of the three values above.</summary>
    public required string State { get; set; }

    /// <summary>The pattern that an event must match, as it was put.</summary>
    public required string Pattern { get; set; }

    /// <summary>At most 512 characters.</summary>
    public string? Description { get; set; }

    /// <summary>Kept and told; what is sent here is sent without a role.</summary>
    public string? RoleArn { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public bool IsEnabled => State != Disabled;

    public RuleName Key => new(AccountId, Bus, Name);
}

/// <summary>What a rule is known by.</summary>
public readonly record struct RuleName(string Account, string Bus, string Name);

/// <summary>Where a rule sends what it matches. At most five a rule.</summary>
public sealed class EventTarget
{
    public required string AccountId { get; init; }

    public required string Bus { get; init; }

    public required string Rule { get; init; }

    public required string Id { get; init; }

    /// <summary>Of one of the kinds that <see cref="TargetArn"/> knows.</summary>
    public required string Arn { get; set; }

    public string? RoleArn { get; set; }

    /// <summary>The JSON text that is sent instead of the event; of this and the next two at most one is not null.</summary>
    public string? Input { get; set; }

    /// <summary>The path of the part of the event that is sent.</summary>
    public string? InputPath { get; set; }

    /// <summary>The JSON text of the structure, as it was put.</summary>
    public string? InputTransformer { get; set; }

    /// <summary>
    /// The JSON text of an object with every other member of AWS's structure as it was put: <c>HttpParameters</c>, <c>SqsParameters</c>,
    /// <c>RetryPolicy</c>, <c>DeadLetterConfig</c> and those of targets that are not sent to.
    /// </summary>
    public required string Settings { get; set; }
}
