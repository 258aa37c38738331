using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Granary.Core;
using Granary.Server.Authentication;
using Granary.Server.ControlPlane;
using Granary.Server.Hosting;

namespace Granary.Server.Aws;

/// <summary>Answers and refusals in AWS JSON 1.1, which CloudTrail and EventBridge speak.</summary>
internal static class AwsJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="write">Writes the members of the answer.</param>
    public static Task AnswerAsync(HttpContext context, Action<Utf8JsonWriter> write) => WriteAsync(context, StatusCodes.Status200OK, write);

    public static Task RefuseAsync(HttpContext context, Refusal refusal)
    {
        var (status, name) = Of(refusal);
        RequestTrail.Of(context)?.ErrorCode = name;
        RequestId.Write(context);
        return WriteAsync(context, status, json =>
        {
            json.WriteString("__type"u8, name);
            json.WriteString("message"u8, refusal.Message);
        });
    }

    internal static (int Status, string Name) Of(Refusal refusal) => refusal.Kind switch
    {
        RefusalKind.Unauthenticated => (400, refusal.Code ?? AuthenticationFailure.UnknownKeyCode),
        RefusalKind.AccessDenied => (400, "AccessDeniedException"),
        RefusalKind.Throttled => (400, "ThrottlingException"),
        RefusalKind.NotFound => (400, refusal.Code ?? "ResourceNotFoundException"),
        RefusalKind.Conflict => (400, refusal.Code ?? "ResourceAlreadyExistsException"),
        RefusalKind.QuotaExceeded => (400, refusal.Code ?? "LimitExceededException"),
        RefusalKind.Unavailable or RefusalKind.StorageFull => (503, "ServiceUnavailableException"),
        RefusalKind.Bug => (500, "InternalFailure"),
        _ => (400, refusal.Code ?? "ValidationException"),
    };

    private static async Task WriteAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body, Options))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "application/x-amz-json-1.1";
        context.Response.ContentLength = body.WrittenCount;
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted);
    }
}
