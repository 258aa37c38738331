using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Granary.Core.Events.Buses;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.EventBridge;

/// <summary>Members of a request that are kept as they were given, and answered so.</summary>
internal static class RawJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The JSON text of an object with those of the named members that were given.</summary>
    /// <param name="largest">In bytes.</param>
    /// <exception cref="Core.Refusal">Validation: it is larger, or holds what is no text.</exception>
    public static string Object(BodyArguments arguments, IReadOnlyList<string> names, int largest)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            foreach (var name in names)
            {
                if (arguments.Raw(name) is { } value)
                {
                    Check(name, value);
                    json.WritePropertyName(name);
                    value.WriteTo(json);
                }
            }

            json.WriteEndObject();
        }

        return buffer.WrittenCount <= largest
            ? Encoding.UTF8.GetString(buffer.WrittenSpan)
            : throw EventRefusals.Invalid($"The members {string.Join(", ", names)} are too large: together they may have {largest} bytes.");
    }

    /// <summary>Writes the members of an object that <see cref="Object"/> has made.</summary>
    public static void WriteMembers(Utf8JsonWriter json, string kept)
    {
        using var document = JsonDocument.Parse(kept);
        foreach (var member in document.RootElement.EnumerateObject())
        {
            member.WriteTo(json);
        }
    }

    // Half of a surrogate pair is found only when a text is read. The depth is bounded by the parser.
    private static void Check(string name, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    Check($"{name}.{member.Name}", member.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                {
                    Check(name, item);
                }

                break;
            case JsonValueKind.String:
                try
                {
                    _ = value.GetString();
                }
                catch (InvalidOperationException)
                {
                    throw EventRefusals.Invalid($"Value at '{name}' must be a string of whole Unicode characters.");
                }

                break;
        }
    }
}
