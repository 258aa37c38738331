using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Granary.Formats.Maven;

/// <summary>
/// The grammar of group ids, artifact ids, versions and file names, each at most <see cref="MaxLength"/> characters of ASCII and compared
/// exactly. What is allowed is what Maven allows, without what would be read as part of an address.
/// </summary>
internal static class MavenName
{
    /// <summary>CodeArtifact's own limit of each of them, in characters.</summary>
    public const int MaxLength = 255;

    // Maven's DefaultModelValidator: [A-Za-z0-9_\-.]+ for both ids.
    private static readonly SearchValues<char> Ids = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

    // It forbids \ / : " < > | ? * [ ] ( ) { } , in versions. Also left out are blanks, percent signs and number signs.
    private static readonly SearchValues<char> Versions =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+!$&';=@^`~");

    /// <summary>Whether the group can be spelled as folders and back: no segment of it is empty.</summary>
    public static bool IsGroup([NotNullWhen(true)] string? text) =>
        IsId(text) && text[0] != '.' && text[^1] != '.' && !text.Contains("..", StringComparison.Ordinal);

    public static bool IsArtifact([NotNullWhen(true)] string? text) => IsId(text) && text is not ("." or "..");

    public static bool IsVersion([NotNullWhen(true)] string? text) => IsFile(text);

    public static bool IsFile([NotNullWhen(true)] string? text) =>
        text is { Length: > 0 and <= MaxLength } && text is not ("." or "..") && !text.AsSpan().ContainsAnyExcept(Versions);

    private static bool IsId([NotNullWhen(true)] string? text) => text is { Length: > 0 and <= MaxLength } && !text.AsSpan().ContainsAnyExcept(Ids);
}
