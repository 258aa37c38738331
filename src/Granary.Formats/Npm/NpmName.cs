using System.Buffers;

namespace Granary.Formats.Npm;

/// <summary>
/// A package's name as npm spells it: <c>name</c> or <c>@scope/name</c>. Case is kept and compared exactly. Names are ASCII
/// throughout, so that no two of them look alike; parsing is one pass over at most <see cref="MaxLength"/> characters.
/// </summary>
public sealed record NpmName
{
    /// <summary>The longest full spelling, in characters, scope included; npm's own limit.</summary>
    public const int MaxLength = 214;

    // What encodeURIComponent leaves alone, which is npm's rule for every name there ever was.
    private static readonly SearchValues<char> Legacy =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()");

    private static readonly SearchValues<char> Modern = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");

    private NpmName(string? scope, string name)
    {
        Scope = scope;
        Name = name;
        Full = scope is null ? name : $"@{scope}/{name}";
    }

    /// <summary>The scope without <c>@</c>, or null: the namespace of CodeArtifact.</summary>
    public string? Scope { get; }

    /// <summary>The part after the scope.</summary>
    public string Name { get; }

    /// <summary>The spelling that clients use, <c>@scope/name</c> for a scoped package.</summary>
    public string Full { get; }

    /// <summary>
    /// Whether a package of this name may be created today: lower-case letters, digits, hyphen, underscore and dot only, no dot at the end. Names
    /// of Node's own modules are allowed, as they are in use for what replaces those modules in browsers.
    /// </summary>
    public bool IsValidForNew => IsModern(Name) && (Scope is null || IsModern(Scope));

    /// <summary>The name of either spelling, upper case and the punctuation of old packages included, or null if it is none.</summary>
    public static NpmName? Parse(string text)
    {
        if (text.Length is 0 or > MaxLength)
        {
            return null;
        }

        if (text[0] != '@')
        {
            return IsLegacy(text) && text[0] is not ('_' or '-') && !IsReserved(text) ? new NpmName(null, text) : null;
        }

        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash <= 1 ? null : Of(text[1..slash], text[(slash + 1)..]);
    }

    /// <summary>The name of these two parts (the scope without <c>@</c>), or null if they make none.</summary>
    public static NpmName? Of(string? scope, string name)
    {
        if (string.IsNullOrEmpty(scope))
        {
            return name.StartsWith('@') ? null : Parse(name);
        }

        // "@scope/-" would read as the separator of a tarball's address.
        return scope.Length + name.Length + 2 <= MaxLength && IsLegacy(scope) && IsLegacy(name) && name != "-"
            ? new NpmName(scope, name)
            : null;
    }

    /// <summary>The tarball's file name, which leaves the scope out: <c>name-1.0.0.tgz</c>.</summary>
    public string TarballFile(string version) => $"{Name}-{version}.tgz";

    /// <summary>The version in a tarball's file name, or null where the file is not a tarball of this package.</summary>
    public string? VersionOf(string file)
    {
        const string Extension = ".tgz";
        var prefix = Name.Length + 1;
        if (file.Length <= prefix + Extension.Length
            || file.Length > prefix + NpmVersion.MaxLength + Extension.Length
            || !file.StartsWith(Name, StringComparison.Ordinal)
            || file[prefix - 1] != '-'
            || !file.EndsWith(Extension, StringComparison.Ordinal))
        {
            return null;
        }

        var version = file[prefix..^Extension.Length];
        return NpmVersion.IsValid(version) ? version : null;
    }

    public override string ToString() => Full;

    private static bool IsLegacy(string part) =>
        part.Length > 0 && part[0] != '.' && !part.AsSpan().ContainsAnyExcept(Legacy);

    // A dot at the end is dropped from file names by some systems.
    private static bool IsModern(string part) => !part.AsSpan().ContainsAnyExcept(Modern) && !part.EndsWith('.');

    private static bool IsReserved(string name) =>
        name.Equals("node_modules", StringComparison.OrdinalIgnoreCase) || name.Equals("favicon.ico", StringComparison.OrdinalIgnoreCase);
}
