using System.Globalization;
using System.Text.Json.Serialization;
using Granary.Core;
using Granary.Formats;
using Granary.Server.Authentication;

namespace Granary.Server.ControlPlane;

/// <summary>
/// How the API's clients are told of a refusal: the status, <c>x-amzn-ErrorType</c>, and a JSON body with the members that
/// the error has in the API's model.
/// </summary>
public static class AwsErrors
{
    public static Dialect Dialect { get; } = new(RenderAsync);

    /// <summary>AWS's name for the refusal.</summary>
    internal static string NameOf(Refusal refusal) => Of(refusal).Name;

    private static async Task RenderAsync(HttpContext context, Refusal refusal)
    {
        var (status, name) = Of(refusal);
        var response = context.Response;
        response.StatusCode = status;
        response.Headers["x-amzn-ErrorType"] = name;
        RequestId.Write(context);
        if (refusal.RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        var resource = refusal.Kind is RefusalKind.NotFound or RefusalKind.Conflict or RefusalKind.QuotaExceeded;
        var body = new AwsError(
            name,
            refusal.Message,
            resource ? refusal.ResourceId : null,
            resource ? refusal.ResourceType : null,
            name == "ValidationException" ? Reason(refusal) : null);
        await ControlPlaneJson.WriteAsync(context, body);
    }

    // Throttled and 5xx are what SDKs send again by themselves; where the fault may pass, the status is one of those.
    private static (int Status, string Name) Of(Refusal refusal) => refusal.Kind switch
    {
        RefusalKind.Validation or RefusalKind.TooLarge or RefusalKind.NotSupported => (400, "ValidationException"),
        RefusalKind.Unauthenticated => (
            refusal.Code == AuthenticationFailure.IncompleteCode ? 400 : 403,
            refusal.Code ?? AuthenticationFailure.UnknownKeyCode),
        RefusalKind.AccessDenied => (403, "AccessDeniedException"),
        RefusalKind.NotFound => (404, "ResourceNotFoundException"),
        RefusalKind.Conflict => (409, "ConflictException"),
        RefusalKind.QuotaExceeded => (402, "ServiceQuotaExceededException"),
        RefusalKind.Throttled => (429, "ThrottlingException"),
        RefusalKind.Unavailable or RefusalKind.StorageFull => (503, "ServiceUnavailableException"),
        _ => (500, "InternalServerException"),
    };

    private static string Reason(Refusal refusal) => refusal.Kind switch
    {
        RefusalKind.NotSupported => "UNKNOWN_OPERATION",
        RefusalKind.TooLarge => "FIELD_VALIDATION_FAILED",
        _ => refusal.Reason ?? "OTHER",
    };
}

/// <summary>The body of every error; SDKs that do not read the header read <c>__type</c>.</summary>
internal sealed record AwsError(
    [property: JsonPropertyName("__type")] string Type,
    string Message,
    string? ResourceId,
    string? ResourceType,
    string? Reason);
