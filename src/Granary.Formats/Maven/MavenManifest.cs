using System.Text.Json;
using System.Text.Json.Serialization;

namespace Granary.Formats.Maven;

/// <summary>What is kept with a version: what its POM says of it, and while it is Unfinished which checksums were wrong.</summary>
internal sealed record MavenManifest
{
    /// <summary>Null until the POM is there.</summary>
    public MavenProject? Project { get; init; }

    /// <summary>Files with the suffix of a checksum, <c>lib-1.0.jar.sha1</c>, that the publisher sent another value of; null where there is none.</summary>
    public IReadOnlyList<string>? Mismatched { get; init; }

    /// <summary>Whether any checksum of a file was wrong.</summary>
    public bool IsMismatched(string file) => Mismatched?.Any(m => OfFile(m, file)) is true;

    /// <summary>The manifest without what was said of a file's checksums.</summary>
    public MavenManifest Without(string file) =>
        this with { Mismatched = Mismatched?.Where(m => !OfFile(m, file)).ToList() is { Count: > 0 } others ? others : null };

    public static MavenManifest Read(ReadOnlySpan<byte> manifest) =>
        manifest.IsEmpty ? new() : JsonSerializer.Deserialize(manifest, MavenJson.Default.MavenManifest)!;

    public byte[] Write() => this is { Project: null, Mismatched: null } ? [] : JsonSerializer.SerializeToUtf8Bytes(this, MavenJson.Default.MavenManifest);

    /// <summary>The manifest with one more asset: only a POM says anything.</summary>
    public static byte[] Merge(byte[] manifest, MavenProject? project) =>
        project is null ? manifest : (Read(manifest) with { Project = project }).Write();

    private static bool OfFile(string checksum, string file) => MavenChecksums.Split(ref checksum) is not null && checksum == file;
}

/// <summary>What one POM says, and no parent of it.</summary>
internal sealed record MavenProject
{
    public string? Name { get; init; }

    public string? Description { get; init; }

    public string? Url { get; init; }

    public string? Scm { get; init; }

    public IReadOnlyList<License> Licenses { get; init; } = [];

    /// <summary>The parent first, then direct dependencies in their order; in AWS's types.</summary>
    public IReadOnlyList<PackageDependency> Dependencies { get; init; } = [];
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MavenManifest))]
internal sealed partial class MavenJson : JsonSerializerContext;
