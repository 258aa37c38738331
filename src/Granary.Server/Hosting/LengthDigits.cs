using System.Text;

namespace Granary.Server.Hosting;

/// <summary>
/// How Content-Length is read: digits are what they are, anything else becomes a text that is no number. Left to itself Kestrel takes
/// "+3" for 3, which a proxy in front may read in another way.
/// </summary>
internal sealed class LengthDigits : ASCIIEncoding
{
    // The digits of long.MaxValue; Kestrel offers room for one more.
    private const int Most = 19;

    public static LengthDigits Instance { get; } = new();

    public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        if (bytes.Length <= Most && !bytes.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return base.GetChars(bytes, chars);
        }

        chars[0] = '?';
        return 1;
    }
}
