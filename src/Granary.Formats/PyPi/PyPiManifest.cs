using System.Text.Json;
using System.Text.Json.Serialization;

namespace Granary.Formats.PyPi;

/// <summary>What is kept of a version: what its first file says of it, and an entry for each file.</summary>
/// <param name="Name">The project as its author spells it.</param>
/// <param name="RequiresDist">PEP 508, as it was written.</param>
/// <param name="ProjectUrls">Label and address, with a comma between them.</param>
internal sealed record PyPiManifest(
    string Name, string Version, string? Summary, string? HomePage, string? License,
    IReadOnlyList<string> RequiresDist, IReadOnlyList<string> ProjectUrls, IReadOnlyList<PyPiFile> Files)
{
    public static PyPiManifest Read(ReadOnlySpan<byte> stored) =>
        JsonSerializer.Deserialize(stored, PyPiJson.Default.PyPiManifest) ?? throw new InvalidOperationException("A stored manifest is null.");

    /// <summary>The manifest with one file more; of the first file's metadata where there is none yet.</summary>
    public static byte[] With(ReadOnlySpan<byte> stored, PyPiMetadata metadata, PyPiFile file)
    {
        var before = stored.IsEmpty
            ? new PyPiManifest(metadata.Name, metadata.Version, metadata.Summary, metadata.HomePage, metadata.License, metadata.RequiresDist, metadata.ProjectUrls, [])
            : Read(stored);
        return JsonSerializer.SerializeToUtf8Bytes(before with { Files = [.. before.Files, file] }, PyPiJson.Default.PyPiManifest);
    }
}

/// <summary>A file of a version, as the simple API lists it.</summary>
/// <param name="Size">In bytes; null where the source does not say.</param>
/// <param name="MetadataSha256">Of the METADATA of a wheel; null where it cannot be asked for apart.</param>
/// <param name="Yanked">The reason (PEP 592), which may be empty; null where the file is not yanked.</param>
internal sealed record PyPiFile(
    string Name, string Sha256, long? Size, DateTimeOffset? UploadTime, string? RequiresPython, string? MetadataSha256, string? Yanked);

/// <summary>The documents that are small enough to be objects.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PyPiManifest))]
internal sealed partial class PyPiJson : JsonSerializerContext;
