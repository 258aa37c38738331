using System.Text;

namespace Granary.Server.ControlPlane;

/// <summary>
/// A list of texts in few bytes: of each character a bit and then 7 bits of ASCII or 21 bits of any other code point, and after each
/// text a NUL, which no stored text holds. The longest key of a page, two names of 255 characters outside the basic plane, takes 1.4 KiB,
/// where its UTF-8 would take 2.
/// </summary>
internal static class PackedTexts
{
    private const int FirstOfOthers = 0x80;
    private const int LengthOfAscii = 8;
    private const int LengthOfOthers = 22;

    public static byte[] Pack(IReadOnlyList<string> texts)
    {
        var bytes = new List<byte>();
        var (held, count) = (0u, 0);
        foreach (var text in texts)
        {
            foreach (var rune in text.EnumerateRunes())
            {
                Add(rune.Value);
            }

            Add(0);
        }

        if (count > 0)
        {
            bytes.Add((byte)(held << (8 - count)));
        }

        return [.. bytes];

        // At most 7 bits are held from before, so that 32 are room enough; bits that were handed on fall off at the top.
        void Add(int value)
        {
            var isAscii = value < FirstOfOthers;
            var length = isAscii ? LengthOfAscii : LengthOfOthers;
            held = (held << length) | (uint)value | (isAscii ? 0 : 1u << (LengthOfOthers - 1));
            for (count += length; count >= 8;)
            {
                count -= 8;
                bytes.Add((byte)(held >> count));
            }
        }
    }

    /// <summary>Reads what <see cref="Pack"/> wrote, and nothing else: the bytes must be known to be unchanged.</summary>
    public static IReadOnlyList<string> Unpack(byte[] bytes)
    {
        var texts = new List<string>();
        var text = new StringBuilder();
        // What is left at the end are less bits than the shortest character has.
        for (var at = 0; (bytes.Length * 8) - at >= LengthOfAscii;)
        {
            var length = Read(at, 1) == 0 ? LengthOfAscii : LengthOfOthers;
            var value = Read(at + 1, length - 1);
            at += length;
            if (value != 0)
            {
                text.Append(new Rune(value));
                continue;
            }

            texts.Add(text.ToString());
            text.Clear();
        }

        return texts;

        int Read(int from, int length)
        {
            var value = 0;
            for (var at = from; at < from + length; at++)
            {
                value = (value << 1) | ((bytes[at / 8] >> (7 - (at % 8))) & 1);
            }

            return value;
        }
    }
}
