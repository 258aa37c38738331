using System.Buffers;
using System.Formats.Cbor;
using System.Text.Json;
using Granary.Core;

namespace Granary.Server.Aws.Json;

/// <summary>Reads a body of Smithy's RPC v2 CBOR as the JSON that says the same.</summary>
internal static class CborBody
{
    private const int Deepest = 32;

    /// <exception cref="Refusal">Validation: it is no CBOR, or none that has a form in JSON.</exception>
    public static ReadOnlyMemory<byte> ToJson(ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty)
        {
            return body;
        }

        var output = new ArrayBufferWriter<byte>();
        try
        {
            var reader = new CborReader(body);
            using var json = new Utf8JsonWriter(output);
            Copy(reader, json, 0);
            return reader.BytesRemaining == 0 ? Flushed(json, output) : throw Unreadable();
        }
        catch (Exception failure) when (failure is CborContentException or InvalidOperationException or ArgumentException or OverflowException)
        {
            throw Unreadable();
        }
    }

    private static ReadOnlyMemory<byte> Flushed(Utf8JsonWriter json, ArrayBufferWriter<byte> output)
    {
        json.Flush();
        return output.WrittenMemory;
    }

    private static void Copy(CborReader reader, Utf8JsonWriter json, int depth)
    {
        if (depth > Deepest)
        {
            throw Unreadable();
        }

        switch (reader.PeekState())
        {
            case CborReaderState.StartMap:
                reader.ReadStartMap();
                json.WriteStartObject();
                while (reader.PeekState() is not CborReaderState.EndMap)
                {
                    json.WritePropertyName(reader.ReadTextString());
                    Copy(reader, json, depth + 1);
                }

                reader.ReadEndMap();
                json.WriteEndObject();
                break;
            case CborReaderState.StartArray:
                reader.ReadStartArray();
                json.WriteStartArray();
                while (reader.PeekState() is not CborReaderState.EndArray)
                {
                    Copy(reader, json, depth + 1);
                }

                reader.ReadEndArray();
                json.WriteEndArray();
                break;
            case CborReaderState.Tag:
                // Of moments: what follows are seconds since 1970.
                _ = reader.ReadTag();
                Copy(reader, json, depth + 1);
                break;
            default:
                CopyScalar(reader, json);
                break;
        }
    }

    private static void CopyScalar(CborReader reader, Utf8JsonWriter json)
    {
        switch (reader.PeekState())
        {
            case CborReaderState.UnsignedInteger:
                json.WriteNumberValue(reader.ReadUInt64());
                break;
            case CborReaderState.NegativeInteger:
                json.WriteNumberValue(reader.ReadInt64());
                break;
            case CborReaderState.HalfPrecisionFloat or CborReaderState.SinglePrecisionFloat or CborReaderState.DoublePrecisionFloat:
                json.WriteNumberValue(reader.ReadDouble());
                break;
            case CborReaderState.TextString or CborReaderState.StartIndefiniteLengthTextString:
                json.WriteStringValue(reader.ReadTextString());
                break;
            case CborReaderState.Boolean:
                json.WriteBooleanValue(reader.ReadBoolean());
                break;
            case CborReaderState.Null:
                reader.ReadNull();
                json.WriteNullValue();
                break;
            default:
                throw Unreadable();
        }
    }

    private static Refusal Unreadable() => Refusal.Validation($"The body must be one CBOR map of texts, numbers, lists and maps, no more than {Deepest} levels deep.", "SerializationException");
}
