using System.Globalization;
using Granary.Core;
using Microsoft.AspNetCore.Http;

namespace Granary.Formats.NuGet;

/// <summary>What a client searches for, by the parameters that search and autocomplete share.</summary>
/// <param name="Words">In lower case; each must be in an id or a description.</param>
/// <param name="Id">Exactly this package, normalised; null where that is not asked.</param>
/// <param name="SemVer2">Whether the client can read versions such as <c>1.0.0-beta.1</c>, which need SemVer 2.</param>
internal sealed record NuGetQuery(IReadOnlyList<string> Words, string? Id, bool Prerelease, bool SemVer2, string? PackageType, int Skip, int Take)
{
    private const int DefaultTake = 20;
    private const int MostTake = 100;
    private const int MostSkip = 10_000;
    private const int MostWords = 8;
    private const int LongestText = 256;
    private const string IdField = "packageid:";

    /// <exception cref="Refusal">Validation: a parameter cannot be what it says.</exception>
    public static NuGetQuery Of(HttpRequest request)
    {
        var query = request.Query;
        var text = query["q"].ToString();
        if (text.Length > LongestText || text.Any(char.IsControl))
        {
            throw Refusal.Validation($"The text to search for is longer than {LongestText} characters or has control characters.");
        }

        var words = text.ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var id = words.FirstOrDefault(w => w.StartsWith(IdField, StringComparison.Ordinal))?[IdField.Length..];
        return new NuGetQuery(
            [.. words.Where(w => !w.StartsWith(IdField, StringComparison.Ordinal)).Take(MostWords)],
            id,
            Flag(query["prerelease"]),
            query["semVerLevel"].ToString().StartsWith('2'),
            query["packageType"] is [{ Length: > 0 } type] ? type : null,
            Number(query["skip"], 0, MostSkip),
            Number(query["take"], DefaultTake, MostTake));
    }

    private static bool Flag(string? text) => string.Equals(text, "true", StringComparison.OrdinalIgnoreCase);

    private static int Number(string? text, int absent, int most) =>
        string.IsNullOrEmpty(text) ? absent
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? Math.Min(number, most)
        : throw Refusal.Validation($"'{text}' is not a count.");
}
