namespace Granary.Server.Events.Targets;

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
