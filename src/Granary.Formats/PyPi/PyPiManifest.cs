using System.Text.Json;
using System.Text.Json.Serialization;

namespace Granary.Formats.PyPi;

/// <summary>What is kept of a version: what its first file says of it, and an entry for each file.</summary>
/// <param name="Name">The project as its author spells it.</param>
/// <param name="RequiresDist">PEP 508, as it was written; null where no file has been read.</param>
/// <param name="ProjectUrls">Label and address, with a comma between them.</param>
internal sealed record PyPiManifest(
    string Name,
    string? Summary,
    string? HomePage,
    string? License,
    string? Author,
    string? AuthorEmail,
    string? Keywords,
    IReadOnlyList<string>? RequiresDist,
    IReadOnlyList<string>? ProjectUrls,
    IReadOnlyList<string>? Classifiers,
    IReadOnlyList<PyPiFile> Files)
{
    public static PyPiManifest Read(ReadOnlySpan<byte> stored) =>
        JsonSerializer.Deserialize(stored, PyPiJson.Default.PyPiManifest) ?? throw new InvalidOperationException("A stored manifest is null.");

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, PyPiJson.Default.PyPiManifest);

    /// <summary>What a public index says of a version that is not kept.</summary>
    public static PyPiManifest Offered(string name, PyPiListedVersion listed) => Bare(name) with { Files = [.. listed.Files.Select(file => file.File)] };

    /// <summary>The manifest with one file more, and with the metadata of the first file that has any.</summary>
    /// <param name="metadata">Null for a file of the public that nobody can read.</param>
    public static byte[] With(ReadOnlySpan<byte> stored, PyPiMetadata? metadata, PyPiFile file)
    {
        var before = stored.IsEmpty ? null : Read(stored);
        var described = metadata is not null && before?.RequiresDist is null ? Of(metadata) : before ?? Bare(PyPiFileName.Parse(file.Name)?.Project ?? "");
        return (described with { Files = [.. before?.Files ?? [], file] }).Write();
    }

    /// <summary>
    /// A version together with more of it from the same origin. Of a file that both have, the bytes are the nearer's; whether it is yanked says the one that
    /// is closer to the origin.
    /// </summary>
    public PyPiManifest Gather(PyPiManifest farther)
    {
        var later = farther.Files.ToDictionary(file => file.Name, StringComparer.Ordinal);
        var mine = Files.Select(file => later.GetValueOrDefault(file.Name) is { } same && same.Sha256 == file.Sha256 ? file with { Yanked = same.Yanked } : file).ToList();
        var held = mine.Select(file => file.Name).ToHashSet(StringComparer.Ordinal);
        return (RequiresDist is null && farther.RequiresDist is not null ? farther : this) with { Files = [.. mine, .. farther.Files.Where(file => !held.Contains(file.Name))] };
    }

    private static PyPiManifest Bare(string name) => new(name, null, null, null, null, null, null, null, null, null, []);

    private static PyPiManifest Of(PyPiMetadata metadata) => new(
        metadata.Name,
        metadata.Summary,
        metadata.HomePage,
        metadata.License,
        metadata.Author,
        metadata.AuthorEmail,
        metadata.Keywords,
        metadata.RequiresDist,
        metadata.ProjectUrls,
        metadata.Classifiers,
        []);
}

/// <summary>A file of a version, as the Simple API lists it.</summary>
/// <param name="Sha256">In lower-case hexadecimal.</param>
/// <param name="Size">In bytes; null where the source does not say.</param>
/// <param name="MetadataSha256">Of the METADATA of a wheel; null where it cannot be asked for apart.</param>
/// <param name="Yanked">The reason (PEP 592), which may be empty; null where the file is not yanked.</param>
internal sealed record PyPiFile(
    string Name, string Sha256, long? Size, DateTimeOffset? UploadTime, string? RequiresPython, string? MetadataSha256, string? Yanked);

/// <summary>The documents that are small enough to be objects.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PyPiManifest))]
[JsonSerializable(typeof(PyPiListing))]
internal sealed partial class PyPiJson : JsonSerializerContext;
