namespace Granary.Core.Events.Delivery;

/// <summary>What became of one attempt.</summary>
public enum SendResult
{
    /// <summary>The target has it.</summary>
    Delivered,

    /// <summary>It may succeed later.</summary>
    Retry,

    /// <summary>It will not succeed as things are: no further attempt is made.</summary>
    Rejected,
}

/// <param name="Code">As EventBridge's dead letters name causes, such as <c>NO_PERMISSIONS</c>; null for what was delivered.</param>
/// <param name="Reason">For people; null for what was delivered. It holds no secret.</param>
/// <param name="RetryAfter">How long the target asks to be left alone.</param>
public sealed record SendOutcome(SendResult Result, string? Code = null, string? Reason = null, TimeSpan? RetryAfter = null)
{
    public static SendOutcome Delivered { get; } = new(SendResult.Delivered);

    public static SendOutcome Retry(string code, string reason, TimeSpan? after = null) => new(SendResult.Retry, code, reason, after);

    public static SendOutcome Rejected(string code, string reason) => new(SendResult.Rejected, code, reason);
}

/// <summary>The codes that EventBridge writes into dead letters, as far as they are used here.</summary>
public static class SendCodes
{
    public const string ConnectionFailure = "CONNECTION_FAILURE";
    public const string ErrorFromTarget = "ERROR_FROM_TARGET";
    public const string InvalidJson = "INVALID_JSON";
    public const string InvalidParameter = "INVALID_PARAMETER";
    public const string NoPermissions = "NO_PERMISSIONS";
    public const string NoResource = "NO_RESOURCE";
    public const string ResourceLimitExceeded = "RESOURCE_LIMIT_EXCEEDED";
    public const string SdkClientError = "SDK_CLIENT_ERROR";
    public const string Throttling = "THROTTLING";
    public const string Timeout = "TIMEOUT";
}

/// <summary>Sends an event to a target. It ends within a time of its own and throws nothing but for the cancellation.</summary>
/// <param name="delivery">The event and where it goes.</param>
public delegate Task<SendOutcome> SendEvent(EventDelivery delivery, CancellationToken cancellation);

/// <summary>Hands an event that a target did not take to the queue that the target names for that. It throws nothing but for the cancellation.</summary>
/// <param name="last">The last attempt's outcome.</param>
/// <param name="attempts">How many there were.</param>
/// <returns>What it failed of; null where it is in the queue, or there is none.</returns>
public delegate Task<string?> SendDeadLetter(EventDelivery delivery, SendOutcome last, int attempts, CancellationToken cancellation);
