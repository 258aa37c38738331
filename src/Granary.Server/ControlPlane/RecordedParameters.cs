using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Core.Trail;

namespace Granary.Server.ControlPlane;

/// <summary>
/// The parameters of a call as the audit trail tells them: under the names of AWS's records, secrets hidden, bounded in size. They are
/// what the client sent, valid or not.
/// </summary>
internal static class RecordedParameters
{
    private const int LongestName = 128;
    private const int MostMembers = 256;

    // The longest member of any call is a policy document, 10,240 characters at most.
    private const int LongestValue = 10_240;
    private const int Largest = 64 << 10;

    private static readonly JsonDocumentOptions Reading = new() { AllowDuplicateProperties = false, MaxDepth = 32 };
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly Dictionary<string, string> Names = new(StringComparer.Ordinal)
    {
        ["domain"] = "domainName",
        ["repository"] = "repositoryName",
        ["format"] = "packageFormat",
        ["namespace"] = "packageNamespace",
        ["package"] = "packageName",
        ["version"] = "packageVersion",
    };

    /// <summary>Of an operation of CodeArtifact: from its query and its JSON body.</summary>
    public static ReadOnlyMemory<byte> Of(QueryArguments query, ReadOnlyMemory<byte> body)
    {
        var members = new JsonObject();
        foreach (var (name, value) in query.All.Take(MostMembers))
        {
            Add(members, Named(Camel(name)), value);
        }

        return Write(members, body);
    }

    /// <summary>Of a call whose parameters are all in a JSON body.</summary>
    public static ReadOnlyMemory<byte> Of(ReadOnlyMemory<byte> body) => Write([], body);

    /// <summary>Of an action of the query protocol: <c>Tags.member.1.Key</c> becomes the key of the first of the tags.</summary>
    public static ReadOnlyMemory<byte> OfForm(QueryArguments form)
    {
        var members = new JsonObject();
        foreach (var (name, value) in form.All.Take(MostMembers).Where(p => p.Key is not ("Action" or "Version")))
        {
            Place(members, name.Split('.'), value);
        }

        return Write(members, default);
    }

    private static void Place(JsonObject members, string[] path, string value)
    {
        var at = members;
        foreach (var part in path[..^1].Take(8))
        {
            var name = Lower(part);
            at[name] ??= new JsonObject();
            if (at[name] is not JsonObject inner)
            {
                return;
            }

            at = inner;
        }

        Add(at, Lower(path[^1]), value);
    }

    private static void Add(JsonObject members, string name, string value)
    {
        name = Cut(name, LongestName);
        if (!members.ContainsKey(name))
        {
            members.Add(name, IsSecret(name) ? TrailRecord.Hidden : Cut(value, LongestValue));
        }
    }

    private static ReadOnlyMemory<byte> Write(JsonObject members, ReadOnlyMemory<byte> body)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Writing))
        {
            json.WriteStartObject();
            foreach (var (name, value) in members)
            {
                json.WritePropertyName(name);
                Lists(value!).WriteTo(json);
            }

            WriteBody(json, members, body);
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    /// <summary>What the query protocol numbers is a list.</summary>
    private static JsonNode Lists(JsonNode node)
    {
        if (node is not JsonObject members)
        {
            return node.DeepClone();
        }

        if (members is { Count: 1 } && members["member"] is JsonObject numbered)
        {
            members = numbered;
        }

        var children = members.Select(m => (m.Key, Value: Lists(m.Value!))).ToList();
        return children.TrueForAll(c => int.TryParse(c.Key, out _))
            ? new JsonArray([.. children.Select(c => c.Value)])
            : new JsonObject(children.Select(c => KeyValuePair.Create(c.Key, (JsonNode?)c.Value)));
    }

    private static void WriteBody(Utf8JsonWriter json, JsonObject members, ReadOnlyMemory<byte> body)
    {
        if (body.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return;
        }

        try
        {
            var root = JsonElement.Parse(body.Span, Reading);
            if (root.ValueKind is JsonValueKind.Object)
            {
                foreach (var member in root.EnumerateObject().Where(m => !members.ContainsKey(Named(m.Name))).Take(MostMembers))
                {
                    Copy(json, Named(member.Name), member.Value);
                }
            }
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // What cannot be read is refused too, and the record says so.
        }
    }

    private static void Copy(Utf8JsonWriter json, string name, JsonElement value)
    {
        if (json.BytesCommitted + json.BytesPending > Largest)
        {
            return;
        }

        json.WritePropertyName(Cut(name, LongestName));
        if (IsSecret(name))
        {
            json.WriteStringValue(TrailRecord.Hidden);
            return;
        }

        CopyValue(json, value);
    }

    private static void CopyValue(Utf8JsonWriter json, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    Copy(json, member.Name, member.Value);
                }

                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var item in value.EnumerateArray().TakeWhile(_ => json.BytesCommitted + json.BytesPending <= Largest))
                {
                    CopyValue(json, item);
                }

                json.WriteEndArray();
                break;
            case JsonValueKind.String:
                json.WriteStringValue(TextOf(value));
                break;
            case JsonValueKind.Number when value.GetRawText() is { Length: > 64 }:
                json.WriteNullValue();
                break;
            default:
                value.WriteTo(json);
                break;
        }
    }

    // Half of a surrogate pair is no text.
    private static string TextOf(JsonElement value)
    {
        try
        {
            return Cut(value.GetString()!, LongestValue);
        }
        catch (InvalidOperationException)
        {
            return "\uFFFD";
        }
    }

    private static bool IsSecret(string name) =>
        (name.Contains("token", StringComparison.OrdinalIgnoreCase) && !name.Equals("nextToken", StringComparison.OrdinalIgnoreCase))
        || name.Contains("password", StringComparison.OrdinalIgnoreCase)
        || name.Contains("secret", StringComparison.OrdinalIgnoreCase)
        || name.Contains("credential", StringComparison.OrdinalIgnoreCase)
        || name.Contains("privateKey", StringComparison.OrdinalIgnoreCase)
        || name.Contains("samlAssertion", StringComparison.OrdinalIgnoreCase)
        // What a connection of EventBridge has to prove who sends, where a secret may have any name.
        || name.Equals("authParameters", StringComparison.OrdinalIgnoreCase);

    private static string Named(string name) => Names.GetValueOrDefault(name, name);

    /// <summary><c>domain-owner</c> becomes <c>domainOwner</c>.</summary>
    private static string Camel(string name) =>
        string.Concat(name.Split('-').Select((part, index) => index == 0 || part.Length == 0 ? part : $"{char.ToUpperInvariant(part[0])}{part[1..]}"));

    private static string Lower(string name) => name.Length == 0 ? name : $"{char.ToLowerInvariant(name[0])}{name[1..]}";

    private static string Cut(string text, int longest) =>
        text.Length <= longest ? text : text[..(char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest)];
}
