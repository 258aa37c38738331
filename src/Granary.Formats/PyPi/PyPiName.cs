using System.Text;

namespace Granary.Formats.PyPi;

/// <summary>Names of projects: PEP 508 says what may be one, PEP 503 which are the same.</summary>
internal static class PyPiName
{
    // Longer than any that is in use, and short enough to be a part of a file's name.
    private const int MaxLength = 200;

    /// <summary>ASCII letters, digits, hyphens, dots and underscores, a letter or digit first and last.</summary>
    public static bool IsValid(string name) =>
        name.Length is > 0 and <= MaxLength
        && char.IsAsciiLetterOrDigit(name[0]) && char.IsAsciiLetterOrDigit(name[^1])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_');

    /// <summary>PEP 503: lower-case, and a run of - _ . is one hyphen.</summary>
    public static string Normalize(string value)
    {
        var name = new StringBuilder(value.Length);
        foreach (var c in value)
        {
            if (c is not ('-' or '_' or '.'))
            {
                name.Append(char.ToLowerInvariant(c));
            }
            else if (name.Length == 0 || name[^1] != '-')
            {
                name.Append('-');
            }
        }

        return name.ToString();
    }
}
