using System.Buffers.Text;
using Granary.Core;

namespace Granary.Formats.Npm;

/// <summary>
/// Decodes base64 (RFC 4648, section 4) that arrives in pieces, by its letter: no blanks, no URL alphabet, padding where it belongs, no stray
/// bits in the last group. The last group is held back, as only the end shows whether it may be padded.
/// </summary>
internal sealed class NpmBase64(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> sink, NpmPublishLimits limits)
{
    private readonly byte[] _text = new byte[64 << 10];
    private readonly byte[] _bytes = new byte[48 << 10];
    private int _length;

    /// <summary>Bytes decoded so far.</summary>
    public long Decoded { get; private set; }

    /// <summary>Takes as much of the text as fits; when less than all of it did, call <see cref="FlushAsync"/> and come again.</summary>
    public int Take(ReadOnlySpan<byte> text)
    {
        var count = Math.Min(text.Length, _text.Length - _length);
        text[..count].CopyTo(_text.AsSpan(_length));
        _length += count;
        return count;
    }

    /// <summary>Decodes what is there, but for the last group.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellation)
    {
        var whole = (Math.Max(_length - 1, 0) / 4) * 4;
        await DecodeAsync(whole, isFinal: false, cancellation);
        Buffer.BlockCopy(_text, whole, _text, 0, _length - whole);
        _length -= whole;
    }

    /// <summary>Decodes the last group.</summary>
    public async ValueTask EndAsync(CancellationToken cancellation)
    {
        await FlushAsync(cancellation);
        await DecodeAsync(_length, isFinal: true, cancellation);
        _length = 0;
    }

    private async ValueTask DecodeAsync(int count, bool isFinal, CancellationToken cancellation)
    {
        if (count == 0)
        {
            return;
        }

        var text = _text.AsMemory(0, count);
        Base64.DecodeFromUtf8(text.Span, _bytes, out _, out var written, isFinal);
        if (!IsExact(text.Span, _bytes.AsSpan(0, written)))
        {
            throw Refusal.Validation(
                "The attachment's data is not base64 as RFC 4648 has it: no blanks, the letters + and /, padded with = at its end.");
        }

        Decoded += written;
        if (Decoded > limits.TarballBytes)
        {
            throw Refusal.QuotaExceeded(
                ResourceType.Asset,
                NpmFormat.AssetName,
                $"The tarball is larger than {limits.TarballBytes:N0} bytes, the most that this server takes: publish a smaller package. The operator of this server can raise {limits.TarballSetting}.");
        }

        await sink(_bytes.AsMemory(0, written), cancellation);
    }

    // The runtime skips blanks and overlooks stray bits: the length shows the first, encoding the last group again the second.
    private static bool IsExact(ReadOnlySpan<byte> text, ReadOnlySpan<byte> bytes)
    {
        if (text.Length % 4 != 0 || bytes.Length <= (text.Length / 4 * 3) - 3 || bytes.Length > text.Length / 4 * 3)
        {
            return false;
        }

        Span<byte> again = stackalloc byte[4];
        var last = bytes[((text.Length / 4 * 3) - 3)..];
        Base64.EncodeToUtf8(last, again, out _, out _);
        return again.SequenceEqual(text[^4..]);
    }
}
