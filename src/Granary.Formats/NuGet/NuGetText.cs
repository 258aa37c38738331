namespace Granary.Formats.NuGet;

/// <summary>Texts that others show, made harmless.</summary>
internal static class NuGetText
{
    private const int LongestAddress = 4000;

    /// <summary>An absolute address that a browser may open, or null.</summary>
    public static string? WebAddress(string? text) =>
        text is { Length: > 0 and <= LongestAddress } && Uri.TryCreate(text.Trim(), UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp)
            ? address.AbsoluteUri
            : null;

    /// <summary>By white space, or commas in old packages.</summary>
    public static IReadOnlyList<string> Tags(string? text) =>
        text?.Split([' ', ',', ';', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
}
