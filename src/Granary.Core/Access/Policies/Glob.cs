namespace Granary.Core.Access.Policies;

/// <summary>
/// Wildcards of policies, in two characters that no text of a policy or a request has (Unicode noncharacters), so that a
/// star which came out of a variable stays a star.
/// </summary>
internal static class Glob
{
    public const char Any = '\uFFFF';
    public const char One = '\uFFFE';

    /// <summary>Whether the whole text has the pattern's form. Time is at most the product of both lengths; nothing recurses.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text, bool ignoreCase)
    {
        var (p, t) = (0, 0);
        var (star, mark) = (-1, 0);
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == Any)
            {
                star = p++;
                mark = t;
            }
            else if (p < pattern.Length && (pattern[p] == One || Same(pattern[p], text[t], ignoreCase)))
            {
                p++;
                t++;
            }
            else if (star >= 0)
            {
                // The last star takes one character more; earlier ones never need to.
                p = star + 1;
                t = ++mark;
            }
            else
            {
                return false;
            }
        }

        return pattern[p..].IndexOfAnyExcept(Any) < 0;
    }

    /// <summary>
    /// As <see cref="Matches"/>, by the six parts of an ARN, so that a wildcard in one does not reach into the next. A pattern with
    /// fewer parts matches only where it ends with a star, which then stands for all that follows.
    /// </summary>
    public static bool MatchesArn(ReadOnlySpan<char> pattern, ReadOnlySpan<char> arn)
    {
        for (var part = 0; part < 5; part++)
        {
            var (end, stop) = (pattern.IndexOf(':'), arn.IndexOf(':'));
            if (end < 0)
            {
                return pattern is [.., Any] && Matches(pattern, arn, ignoreCase: false);
            }

            if (stop < 0 || !Matches(pattern[..end], arn[..stop], ignoreCase: false))
            {
                return false;
            }

            pattern = pattern[(end + 1)..];
            arn = arn[(stop + 1)..];
        }

        return Matches(pattern, arn, ignoreCase: false);
    }

    // ASCII only: an action's Kelvin sign is not a k.
    private static bool Same(char a, char b, bool ignoreCase) =>
        a == b || (ignoreCase && char.IsAsciiLetter(a) && (a | 0x20) == (b | 0x20) && char.IsAsciiLetter(b));
}
