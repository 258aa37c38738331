using System.Globalization;
using System.Text.Json;
using NuGet.Versioning;

namespace Granary.Formats.NuGet;

/// <summary>Reads one version out of a source's registration. What is not understood there is left out; what is no version is passed over.</summary>
internal static class NuGetCatalogEntry
{
    // The public gallery's mark of a version that was hidden before there was a word for it.
    private const int HiddenYear = 1900;

    /// <param name="leaf">An item of a page.</param>
    /// <returns>The normalised version and what the source says of it; null where it is of another package or says not where it is.</returns>
    public static (string Version, NuGetOffer Offer)? Read(string id, JsonElement leaf)
    {
        if (leaf.ValueKind is not JsonValueKind.Object || !leaf.TryGetProperty("catalogEntry", out var entry) || entry.ValueKind is not JsonValueKind.Object
            || Text(entry, "id") is not { } written || NuGetName.Normalize(written) != id
            || Text(entry, "version") is not { } text || NuGetName.Version(text) is not { } version
            || (Text(leaf, "packageContent") ?? Text(entry, "packageContent")) is not { } content)
        {
            return null;
        }

        var published = DateTimeOffset.TryParse(Text(entry, "published"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && time.Year > HiddenYear
            ? time.ToUniversalTime()
            : default(DateTimeOffset?);
        return (NuGetName.Normalize(version), new NuGetOffer(content, published, Describe(entry, written, version)));
    }

    private static NuGetManifest Describe(JsonElement entry, string id, NuGetVersion version) => new(id, version.ToFullString())
    {
        Title = Text(entry, "title"),
        Authors = Texts(entry, "authors") is { Count: > 0 } authors ? string.Join(", ", authors) : null,
        Description = Text(entry, "description"),
        Summary = Text(entry, "summary"),
        Language = Text(entry, "language"),
        MinClientVersion = Text(entry, "minClientVersion"),
        ProjectUrl = NuGetText.WebAddress(Text(entry, "projectUrl")),
        LicenseExpression = Text(entry, "licenseExpression"),
        LicenseUrl = NuGetText.WebAddress(Text(entry, "licenseUrl")),
        IconUrl = NuGetText.WebAddress(Text(entry, "iconUrl")),
        RequireLicenseAcceptance = entry.TryGetProperty("requireLicenseAcceptance", out var acceptance) && acceptance.ValueKind is JsonValueKind.True,
        Listed = !(entry.TryGetProperty("listed", out var listed) && listed.ValueKind is JsonValueKind.False),
        Tags = Texts(entry, "tags"),
        DependencyGroups = [.. Elements(entry, "dependencyGroups").Select(Group)],
        PackageTypes = [.. Elements(entry, "packageTypes").Where(t => Text(t, "name") is not null).Select(t => new NuGetPackageType(Text(t, "name")!, Text(t, "version")))],
        PackageHash = Text(entry, "packageHash"),
        PackageHashAlgorithm = Text(entry, "packageHashAlgorithm"),
        Deprecation = Element(entry, "deprecation", JsonValueKind.Object),
        Vulnerabilities = Element(entry, "vulnerabilities", JsonValueKind.Array),
    };

    private static NuGetDependencyGroup Group(JsonElement group) => new(
        Text(group, "targetFramework"),
        [.. Elements(group, "dependencies").Where(d => NuGetName.IsValid(Text(d, "id") ?? "")).Select(d => new NuGetDependency(Text(d, "id")!, Text(d, "range")))]);

    private static string? Text(JsonElement element, string member) =>
        element.ValueKind is JsonValueKind.Object && element.TryGetProperty(member, out var value) && value.ValueKind is JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? text
            : null;

    // Old registrations have one text where newer ones have a list.
    private static List<string> Texts(JsonElement element, string member) =>
        Text(element, member) is { } one ? [one]
        : [.. Elements(element, member).Where(e => e.ValueKind is JsonValueKind.String).Select(e => e.GetString()!).Where(t => t.Length > 0)];

    private static List<JsonElement> Elements(JsonElement element, string member) =>
        element.ValueKind is JsonValueKind.Object && element.TryGetProperty(member, out var value) && value.ValueKind is JsonValueKind.Array ? [.. value.EnumerateArray()] : [];

    private static JsonElement? Element(JsonElement element, string member, JsonValueKind kind) =>
        element.TryGetProperty(member, out var value) && value.ValueKind == kind ? value.Clone() : null;
}
