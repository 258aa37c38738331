using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Granary.Core;
using Granary.Formats;
using Granary.Server.Authentication;
using Granary.Server.ControlPlane;
using Granary.Server.Hosting;

namespace Granary.Server.Aws.Query;

/// <summary>AWS's query protocol, which IAM and STS speak.</summary>
/// <param name="signingName">The service's name in signatures and in the names of its actions.</param>
/// <param name="version">The version of the API, which each request names.</param>
/// <param name="xmlns">The namespace of the answers.</param>
/// <param name="unsigned">The actions that need no signature.</param>
internal sealed class QueryProtocol(
    string signingName, string version, string xmlns, IReadOnlyList<QueryAction> actions, params IReadOnlyList<string> unsigned)
{
    // A carriage return stays one.
    private static readonly XmlWriterSettings Format = new()
    {
        Async = true,
        Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        NewLineHandling = NewLineHandling.Entitize,
        OmitXmlDeclaration = true,
    };

    private readonly FrozenDictionary<string, QueryAction> byName = actions.ToFrozenDictionary(action => action.Name, StringComparer.Ordinal);

    public IReadOnlyList<QueryAction> Actions => actions;

    public AwsService Service => new(signingName, RunAsync, new Dialect(RefuseAsync), unsigned.Count == 0 ? null : IsUnsigned);

    /// <summary>A moment as the answers have it: whole seconds of UTC.</summary>
    public static string Time(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private async Task RunAsync(HttpContext context, Caller? caller, ReadOnlyMemory<byte> body)
    {
        var arguments = Read(body);
        var name = arguments.Optional("Action", TextShape.Any) ?? throw Refusal.Named(RefusalKind.Validation, "MissingAction", "The request has no Action.");
        if (!byName.TryGetValue(name, out var action) || (arguments.Optional("Version", TextShape.Any) is { } asked && asked != version))
        {
            throw Refusal.Named(RefusalKind.Validation, "InvalidAction", $"This version of Granary has no action of that name and version in {signingName}.");
        }

        if (RequestTrail.Of(context) is { } record)
        {
            record.Call($"{signingName}.amazonaws.com", name);
            record.Parameters = RecordedParameters.OfForm(arguments);
        }

        var call = new QueryCall(context, $"{signingName}:{name}", caller?.Principal, arguments);
        var result = await action.RunAsync(call);
        if (!call.Authorised)
        {
            throw new InvalidOperationException($"{call.Action} has not asked the evaluator.");
        }

        var id = RequestId.Of(context);
        await WriteAsync(context, StatusCodes.Status200OK, xmlns, new XElement(
            $"{name}Response",
            result.Count == 0 && !action.AlwaysHasResult ? null : new XElement($"{name}Result", result),
            new XElement("ResponseMetadata", new XElement("RequestId", id))));
    }

    private bool IsUnsigned(ReadOnlyMemory<byte> body)
    {
        try
        {
            return Read(body).Optional("Action", TextShape.Any) is { } action && unsigned.Contains(action);
        }
        catch (Refusal)
        {
            return false;
        }
    }

    private static QueryArguments Read(ReadOnlyMemory<byte> body) => new(Encoding.Latin1.GetString(body.Span).AsSpan().Trim());

    private Task RefuseAsync(HttpContext context, Refusal refusal)
    {
        var (status, code) = ErrorOf(refusal);
        RequestTrail.Of(context)?.ErrorCode = code;
        RequestId.Write(context);
        return WriteErrorAsync(context, xmlns, status, code, refusal.Message);
    }

    /// <summary>The status and the code by which clients of this protocol know a refusal.</summary>
    public static (int Status, string Code) ErrorOf(Refusal refusal) => refusal.Kind switch
    {
        RefusalKind.Validation => (400, refusal.Code ?? "ValidationError"),
        RefusalKind.NotSupported or RefusalKind.TooLarge => (400, "ValidationError"),
        RefusalKind.Unauthenticated when refusal.Code == AuthenticationFailure.IncompleteCode => (400, "IncompleteSignature"),
        RefusalKind.Unauthenticated => (403, refusal.Code switch
        {
            AuthenticationFailure.InvalidCode => "SignatureDoesNotMatch",
            AuthenticationFailure.MissingCode => "MissingAuthenticationToken",
            AuthenticationFailure.ExpiredCode => "ExpiredToken",
            AuthenticationFailure.UnknownKeyCode or null => "InvalidClientTokenId",
            var other => other,
        }),
        RefusalKind.AccessDenied => (403, refusal.Code ?? "AccessDenied"),
        RefusalKind.NotFound => (404, refusal.Code ?? "NoSuchEntity"),
        RefusalKind.Conflict => (409, refusal.Code ?? "EntityAlreadyExists"),
        RefusalKind.QuotaExceeded => (409, refusal.Code ?? "LimitExceeded"),
        RefusalKind.Throttled => (400, "Throttling"),
        RefusalKind.SourceFailed => (400, refusal.Code ?? "IDPCommunicationError"),
        RefusalKind.Unavailable or RefusalKind.StorageFull => (503, "ServiceUnavailable"),
        _ => (500, "ServiceFailure"),
    };

    public static Task WriteErrorAsync(HttpContext context, string xmlns, int status, string code, string message) => WriteAsync(context, status, xmlns, new XElement(
        "ErrorResponse",
        new XElement("Error", new XElement("Type", status < 500 ? "Sender" : "Receiver"), new XElement("Code", code), new XElement("Message", message)),
        new XElement("RequestId", RequestId.Of(context))));

    public static async Task WriteAsync(HttpContext context, int status, string xmlns, XElement root)
    {
        XNamespace space = xmlns;
        foreach (var element in root.DescendantsAndSelf())
        {
            element.Name = space + element.Name.LocalName;
            if (!element.HasElements && !element.IsEmpty)
            {
                element.Value = Writable(element.Value);
            }
        }

        using var bytes = new MemoryStream();
        await using (var writer = XmlWriter.Create(bytes, Format))
        {
            root.Save(writer);
        }

        var body = bytes.ToArray();
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/xml";
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    // XML has no control characters, whatever a request said that an answer or a refusal repeats.
    private static string Writable(string text) =>
        text.All(c => XmlConvert.IsXmlChar(c) || char.IsSurrogate(c)) ? text
        : string.Concat(text.Select(c => XmlConvert.IsXmlChar(c) || char.IsSurrogate(c) ? c : '\uFFFD'));
}
