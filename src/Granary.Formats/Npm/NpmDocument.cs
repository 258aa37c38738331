using System.Buffers;
using System.Text.Json;

namespace Granary.Formats.Npm;

/// <summary>
/// A packument of a public source, indexed and not parsed: where each version's manifest lies in the bytes. A listing is
/// put together from these slices without building anything of what they contain.
/// </summary>
internal sealed class NpmDocument
{
    private NpmDocument(ReadOnlyMemory<byte> bytes) => Bytes = bytes;

    public ReadOnlyMemory<byte> Bytes { get; }

    public string? Name { get; private set; }

    public Dictionary<string, string> Tags { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, DateTimeOffset> Times { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, ReadOnlyMemory<byte>> Versions { get; } = new(StringComparer.Ordinal);

    /// <exception cref="JsonException">It is not a JSON object.</exception>
    public static NpmDocument Read(ReadOnlyMemory<byte> bytes)
    {
        var document = new NpmDocument(bytes);
        var json = new Utf8JsonReader(bytes.Span);
        json.Read();
        if (json.TokenType is not JsonTokenType.StartObject)
        {
            throw new JsonException("A packument is a JSON object.");
        }

        while (json.Read() && json.TokenType is JsonTokenType.PropertyName)
        {
            document.ReadMember(ref json);
        }

        return document;
    }

    private void ReadMember(ref Utf8JsonReader json)
    {
        if (json.ValueTextEquals("name"u8))
        {
            json.Read();
            Name = NpmJsonDocument.UncheckedText(ref json);
        }
        else if (json.ValueTextEquals("dist-tags"u8))
        {
            ReadObject(ref json, static (document, key, ref value) =>
            {
                if (NpmJsonDocument.UncheckedText(ref value) is { } version)
                {
                    document.Tags[key] = version;
                }
            });
        }
        else if (json.ValueTextEquals("time"u8))
        {
            ReadObject(ref json, static (document, key, ref value) =>
            {
                if (value.TokenType is JsonTokenType.String && value.TryGetDateTimeOffset(out var time))
                {
                    document.Times[key] = time;
                }
            });
        }
        else if (json.ValueTextEquals("versions"u8))
        {
            ReadObject(ref json, static (document, key, ref value) =>
            {
                var start = (int)value.TokenStartIndex;
                var isObject = value.TokenType is JsonTokenType.StartObject;
                value.Skip();
                // What is not a version by the ecosystem's own rule is of no use to any client.
                if (isObject && NpmVersion.IsValid(key))
                {
                    document.Versions[key] = document.Bytes[start..(int)value.BytesConsumed];
                }
            });
        }
        else
        {
            json.Read();
            json.Skip();
        }
    }

    private delegate void MemberReader(NpmDocument document, string key, ref Utf8JsonReader value);

    private void ReadObject(ref Utf8JsonReader json, MemberReader read)
    {
        json.Read();
        if (json.TokenType is not JsonTokenType.StartObject)
        {
            json.Skip();
            return;
        }

        while (json.Read() && json.TokenType is JsonTokenType.PropertyName)
        {
            var key = NpmJsonDocument.UncheckedText(ref json);
            json.Read();
            if (key is not null)
            {
                read(this, key, ref json);
            }

            json.Skip();
        }
    }

    /// <summary>Whether a stream is the packument of this package, read piece by piece; otherwise what is wrong with it.</summary>
    public static async Task<string?> CheckAsync(string name, Stream stream, CancellationToken cancellation)
    {
        var check = new Check(name);
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        var held = 0;
        try
        {
            while (true)
            {
                if (held == buffer.Length)
                {
                    buffer = Grow(buffer);
                }

                var read = await stream.ReadAsync(buffer.AsMemory(held), cancellation);
                held += read;
                var consumed = check.Feed(buffer.AsSpan(0, held), isFinal: read == 0);
                buffer.AsSpan(consumed, held - consumed).CopyTo(buffer);
                held -= consumed;
                if (read == 0)
                {
                    return check.Fault;
                }
            }
        }
        catch (JsonException failure)
        {
            return failure.LineNumber is null ? failure.Message : $"it is not JSON (byte {failure.BytePositionInLine} of line {failure.LineNumber}).";
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static byte[] Grow(byte[] buffer)
    {
        // A reader must hold a whole string; the longest real ones are readmes.
        if (buffer.Length >= 8 << 20)
        {
            throw new JsonException("a string in it is longer than 8 MiB.");
        }

        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private sealed class Check(string name)
    {
        private JsonReaderState state;
        private bool nameNext;
        private string? found;
        private bool isObject;
        private bool begun;

        public string? Fault => !isObject ? "it is not a JSON object." : found == name ? null : "it is about another package.";

        public int Feed(ReadOnlySpan<byte> bytes, bool isFinal)
        {
            var json = new Utf8JsonReader(bytes, isFinal, state);
            while (json.Read())
            {
                if (!begun)
                {
                    begun = true;
                    isObject = json.TokenType is JsonTokenType.StartObject;
                }
                else if (nameNext)
                {
                    nameNext = false;
                    found = NpmJsonDocument.UncheckedText(ref json);
                }
                else if (json.CurrentDepth == 1 && json.TokenType is JsonTokenType.PropertyName)
                {
                    nameNext = json.ValueTextEquals("name"u8);
                }
            }

            state = json.CurrentState;
            return (int)json.BytesConsumed;
        }
    }
}
