using System.Text;

namespace Granary.Core.Database;

/// <summary>
/// Text as both engines hold and order it: by the bytes of its UTF-8, which is the order of its code points and not quite
/// that of .NET's <see cref="StringComparer.Ordinal"/>.
/// </summary>
internal static class StoredText
{
    /// <summary>PostgreSQL holds no NUL, and neither engine half of a surrogate pair: nothing of such a name exists.</summary>
    public static bool CanHold(string text)
    {
        for (var rest = text.AsSpan(); rest.Length > 0;)
        {
            if (rest[0] == '\0' || Rune.DecodeFromUtf16(rest, out _, out var length) is not System.Buffers.OperationStatus.Done)
            {
                return false;
            }

            rest = rest[length..];
        }

        return true;
    }

    /// <summary>The text with U+FFFD in the place of what no engine holds, for texts that people read and nobody looks up.</summary>
    public static string? Holdable(string? text) =>
        text is null || CanHold(text) ? text : string.Concat(text.EnumerateRunes().Select(r => r.Value == 0 ? Rune.ReplacementChar : r));

    /// <summary>The least text that is greater than everything that begins with the prefix; null when there is none.</summary>
    public static string? PastPrefix(string prefix)
    {
        var runes = prefix.EnumerateRunes().ToList();
        while (runes is [.. var head, var last])
        {
            if (last.Value < 0x10FFFF)
            {
                // The code points between are surrogates, which are no characters.
                var next = new Rune(last.Value == 0xD7FF ? 0xE000 : last.Value + 1);
                return string.Concat(head.Append(next));
            }

            runes.RemoveAt(runes.Count - 1);
        }

        return null;
    }
}
