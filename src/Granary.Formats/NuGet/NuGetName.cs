using System.Buffers;
using Granary.Core;
using NuGet.Versioning;

namespace Granary.Formats.NuGet;

/// <summary>
/// Ids and versions as addresses have them, in lower case. Ids are ASCII throughout, so that no two of them look alike; NuGet's own rule
/// would let any letter be a part of one.
/// </summary>
internal static class NuGetName
{
    /// <summary>The longest id, in characters; NuGet's own limit.</summary>
    public const int MaxLength = 100;

    // Characters; the public gallery's limit of a version.
    private const int LongestVersion = 64;

    private static readonly SearchValues<char> VersionCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.+");

    /// <summary>Letters, digits and underscores, with single dots or hyphens between them.</summary>
    public static bool IsValid(string id)
    {
        if (id.Length is 0 or > MaxLength)
        {
            return false;
        }

        var separated = true;
        foreach (var c in id)
        {
            var separates = c is '.' or '-';
            if ((separates && separated) || !(separates || char.IsAsciiLetterOrDigit(c) || c == '_'))
            {
                return false;
            }

            separated = separates;
        }

        return !separated;
    }

    public static string Normalize(string id) => id.ToLowerInvariant();

    /// <summary>The version that a text names, in any spelling that NuGet takes, or null.</summary>
    public static NuGetVersion? Version(string text) =>
        text.Length is > 0 and <= LongestVersion && !text.AsSpan().ContainsAnyExcept(VersionCharacters) && NuGetVersion.TryParse(text, out var version)
            ? version
            : null;

    /// <summary>
    /// Without leading zeros, a fourth part of zero and build metadata. Lower-case as in every address of the protocol, since
    /// clients take <c>1.0.0-RC</c> and <c>1.0.0-rc</c> for one version.
    /// </summary>
    public static string Normalize(NuGetVersion version) => version.ToNormalizedString().ToLowerInvariant();

    /// <summary>The version in an address.</summary>
    /// <exception cref="Refusal">NotFound: the text is no version, so that nothing is there.</exception>
    public static string VersionOf(string text) => Version(text) is { } version
        ? Normalize(version)
        : throw Refusal.NotFound(ResourceType.PackageVersion, text, $"'{text}' is not a version that NuGet knows.");

    /// <summary>CodeArtifact's name for the one asset of every version.</summary>
    public static string Package(string id, string version) => $"{id}.{version}.nupkg";

    /// <summary>The name of a version's symbols, where some were pushed.</summary>
    public static string Symbols(string id, string version) => $"{id}.{version}.snupkg";
}
