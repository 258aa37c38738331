using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Granary.Core;
using Granary.Core.Trail;
using Granary.Server.Authentication;
using Granary.Server.ControlPlane;
using Granary.Server.Hosting;

namespace Granary.Server.Aws.CloudTrail;

/// <summary>Answers and refusals in AWS JSON 1.1, with the members that CloudTrail's model names.</summary>
internal static class CloudTrailJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Task WriteAsync(HttpContext context, TrailPage page, string? nextToken) => WriteAsync(context, StatusCodes.Status200OK, json =>
    {
        json.WriteStartArray("Events"u8);
        foreach (var told in page.Events)
        {
            Write(json, told);
        }

        json.WriteEndArray();
        if (nextToken is not null)
        {
            json.WriteString("NextToken"u8, nextToken);
        }
    });

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

    private static (int Status, string Name) Of(Refusal refusal) => refusal.Kind switch
    {
        RefusalKind.Unauthenticated => (400, refusal.Code ?? AuthenticationFailure.UnknownKeyCode),
        RefusalKind.AccessDenied => (400, "AccessDeniedException"),
        RefusalKind.Throttled => (400, "ThrottlingException"),
        RefusalKind.Unavailable or RefusalKind.StorageFull => (503, "ServiceUnavailableException"),
        RefusalKind.Bug => (500, "InternalFailure"),
        _ => (400, refusal.Code ?? "ValidationException"),
    };

    private static void Write(Utf8JsonWriter json, TrailEvent told)
    {
        json.WriteStartObject();
        json.WriteString("EventId"u8, told.Id);
        json.WriteString("EventName"u8, told.Name);
        // A text: the model has it so.
        json.WriteString("ReadOnly"u8, told.IsReadOnly ? "true"u8 : "false"u8);
        json.WriteNumber("EventTime"u8, told.At.ToUnixTimeSeconds());
        json.WriteString("EventSource"u8, told.Source);
        if (told.AccessKeyId is not null)
        {
            json.WriteString("AccessKeyId"u8, told.AccessKeyId);
        }

        if (told.UserName is not null)
        {
            json.WriteString("Username"u8, told.UserName);
        }

        json.WriteStartArray("Resources"u8);
        foreach (var (type, name) in told.Resources)
        {
            json.WriteStartObject();
            json.WriteString("ResourceType"u8, type);
            json.WriteString("ResourceName"u8, name);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("CloudTrailEvent"u8, told.Json);
        json.WriteEndObject();
    }

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
