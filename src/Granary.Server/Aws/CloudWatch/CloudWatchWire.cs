using System.Collections.Frozen;
using System.Text;
using System.Xml.Linq;
using Granary.Core;
using Granary.Server.Aws.Json;
using Granary.Server.Aws.Query;
using Granary.Server.ControlPlane;
using Granary.Server.Hosting;

namespace Granary.Server.Aws.CloudWatch;

/// <summary>
/// The three ways in which clients talk to CloudWatch: newer ones in CBOR (Smithy's RPC v2, on paths of its own), some in AWS JSON 1.0, older
/// ones by the query protocol. All are read into one form and written from one.
/// </summary>
internal static class CloudWatchWire
{
    public const string ServiceName = "GraniteServiceVersion20100801";
    private const string Namespace = "http://monitoring.amazonaws.com/doc/2010-08-01/";
    private const string Version = "2010-08-01";
    private const string Cbor = "application/cbor";
    private const string Protocol = "smithy-protocol";
    private const string CborProtocol = "rpc-v2-cbor";

    private static readonly FormBody Form = new(
        new HashSet<string> { "Period", "MaxDatapoints" }.ToFrozenSet(),
        new HashSet<string> { "ReturnData", "IncludeLinkedAccounts" }.ToFrozenSet(),
        new HashSet<string> { "StartTime", "EndTime" }.ToFrozenSet());

    // The error's name in the query protocol, by that of its shape.
    private static readonly FrozenDictionary<string, string> Shapes = new Dictionary<string, string>
    {
        ["InvalidParameterValue"] = "InvalidParameterValueException",
        ["InvalidParameterCombination"] = "InvalidParameterCombinationException",
        ["MissingParameter"] = "MissingRequiredParameterException",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The operation and its parameters.</summary>
    public static (string Operation, BodyArguments Arguments, ReadOnlyMemory<byte> Recorded) Read(HttpContext context, ReadOnlyMemory<byte> body)
    {
        if (IsCbor(context))
        {
            var service = context.Request.RouteValues["service"] as string;
            var read = CborBody.ToJson(body);
            return service == ServiceName && context.Request.RouteValues["operation"] is string operation
                ? (operation, BodyArguments.Parse(read), read) : throw Unknown();
        }

        if (context.Request.Headers["X-Amz-Target"] is [{ } target, ..])
        {
            return target.StartsWith($"{ServiceName}.", StringComparison.Ordinal) ? (target[(ServiceName.Length + 1)..], BodyArguments.Parse(body), body) : throw Unknown();
        }

        var form = new QueryArguments(Encoding.Latin1.GetString(body.Span).AsSpan().Trim());
        var action = form.Optional("Action", TextShape.Any) ?? throw Refusal.Named(RefusalKind.Validation, "MissingAction", "The request has no Action.");
        var json = Form.ToJson(form);
        return form.Optional("Version", TextShape.Any) is null or Version ? (action, BodyArguments.Parse(json), json) : throw Unknown();
    }

    public static Refusal Unknown() =>
        Refusal.Named(RefusalKind.Validation, "InvalidAction", "This version of Granary answers GetMetricData, GetMetricStatistics and ListMetrics of CloudWatch, and nothing else.");

    public static Task WriteAsync(HttpContext context, string operation, Answer answer) => IsCbor(context)
        ? SendAsync(context, StatusCodes.Status200OK, Cbor, answer.ToCbor())
        : context.Request.Headers.ContainsKey("X-Amz-Target")
            ? SendAsync(context, StatusCodes.Status200OK, "application/x-amz-json-1.0", answer.ToJson())
            : QueryProtocol.WriteAsync(context, StatusCodes.Status200OK, Namespace, new XElement(
                $"{operation}Response", new XElement($"{operation}Result", answer.ToXml()), new XElement("ResponseMetadata", new XElement("RequestId", RequestId.Of(context)))));

    public static Task RefuseAsync(HttpContext context, Refusal refusal)
    {
        var (status, code) = QueryProtocol.ErrorOf(refusal);
        RequestTrail.Of(context)?.ErrorCode = code;
        RequestId.Write(context);
        if (!IsCbor(context) && !context.Request.Headers.ContainsKey("X-Amz-Target"))
        {
            return QueryProtocol.WriteErrorAsync(context, Namespace, status, code, refusal.Message);
        }

        // What clients that knew the query protocol look for.
        context.Response.Headers["x-amzn-query-error"] = $"{code};{(status < 500 ? "Sender" : "Receiver")}";
        var error = new Answer(("__type", $"com.amazonaws.cloudwatch#{Shapes.GetValueOrDefault(code, code)}"), ("message", refusal.Message));
        return IsCbor(context) ? SendAsync(context, status, Cbor, error.ToCbor()) : SendAsync(context, status, "application/x-amz-json-1.0", error.ToJson());
    }

    private static bool IsCbor(HttpContext context) => context.Request.RouteValues.ContainsKey("operation");

    private static async Task SendAsync(HttpContext context, int status, string type, ReadOnlyMemory<byte> body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        if (type == Cbor)
        {
            context.Response.Headers[Protocol] = CborProtocol;
        }

        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
