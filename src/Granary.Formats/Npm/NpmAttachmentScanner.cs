using System.Buffers;
using System.Text.Json;
using Granary.Core;

namespace Granary.Formats.Npm;

/// <summary>
/// Walks the bytes of a publish document as they arrive. The text of <c>_attachments.*.data</c> goes, decoded, to the sink; all the rest is
/// kept, with an empty string in its place. The scanner follows only as much of JSON as it takes to know
/// strings, names and nesting: what is kept is parsed in full afterwards, and that parse sees the same structure.
/// </summary>
internal sealed class NpmAttachmentScanner(NpmBase64 data, int metadataLimit)
{
    private static readonly SearchValues<byte> Structure = SearchValues.Create("\"{}[],:"u8);
    private static readonly SearchValues<byte> StringEnd = SearchValues.Create("\"\\"u8);

    private readonly ArrayBufferWriter<byte> _metadata = new(8 << 10);
    private readonly string?[] _path = new string?[4];
    private readonly bool[] _isObject = new bool[NpmJsonDocument.MaxDepth + 1];
    private readonly byte[] _escape = new byte[6];
    private Mode _mode;
    private int _depth;
    private bool _nameIsNext;
    private int _nameStart;
    private bool _escaped;
    private int _escapeLength;

    private enum Mode
    {
        Structure,
        Name,
        Text,
        Data,
    }

    /// <summary>Everything but the data, once the whole body was scanned.</summary>
    public ReadOnlyMemory<byte> Metadata => _metadata.WrittenMemory;

    /// <summary>The name of the attachment whose data went to the sink.</summary>
    public string? DataOf { get; private set; }

    /// <summary>Scans the next piece of the body, of any size.</summary>
    public async ValueTask ScanAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellation)
    {
        while (!piece.IsEmpty)
        {
            var used = _mode switch
            {
                Mode.Structure => ScanStructure(piece.Span),
                Mode.Data => await ScanDataAsync(piece, cancellation),
                _ => ScanString(piece.Span),
            };
            piece = piece[used..];
        }
    }

    private int ScanStructure(ReadOnlySpan<byte> piece)
    {
        var at = piece.IndexOfAny(Structure);
        if (at < 0)
        {
            Keep(piece);
            return piece.Length;
        }

        Keep(piece[..(at + 1)]);
        switch (piece[at])
        {
            case (byte)'{' or (byte)'[':
                Open(piece[at] == '{');
                break;
            case (byte)'}' or (byte)']':
                _depth = Math.Max(_depth - 1, 0);
                _nameIsNext = false;
                break;
            case (byte)',':
                _nameIsNext = _isObject[_depth];
                break;
            case (byte)':':
                _nameIsNext = false;
                break;
            default:
                OpenString();
                break;
        }

        return at + 1;
    }

    private void Open(bool isObject)
    {
        if (++_depth > NpmJsonDocument.MaxDepth)
        {
            throw Refusal.Validation($"The publish document is nested more than {NpmJsonDocument.MaxDepth} deep: make it flatter.");
        }

        _isObject[_depth] = isObject;
        _nameIsNext = isObject;
        if (_depth < _path.Length)
        {
            _path[_depth] = null;
        }
    }

    private void OpenString()
    {
        _nameStart = _metadata.WrittenCount;
        if (_nameIsNext)
        {
            _mode = Mode.Name;
        }
        else if (IsData())
        {
            DataOf = DataOf is null ? _path[2] : throw Refusal.Validation("The publish document has more than one tarball: publish one version at a time.");
            Keep("\""u8);
            _mode = Mode.Data;
        }
        else
        {
            _mode = Mode.Text;
        }
    }

    // The proof of origin that npm attaches beside the tarball is JSON text, small, and kept as it is.
    private bool IsData() =>
        _depth == 3 && _isObject[1] && _isObject[2] && _isObject[3]
        && _path[1] == "_attachments" && _path[3] == "data"
        && _path[2]?.EndsWith(NpmPublishDocument.ProvenanceExtension, StringComparison.Ordinal) == false;

    private int ScanString(ReadOnlySpan<byte> piece)
    {
        if (_escaped)
        {
            _escaped = false;
            Keep(piece[..1]);
            return 1;
        }

        var at = piece.IndexOfAny(StringEnd);
        Keep(at < 0 ? piece : piece[..(at + 1)]);
        if (_mode == Mode.Name && _metadata.WrittenCount - _nameStart > NpmJsonDocument.MaxKey + 1)
        {
            throw Refusal.Validation($"The publish document has a member whose name is longer than {NpmJsonDocument.MaxKey:N0} bytes: shorten it.");
        }

        if (at < 0)
        {
            return piece.Length;
        }

        if (piece[at] == '\\')
        {
            _escaped = true;
        }
        else
        {
            CloseString();
        }

        return at + 1;
    }

    private void CloseString()
    {
        if (_mode == Mode.Name && _depth < _path.Length)
        {
            _path[_depth] = Unescape(_metadata.WrittenSpan[(_nameStart - 1)..]);
        }

        _mode = Mode.Structure;
    }

    private async ValueTask<int> ScanDataAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellation)
    {
        if (_escapeLength > 0)
        {
            await ScanEscapeAsync(piece.Span[0], cancellation);
            return 1;
        }

        var at = piece.Span.IndexOfAny(StringEnd);
        var text = at < 0 ? piece : piece[..at];
        var taken = data.Take(text.Span);
        if (taken < text.Length)
        {
            await data.FlushAsync(cancellation);
            return taken;
        }

        if (at < 0)
        {
            return piece.Length;
        }

        if (piece.Span[at] == '\\')
        {
            _escape[_escapeLength++] = (byte)'\\';
        }
        else
        {
            await data.EndAsync(cancellation);
            _mode = Mode.Structure;
        }

        return at + 1;
    }

    // JSON may escape the slash and the plus of base64, and some writers do.
    private async ValueTask ScanEscapeAsync(byte next, CancellationToken cancellation)
    {
        _escape[_escapeLength++] = next;
        if (_escapeLength < (_escape[1] == 'u' ? 6 : 2))
        {
            return;
        }

        var decoded = Unescape([(byte)'"', .. _escape.AsSpan(0, _escapeLength), (byte)'"']);
        _escapeLength = 0;
        // What is no letter of base64 becomes a blank, which the decoder refuses.
        byte[] letter = [decoded is [var c] && char.IsAscii(c) ? (byte)c : (byte)' '];
        if (data.Take(letter) == 0)
        {
            await data.FlushAsync(cancellation);
            data.Take(letter);
        }
    }

    private static string Unescape(ReadOnlySpan<byte> quoted)
    {
        try
        {
            var reader = new Utf8JsonReader(quoted);
            reader.Read();
            return reader.GetString()!;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Refusal.Validation("The publish document has a name or an attachment that is not a valid JSON string.");
        }
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_metadata.WrittenCount + bytes.Length > metadataLimit)
        {
            throw Refusal.TooLarge($"The publish document, its tarball aside, is larger than {metadataLimit:N0} bytes: shorten the manifest or the readme.");
        }

        _metadata.Write(bytes);
    }
}
