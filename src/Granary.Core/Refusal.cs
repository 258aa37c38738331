namespace Granary.Core;

/// <summary>Why a request is refused. Each endpoint's dialect turns the kind into a status and a body of its own.</summary>
public enum RefusalKind
{
    /// <summary>The request is malformed or breaks a documented limit (400).</summary>
    Validation,

    /// <summary>No credential, or one that does not verify (401 on the data plane, 403 on the control plane).</summary>
    Unauthenticated,

    /// <summary>The caller is known and may not do this (403).</summary>
    AccessDenied,

    /// <summary>What the request names does not exist, or is hidden by its status (404).</summary>
    NotFound,

    /// <summary>The route exists and does not answer this verb (405).</summary>
    NotSupported,

    /// <summary>The state of the resource forbids it: a duplicate, a stale revision, a non-empty domain (409).</summary>
    Conflict,

    /// <summary>The body passes a limit (413).</summary>
    TooLarge,

    /// <summary>A service quota is used up (402 on the control plane, as AWS has it).</summary>
    QuotaExceeded,

    /// <summary>Too many requests; see <see cref="Refusal.RetryAfter"/> (429).</summary>
    Throttled,

    /// <summary>A public source answered wrongly or not in time (502).</summary>
    SourceFailed,

    /// <summary>Storage or database cannot be reached or is full; the same request may be sent again later (503, 507).</summary>
    Unavailable,
    StorageFull,

    /// <summary>A defect of Granary (500). Nothing throws it but the edge.</summary>
    Bug,
}

/// <summary>The kinds of resource that a refusal can name; the wire values of CodeArtifact's <c>resourceType</c>.</summary>
public static class ResourceType
{
    public const string Domain = "domain";
    public const string Repository = "repository";
    public const string Package = "package";
    public const string PackageVersion = "package-version";
    public const string Asset = "asset";
}

/// <summary>
/// The one exception that means "no": thrown where the reason is known, rendered once, at the edge, by the dialect of
/// the endpoint. Any other exception that reaches the edge is a bug and becomes a 500.
/// </summary>
public sealed class Refusal : Exception
{
    private Refusal(RefusalKind kind, string message, Exception? cause = null)
        : base(message, cause)
    {
        Kind = kind;
    }

    public RefusalKind Kind { get; }

    /// <summary>A value of <see cref="Core.ResourceType"/>, where the refusal is about one resource.</summary>
    public string? ResourceType { get; private init; }

    public string? ResourceId { get; private init; }

    /// <summary>An AWS error name that is more exact than the kind, such as <c>ExpiredTokenException</c>.</summary>
    public string? Code { get; private init; }

    /// <summary>CodeArtifact's <c>reason</c> of a validation error: FIELD_VALIDATION_FAILED unless said.</summary>
    public string? Reason { get; private init; }

    /// <summary>How long the client should wait before the same request can succeed.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    public static Refusal Validation(string message, string reason = "FIELD_VALIDATION_FAILED") =>
        new(RefusalKind.Validation, message) { Reason = reason };

    public static Refusal Unauthenticated(string message, string? code = null) =>
        new(RefusalKind.Unauthenticated, message) { Code = code };

    public static Refusal AccessDenied(string principalArn, string action, string resourceArn) =>
        new(RefusalKind.AccessDenied, $"User: {principalArn} is not authorized to perform: {action} on resource: {resourceArn}");

    /// <summary>The caller may, the package's own settings do not.</summary>
    public static Refusal Blocked(string message) => new(RefusalKind.AccessDenied, message);

    public static Refusal NotFound(string resourceType, string id, string message) =>
        new(RefusalKind.NotFound, message) { ResourceType = resourceType, ResourceId = id };

    /// <summary>A refusal under a name that AWS gives it and that the kind alone does not say, such as <c>MalformedPolicyDocument</c>.</summary>
    public static Refusal Named(RefusalKind kind, string code, string message) => new(kind, message) { Code = code };

    public static Refusal NotSupported(string message) => new(RefusalKind.NotSupported, message);

    public static Refusal Conflict(string resourceType, string id, string message) =>
        new(RefusalKind.Conflict, message) { ResourceType = resourceType, ResourceId = id };

    public static Refusal TooLarge(string message) => new(RefusalKind.TooLarge, message);

    public static Refusal QuotaExceeded(string resourceType, string id, string message) =>
        new(RefusalKind.QuotaExceeded, message) { ResourceType = resourceType, ResourceId = id };

    public static Refusal Throttled(string message, TimeSpan retryAfter) =>
        new(RefusalKind.Throttled, message) { RetryAfter = retryAfter };

    public static Refusal SourceFailed(string message, Exception? cause = null) =>
        new(RefusalKind.SourceFailed, message, cause) { RetryAfter = TimeSpan.FromSeconds(5) };

    public static Refusal Unavailable(string message, Exception? cause = null) =>
        new(RefusalKind.Unavailable, message, cause) { RetryAfter = TimeSpan.FromSeconds(5) };

    public static Refusal Bug() => new(RefusalKind.Bug, "The server failed in a way that is its own fault. Its log says more.");

    /// <param name="message">Where it is another storage than the data directory's disk.</param>
    public static Refusal StorageFull(Exception? cause = null, string? message = null) =>
        new(RefusalKind.StorageFull, message ?? "The storage is full. Free space on the data directory's disk, then send the request again.", cause)
        {
            RetryAfter = TimeSpan.FromSeconds(30),
        };
}
