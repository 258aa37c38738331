using System.Buffers;
using System.Buffers.Binary;
using System.Formats.Cbor;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Xml.Linq;
using Granary.Server.Aws.Query;

namespace Granary.Server.Aws.Json;

/// <summary>
/// What an operation answers, apart from how it is written. Values are <see cref="Answer"/>, lists of objects, strings, booleans, whole and
/// other numbers, moments, or null for what is left out.
/// </summary>
internal sealed record Answer(params IReadOnlyList<(string Name, object? Value)> Members)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>AWS JSON: moments are seconds since 1970.</summary>
    public ReadOnlyMemory<byte> ToJson()
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body, Options))
        {
            Write(json, this);
        }

        return body.WrittenMemory;
    }

    /// <summary>Smithy's RPC v2 CBOR: moments carry tag 1.</summary>
    public ReadOnlyMemory<byte> ToCbor()
    {
        var cbor = new CborWriter();
        Write(cbor, this);
        return cbor.Encode();
    }

    /// <summary>The query protocol: lists are of elements <c>member</c>.</summary>
    public IReadOnlyList<XElement> ToXml() => [.. Members.Where(m => m.Value is not null).Select(m => Element(m.Name, m.Value!))];

    private static void Write(Utf8JsonWriter json, object value)
    {
        switch (value)
        {
            case Answer answer:
                json.WriteStartObject();
                foreach (var (name, member) in answer.Members.Where(m => m.Value is not null))
                {
                    json.WritePropertyName(name);
                    Write(json, member!);
                }

                json.WriteEndObject();
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case double number:
                json.WriteNumberValue(number);
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            case DateTimeOffset moment:
                json.WriteNumberValue(moment.ToUnixTimeSeconds());
                break;
            default:
                json.WriteStartArray();
                foreach (var item in (IEnumerable<object>)value)
                {
                    Write(json, item);
                }

                json.WriteEndArray();
                break;
        }
    }

    private static void Write(CborWriter cbor, object value)
    {
        switch (value)
        {
            case Answer answer:
                var members = answer.Members.Where(m => m.Value is not null).ToList();
                cbor.WriteStartMap(members.Count);
                foreach (var (name, member) in members)
                {
                    cbor.WriteTextString(name);
                    Write(cbor, member!);
                }

                cbor.WriteEndMap();
                break;
            case string text:
                cbor.WriteTextString(text);
                break;
            case bool flag:
                cbor.WriteBoolean(flag);
                break;
            case double number:
                WriteDouble(cbor, number);
                break;
            case long number:
                cbor.WriteInt64(number);
                break;
            case DateTimeOffset moment:
                cbor.WriteTag(CborTag.UnixTimeSeconds);
                cbor.WriteInt64(moment.ToUnixTimeSeconds());
                break;
            default:
                var items = ((IEnumerable<object>)value).ToList();
                cbor.WriteStartArray(items.Count);
                items.ForEach(item => Write(cbor, item));
                cbor.WriteEndArray();
                break;
        }
    }

    // In all eight bytes: the writer would take two where they are enough, which not every client reads.
    private static void WriteDouble(CborWriter cbor, double number)
    {
        Span<byte> encoded = stackalloc byte[9];
        encoded[0] = 0xFB;
        BinaryPrimitives.WriteDoubleBigEndian(encoded[1..], number);
        cbor.WriteEncodedValue(encoded);
    }

    private static XElement Element(string name, object value) => value switch
    {
        Answer answer => new XElement(name, answer.ToXml()),
        string text => new XElement(name, text),
        bool flag => new XElement(name, flag ? "true" : "false"),
        double number => new XElement(name, number.ToString("R", CultureInfo.InvariantCulture)),
        long number => new XElement(name, number.ToString(CultureInfo.InvariantCulture)),
        DateTimeOffset moment => new XElement(name, QueryProtocol.Time(moment)),
        _ => new XElement(name, ((IEnumerable<object>)value).Select(item => Element("member", item))),
    };
}
