using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Granary.Core.Transfer;

/// <summary>
/// Rows as lines of JSON: an array with one value for each column, bytes in base64. Equal rows give equal lines on both engines, so
/// that the digest of a table is that of its lines. One row at a time.
/// </summary>
internal sealed class RowLines(CopiedTable table) : IDisposable
{
    private readonly ArrayBufferWriter<byte> buffer = new(4096);
    private readonly Utf8JsonWriter json = new(Stream.Null, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

    /// <summary>The line with its end; good until the next call.</summary>
    public ReadOnlyMemory<byte> Write(object?[] row)
    {
        buffer.ResetWrittenCount();
        json.Reset(buffer);
        json.WriteStartArray();
        for (var i = 0; i < row.Length; i++)
        {
            Write(row[i]);
        }

        json.WriteEndArray();
        json.Flush();
        buffer.Write("\n"u8);
        return buffer.WrittenMemory;
    }

    /// <param name="line">Without its end.</param>
    /// <exception cref="InvalidDataException">It is no row of this table.</exception>
    public object?[] Read(ReadOnlySequence<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line);
            var row = new object?[table.Columns.Count];
            reader.Read();
            for (var i = 0; i < row.Length; i++)
            {
                reader.Read();
                row[i] = Read(ref reader, table.Columns[i]);
            }

            return reader.Read() && reader.TokenType is JsonTokenType.EndArray && !reader.Read() ? row : throw new JsonException("It has too many values.");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"a line is no row of {table.Name}: {fault.Message}");
        }
    }

    public void Dispose() => json.Dispose();

    private void Write(object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            case int number:
                json.WriteNumberValue(number);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case byte[] bytes:
                json.WriteBase64StringValue(bytes);
                break;
            default:
                json.WriteStringValue((string)value);
                break;
        }
    }

    private static object? Read(ref Utf8JsonReader reader, CopiedColumn column) => reader.TokenType is JsonTokenType.Null
        ? column.IsNullable ? null : throw new JsonException($"{column.Name} may not be null.")
        : column.Kind switch
        {
            ColumnKind.Number => reader.GetInt64(),
            ColumnKind.SmallNumber => reader.GetInt32(),
            ColumnKind.Flag => reader.GetBoolean(),
            ColumnKind.Bytes => reader.GetBytesFromBase64(),
            _ => reader.GetString(),
        };
}
