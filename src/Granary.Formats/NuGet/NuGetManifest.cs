using System.Text.Json;

namespace Granary.Formats.NuGet;

/// <summary>
/// What is kept of a version: everything that registrations, search and the control plane show, in the words of the protocol's catalogEntry. Of a
/// published package it is made of the .nuspec, of a source's version of the source's own entry. Null and empty where those are silent.
/// </summary>
/// <param name="Id">As its publisher writes it.</param>
/// <param name="Version">With build metadata, as its publisher writes it.</param>
internal sealed record NuGetManifest(string Id, string Version)
{
    public string? Title { get; init; }

    public string? Authors { get; init; }

    public string? Description { get; init; }

    public string? Summary { get; init; }

    public string? Language { get; init; }

    public string? MinClientVersion { get; init; }

    public string? ProjectUrl { get; init; }

    public string? RepositoryUrl { get; init; }

    /// <summary>An SPDX expression.</summary>
    public string? LicenseExpression { get; init; }

    /// <summary>A path in the package.</summary>
    public string? LicenseFile { get; init; }

    public string? LicenseUrl { get; init; }

    /// <summary>A path in the package.</summary>
    public string? IconFile { get; init; }

    /// <summary>Of packages from before there were icons in packages.</summary>
    public string? IconUrl { get; init; }

    /// <summary>A path in the package.</summary>
    public string? ReadmeFile { get; init; }

    public bool RequireLicenseAcceptance { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public IReadOnlyList<NuGetDependencyGroup> DependencyGroups { get; init; } = [];

    public IReadOnlyList<NuGetPackageType> PackageTypes { get; init; } = [];

    /// <summary>False where a public source has hidden the version. What happens to it here is its status.</summary>
    public bool Listed { get; init; } = true;

    /// <summary>A source's word of what its bytes are: base64 of a SHA-512, unless <see cref="PackageHashAlgorithm"/> says otherwise.</summary>
    public string? PackageHash { get; init; }

    public string? PackageHashAlgorithm { get; init; }

    /// <summary>Bytes.</summary>
    public long? PackageSize { get; init; }

    /// <summary>A source's warning in its own form, for clients that show it.</summary>
    public JsonElement? Deprecation { get; init; }

    /// <summary>A source's known vulnerabilities in its own form.</summary>
    public JsonElement? Vulnerabilities { get; init; }

    public static NuGetManifest Read(ReadOnlySpan<byte> manifest) =>
        JsonSerializer.Deserialize(manifest, NuGetJson.Default.NuGetManifest) ?? throw new InvalidOperationException("A stored manifest is null.");

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, NuGetJson.Default.NuGetManifest);

    public VersionDescription Describe() => new(
        Id, Summary ?? Description, ProjectUrl, RepositoryUrl,
        (LicenseExpression, LicenseUrl, LicenseFile) switch
        {
            ({ } expression, var url, _) => [new License(expression, url)],
            (_, { } url, _) => [new License(url, url)],
            (_, _, { } file) => [new License(file, null)],
            _ => [],
        });

    /// <summary>Once each, in the order of the groups: what several target frameworks share is one dependency.</summary>
    public IReadOnlyList<PackageDependency> Dependencies() =>
    [
        .. DependencyGroups.SelectMany(g => g.Dependencies)
            .Select(d => new PackageDependency(null, NuGetName.Normalize(d.Id), null, d.Range))
            .Distinct(),
    ];
}

/// <param name="TargetFramework">Null for all.</param>
internal sealed record NuGetDependencyGroup(string? TargetFramework, IReadOnlyList<NuGetDependency> Dependencies);

/// <param name="Range">In NuGet's normal form; null for any version.</param>
internal sealed record NuGetDependency(string Id, string? Range);

/// <param name="Version">Null where none is said.</param>
internal sealed record NuGetPackageType(string Name, string? Version);
