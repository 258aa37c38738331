namespace Granary.Core.Events.Buses;

/// <summary>Keeps the events of a bus, or those that match a pattern.</summary>
public sealed class EventArchive
{
    public const string Enabled = "ENABLED";

    public required string AccountId { get; init; }

    public required string Name { get; init; }

    /// <summary>Another for each archive that ever had the name: what a deleted one kept belongs to no later one.</summary>
    public required string Id { get; init; }

    /// <summary>The bus of the same account whose events it keeps.</summary>
    public required string Bus { get; init; }

    /// <summary>At most 512 characters.</summary>
    public string? Description { get; set; }

    /// <summary>As it was put; null keeps every event.</summary>
    public string? Pattern { get; set; }

    /// <summary>How long an event is kept; 0 for as long as the archive is there.</summary>
    public required int RetentionDays { get; set; }

    /// <summary>A value of the API's <c>ArchiveState</c>; here always <see cref="Enabled"/>.</summary>
    public required string State { get; set; }

    public long EventCount { get; set; }

    /// <summary>Of the events as they are sent.</summary>
    public long SizeBytes { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Sends what an archive has kept of a time to its bus once more.</summary>
public sealed class EventReplay
{
    public const string Starting = "STARTING";
    public const string Running = "RUNNING";
    public const string Cancelling = "CANCELLING";
    public const string Completed = "COMPLETED";
    public const string Cancelled = "CANCELLED";
    public const string Failed = "FAILED";

    public required string AccountId { get; init; }

    public required string Name { get; init; }

    /// <summary>Another for each replay that ever had the name.</summary>
    public required string Id { get; init; }

    /// <summary>At most 512 characters.</summary>
    public string? Description { get; set; }

    /// <summary>The name of the archive, which may have been deleted since.</summary>
    public required string Archive { get; init; }

    /// <summary>The id of that archive.</summary>
    public required string ArchiveId { get; init; }

    /// <summary>The bus of the archive, which the events go to.</summary>
    public required string Bus { get; init; }

    /// <summary>The ARNs of the rules that alone get the events, one a line; null for every rule of the bus.</summary>
    public string? FilterArns { get; set; }

    /// <summary>One of the six values above.</summary>
    public required string State { get; set; }

    /// <summary>What a failure was; at most 512 characters.</summary>
    public string? StateReason { get; set; }

    /// <summary>The first moment whose events are sent.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>The first moment whose events are not.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>How far it has come, in a count that is the sender's own; 0 before the first event.</summary>
    public long Reached { get; set; }

    /// <summary>The time of the event that was sent last.</summary>
    public DateTimeOffset? LastReplayedAt { get; set; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; set; }
}
