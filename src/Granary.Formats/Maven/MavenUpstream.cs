using Granary.Core;
using Granary.Core.Assets;
using Granary.Core.Packages;
using Granary.Core.Upstreams;

namespace Granary.Formats.Maven;

/// <summary>
/// How a public Maven repository is read: the artifact's listing, and files by their addresses, which no listing names. Some have no
/// listing of some artifacts, some lack versions in it, and some have no checksums.
/// </summary>
internal sealed class MavenUpstream : SourceReader
{
    // Every public repository has SHA-1, which spares the requests for what most of them lack.
    private static readonly (DigestAlgorithm Algorithm, MavenChecksum Checksum)[] checksums =
    [
        (DigestAlgorithm.Sha1, MavenChecksum.Sha1), (DigestAlgorithm.Sha256, MavenChecksum.Sha256),
        (DigestAlgorithm.Sha512, MavenChecksum.Sha512), (DigestAlgorithm.Md5, MavenChecksum.Md5),
    ];

    // What is brought in when a version is wanted whole, as CodeArtifact guesses it.
    private static readonly string[] guesses = [".pom", ".jar", "-javadoc.jar", "-sources.jar"];

    public override string Format => MavenFormat.FormatName;

    public override string Accept => "text/xml, application/xml, */*";

    public override bool Gathers => true;

    public override bool HasUnlistedAssets => true;

    public override string DocumentPath(PackageCoordinate package) => MavenPath.FolderOf(package) + MavenPath.Metadata;

    public override async Task<string?> CheckAsync(PackageCoordinate package, Stream document, CancellationToken cancellation)
    {
        try
        {
            if (await ReadAsync(document, cancellation) is not { } bytes)
            {
                return $"it has more than {MavenXml.MaxBytes:N0} bytes.";
            }

            var metadata = MavenMetadata.Read(bytes);
            return metadata.IsOf(package) ? null : $"it is of {metadata.GroupId}:{metadata.ArtifactId}.";
        }
        catch (Refusal refusal)
        {
            return refusal.Message;
        }
    }

    public override bool Has(ReadOnlyMemory<byte> document, PackageCoordinate package, string version) =>
        !IsOfSnapshot(version) && MavenMetadata.Read(document.Span).Versions.Contains(version);

    public override SourceVersion? Find(Source source, ReadOnlyMemory<byte> document, PackageCoordinate package, string version) =>
        IsOfSnapshot(version) || !MavenName.IsVersion(version)
            ? null
            : new SourceVersion(version, null, false, [.. guesses.Select(guess => At(source, package, version, $"{package.Name}-{version}{guess}"))]);

    public override SourceAsset? FindAsset(Source source, PackageCoordinate package, SourceVersion version, string name) =>
        MavenName.IsFile(name) && name.StartsWith($"{package.Name}-{version.Version}", StringComparison.Ordinal)
            ? At(source, package, version.Version, name)
            : null;

    public override async Task<GatheredAsset> ReadAsync(SourceVersion version, SourceAsset asset, Digests digests, Stream bytes, CancellationToken cancellation)
    {
        var project = asset.Name.EndsWith(".pom", StringComparison.Ordinal) ? await DescribeAsync(bytes, cancellation) : null;
        return new GatheredAsset(manifest => MavenManifest.Merge(manifest, project), project?.Description, null);
    }

    public override byte[] Merge(byte[] kept, byte[] other) => MavenManifest.Read(kept).Project is null ? other : kept;

    // Public repositories of snapshots are no source of CodeArtifact's: what they have changes under one name.
    private static bool IsOfSnapshot(string version) => MavenSnapshot.IsFolder(version) || MavenSnapshot.Parse(version) is not null;

    private static SourceAsset At(Source source, PackageCoordinate package, string version, string name)
    {
        var address = $"{MavenPath.FolderOf(package)}{Uri.EscapeDataString(version)}/{Uri.EscapeDataString(name)}";
        return new SourceAsset(name, new Uri(source.Address, address), null)
        {
            Checksums = [.. checksums.Select(c => new SourceChecksum(c.Algorithm, new Uri(source.Address, address + c.Checksum.Suffix())))],
        };
    }

    /// <summary>Public POMs have had every shape there is: one that cannot be read is served as it is, and nothing is said of it.</summary>
    private static async Task<MavenProject?> DescribeAsync(Stream pom, CancellationToken cancellation)
    {
        try
        {
            return await ReadAsync(pom, cancellation) is { } bytes ? MavenPom.Read(bytes).Describe() : null;
        }
        catch (Refusal)
        {
            return null;
        }
    }

    private static async Task<byte[]?> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        var buffer = new byte[MavenXml.MaxBytes + 1];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        return length > MavenXml.MaxBytes ? null : buffer[..length];
    }
}
