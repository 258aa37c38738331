using System.Buffers;

namespace Granary.Formats.Npm;

/// <summary>
/// The names that a dist-tag may have: what needs no escaping in a URL and is not a version range, since <c>npm install p@x</c> has to
/// tell one from the other.
/// </summary>
public static class NpmTag
{
    /// <summary>The longest tag, in characters. npm names no limit; this one keeps a tag within a database key.</summary>
    public const int MaxLength = 214;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()");

    public static bool IsValid(string tag) =>
        tag.Length is > 0 and <= MaxLength
        && !tag.AsSpan().ContainsAnyExcept(Allowed)
        && tag is not ("." or ".." or "__proto__")
        && !IsRange(tag);

    // Among the allowed characters a range is an x-range (1, v1.2, 1.x, 1.2.3-rc.1, *), with or without a tilde: every other
    // operator, the hyphen range and the union need a character that no tag has.
    private static bool IsRange(string tag)
    {
        var rest = tag.AsSpan().TrimStart('~').TrimStart('v');
        for (var part = 0; part < 3; part++)
        {
            var length = PartLength(rest);
            if (length == 0)
            {
                return false;
            }

            rest = rest[length..];
            if (rest.IsEmpty)
            {
                return true;
            }

            if (part == 2)
            {
                return rest[0] == '-' && rest.Length > 1;
            }

            if (rest[0] != '.')
            {
                return false;
            }

            rest = rest[1..];
        }

        return false;
    }

    private static int PartLength(ReadOnlySpan<char> rest)
    {
        if (!rest.IsEmpty && rest[0] is 'x' or 'X' or '*')
        {
            return 1;
        }

        var end = rest.IndexOfAnyExceptInRange('0', '9');
        return end < 0 ? rest.Length : end;
    }
}
