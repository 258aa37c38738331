using System.Globalization;
using System.Text.Json;

namespace Granary.Formats.PyPi;

/// <summary>Reads a project's page in JSON (PEP 691, 700, 714).</summary>
internal static class PyPiSourceJson
{
    /// <summary>The project's name as the page has it, and its files with a SHA-256; null where the page is none of version 1.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public static (string Name, IReadOnlyList<PyPiListedFile> Files)? Read(ReadOnlyMemory<byte> page)
    {
        using var json = JsonDocument.Parse(page);
        var root = json.RootElement;
        if (root.ValueKind is not JsonValueKind.Object || Text(root, "name") is not { } name
            || !root.TryGetProperty("meta", out var meta) || Text(meta, "api-version")?.StartsWith("1.", StringComparison.Ordinal) is not true
            || !root.TryGetProperty("files", out var files) || files.ValueKind is not JsonValueKind.Array)
        {
            return null;
        }

        return (name, [.. files.EnumerateArray().Select(FileOf).OfType<PyPiListedFile>()]);
    }

    /// <summary>A SHA-256 in lower case; null where the text is none.</summary>
    public static string? Hex(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigit) ? text.ToLowerInvariant() : null;

    private static PyPiListedFile? FileOf(JsonElement file)
    {
        if (file.ValueKind is not JsonValueKind.Object || Text(file, "filename") is not { } name || Text(file, "url") is not { } address || Sha256(file, "hashes") is not { } sha256)
        {
            return null;
        }

        var size = file.TryGetProperty("size", out var number) && number.ValueKind is JsonValueKind.Number && number.TryGetInt64(out var bytes) ? bytes : (long?)null;
        DateTimeOffset? time = DateTimeOffset.TryParse(Text(file, "upload-time"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var known) ? known : null;
        var metadata = Sha256(file, "core-metadata") ?? Sha256(file, "data-dist-info-metadata");
        return new PyPiListedFile(new PyPiFile(name, sha256, size, time, Text(file, "requires-python"), metadata, Yanked(file)), address);
    }

    private static string? Yanked(JsonElement file) => !file.TryGetProperty("yanked", out var yanked) ? null : yanked.ValueKind switch
    {
        JsonValueKind.True => "",
        JsonValueKind.String => yanked.GetString(),
        _ => null,
    };

    private static string? Sha256(JsonElement of, string name) =>
        of.TryGetProperty(name, out var hashes) && Text(hashes, "sha256") is { } sha256 ? Hex(sha256) : null;

    private static string? Text(JsonElement of, string name) =>
        of.ValueKind is JsonValueKind.Object && of.TryGetProperty(name, out var text) && text.ValueKind is JsonValueKind.String ? text.GetString() : null;
}
