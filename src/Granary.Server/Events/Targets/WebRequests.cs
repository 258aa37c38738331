using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Granary.Server.Events.Targets;

/// <summary>Makes the request to an API destination out of its address, its connection, the target's parameters and the payload.</summary>
internal static class WebRequests
{
    private const string EventIdHeader = "X-Granary-Event-Id";
    private const string SignatureHeader = "X-Granary-Signature";

    private static readonly MediaTypeHeaderValue json = new("application/json", "utf-8");

    // Framing and routing are not a parameter's matter, and neither is what this server says of itself.
    private static readonly HashSet<string> Forbidden = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Content-Encoding", "Content-Length", "Expect", "Host", "Keep-Alive", "Max-Forwards", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer",
        "Transfer-Encoding", "Upgrade", "Via", EventIdHeader, SignatureHeader,
    };

    // What the client keeps with the body, beside the names that say so.
    private static readonly HashSet<string> OfContent = new(StringComparer.OrdinalIgnoreCase) { "Allow", "Expires", "Last-Modified" };

    /// <summary>The request without what proves who sends.</summary>
    /// <exception cref="FormatException">The parameters make no request; the message says which, and no value that is secret.</exception>
    public static HttpRequestMessage Create(TargetCall call, WebDestination destination, WebhookKeys keys, TimeProvider clock)
    {
        using var document = Read(call.Event);
        var added = destination.Authorization?.Added ?? WebParameters.None;
        var address = WithQuery(
            Address(destination.Endpoint, [.. call.Settings.PathParameters.Select(value => DynamicParameters.Resolve(value, document.RootElement))]),
            Merged(call.Settings.QueryStringParameters, added.Query, document.RootElement));
        var method = HttpMethod.Parse(destination.Method);
        var body = HasBody(method) ? Encoding.UTF8.GetBytes(Body(call.Payload, added.Body)) : [];
        var request = new HttpRequestMessage(method, address) { Content = HasBody(method) ? new ByteArrayContent(body) : null };
        request.Headers.UserAgent.ParseAdd("Granary/0.1");
        request.Content?.Headers.ContentType = json;
        foreach (var (name, value) in Merged(call.Settings.HeaderParameters, added.Headers, document.RootElement))
        {
            AddHeader(request, name, value);
        }

        request.Headers.Add(EventIdHeader, call.EventId);
        request.Headers.Add(SignatureHeader, keys.Sign(destination.Id, clock.GetUtcNow(), body));
        return request;
    }

    /// <summary>Sets a header; one that frames the message is left out, as EventBridge does.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static void AddHeader(HttpRequestMessage request, string name, string value)
    {
        if (Forbidden.Contains(name))
        {
            return;
        }

        HttpHeaders? headers = OfContent.Contains(name) || name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) ? request.Content?.Headers : request.Headers;
        if (headers is not null && (value.AsSpan().ContainsAny('\r', '\n', '\0') || !TrySet(headers, name, value)))
        {
            throw new FormatException($"The header parameter {name} is no header of a request, or its value holds a line break.");
        }
    }

    /// <summary>The address with parameters after those that it has.</summary>
    public static Uri WithQuery(Uri address, IEnumerable<KeyValuePair<string, string>> parameters)
    {
        var query = string.Join('&', parameters.Select(p => $"{Uri.EscapeDataString(p.Key)}={Uri.EscapeDataString(p.Value)}"));
        return query.Length == 0 ? address : new UriBuilder(address) { Query = address.Query.Length > 1 ? $"{address.Query}&{query}" : query }.Uri;
    }

    /// <summary>The endpoint with the values in the places of its stars. A value stays one segment of the path, whatever it holds.</summary>
    private static Uri Address(string endpoint, IReadOnlyList<string> values)
    {
        var host = endpoint.IndexOf("://", StringComparison.Ordinal) + "://".Length;
        var length = endpoint.AsSpan(host).IndexOfAny('/', '?');
        var path = length < 0 ? endpoint.Length : host + length;
        if (endpoint.AsSpan(0, path).Contains('*'))
        {
            throw new FormatException("A star can stand in the path of an API destination only.");
        }

        var pieces = endpoint[path..].Split('*');
        if (pieces.Length - 1 > values.Count)
        {
            throw new FormatException($"The address of the API destination has {pieces.Length - 1} stars and the target only {values.Count} values for them. Set HttpParameters.PathParameterValues.");
        }

        var text = new StringBuilder(endpoint[..path]).Append(pieces[0]);
        for (var i = 1; i < pieces.Length; i++)
        {
            if (values[i - 1] is "" or "." or "..")
            {
                throw new FormatException($"Path parameter {i} is empty or a dot segment.");
            }

            text.Append(Uri.EscapeDataString(values[i - 1])).Append(pieces[i]);
        }

        return Uri.TryCreate(text.ToString(), UriKind.Absolute, out var address) && address.Scheme is "https" or "http"
            ? address
            : throw new FormatException("The address of the API destination is none.");
    }

    // Where both have a parameter, the connection's counts.
    private static Dictionary<string, string> Merged(
        IReadOnlyDictionary<string, string> target, IReadOnlyList<KeyValuePair<string, string>> connection, JsonElement @event)
    {
        var merged = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in target)
        {
            merged[name] = DynamicParameters.Resolve(value, @event);
        }

        foreach (var (name, value) in connection)
        {
            merged[name] = value;
        }

        return merged;
    }

    private static JsonDocument Read(string @event)
    {
        try
        {
            return JsonDocument.Parse(@event);
        }
        catch (JsonException failure)
        {
            throw new FormatException("The event is no JSON.", failure);
        }
    }

    private static bool TrySet(HttpHeaders headers, string name, string value)
    {
        try
        {
            headers.Remove(name);
            return headers.TryAddWithoutValidation(name, value);
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static bool HasBody(HttpMethod method) => method != HttpMethod.Get && method != HttpMethod.Head && method != HttpMethod.Options;

    private static string Body(string payload, IReadOnlyList<KeyValuePair<string, string>> added)
    {
        if (added.Count == 0)
        {
            return payload;
        }

        try
        {
            if (JsonNode.Parse(payload) is JsonObject body)
            {
                foreach (var (name, value) in added)
                {
                    body[name] = value;
                }

                return body.ToJsonString();
            }
        }
        catch (JsonException)
        {
        }

        throw new FormatException("The connection adds parameters to the body, and the target's input makes no JSON object.");
    }
}
