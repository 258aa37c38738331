using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

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
        if (json.NameIs("name"u8))
        {
            json.Read();
            Name = NpmJsonDocument.UncheckedText(ref json);
        }
        else if (json.NameIs("dist-tags"u8))
        {
            ReadObject(ref json, static (document, key, ref value) =>
            {
                // A name that no client can set is no tag, whoever lists it.
                if (NpmTag.IsValid(key) && NpmJsonDocument.UncheckedText(ref value) is { } version)
                {
                    document.Tags[key] = version;
                }
            });
        }
        else if (json.NameIs("time"u8))
        {
            ReadObject(ref json, static (document, key, ref value) =>
            {
                if (value.TokenType is JsonTokenType.String && value.TryGetDateTimeOffset(out var time))
                {
                    document.Times[key] = time;
                }
            });
        }
        else if (json.NameIs("versions"u8))
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
        private bool versionsNext;
        private bool versionsWrong;
        private string? found;
        private bool isObject;
        private bool begun;

        public string? Fault =>
            !isObject ? "it is not a JSON object."
            : found != name ? "it is about another package."
            : versionsWrong ? "its versions are not an object of objects."
            : null;

        public int Feed(ReadOnlySpan<byte> bytes, bool isFinal)
        {
            var json = new Utf8JsonReader(bytes, isFinal, state);
            while (json.Read())
            {
                DemandText(ref json);
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
                else if (versionsNext)
                {
                    // A package whose versions were all withdrawn has no such member. Null or a list is an accident, and no word on what exists.
                    versionsNext = false;
                    versionsWrong = json.TokenType is not JsonTokenType.StartObject;
                }
                else if (json.TokenType is JsonTokenType.PropertyName)
                {
                    nameNext = json.CurrentDepth == 1 && json.NameIs("name"u8);
                    versionsNext = json.CurrentDepth == 1 && json.NameIs("versions"u8);
                }
            }

            state = json.CurrentState;
            return (int)json.BytesConsumed;
        }

        // The reader looks at no byte of a string, and what is no UTF-8 is copied into answers. Halves of surrogate pairs stand in the values
        // of old packages; in the name of a member they do nothing but harm.
        private static void DemandText(ref Utf8JsonReader json)
        {
            var isName = json.TokenType is JsonTokenType.PropertyName;
            if ((isName || json.TokenType is JsonTokenType.String) && !Utf8.IsValid(json.ValueSpan))
            {
                throw new JsonException("it is not UTF-8.");
            }

            if (isName && json.ValueIsEscaped && NpmJsonDocument.UncheckedText(ref json) is null)
            {
                throw new JsonException("a member's name in it is not text.");
            }
        }
    }
}
