using System.Text.Json;
using Granary.Core;
using Granary.Core.Assets;
using Granary.Core.Packages;
using Granary.Core.Upstreams;

namespace Granary.Formats.Npm;

/// <summary>How a public npm registry is read: one full packument for each package, tarballs by the address in it.</summary>
internal sealed class NpmUpstream : SourceReader
{
    public override string Format => NpmFormat.FormatName;

    // The full form: the abbreviated one has no times, which clients need for their own cooldowns.
    public override string Accept => "application/json";

    public override string DocumentPath(PackageCoordinate package) =>
        package.Namespace.Length == 0
            ? Uri.EscapeDataString(package.Name)
            : $"@{Uri.EscapeDataString(package.Namespace)}%2f{Uri.EscapeDataString(package.Name)}";

    public override Task<string?> CheckAsync(PackageCoordinate package, Stream document, CancellationToken cancellation) =>
        NpmDocument.CheckAsync(NpmFormat.Spell(package), document, cancellation);

    public override bool Has(ReadOnlyMemory<byte> document, PackageCoordinate package, string version) =>
        NpmDocument.Read(document).Versions.ContainsKey(version);

    public override SourceVersion? Find(Source source, ReadOnlyMemory<byte> document, PackageCoordinate package, string version)
    {
        var read = NpmDocument.Read(document);
        if (!read.Versions.TryGetValue(version, out var manifest))
        {
            return null;
        }

        DateTimeOffset? time = read.Times.TryGetValue(version, out var known) ? known : null;
        return Describe(package, version, manifest, time, read.Tags.GetValueOrDefault("latest") == version);
    }

    public override async Task<GatheredAsset> ReadAsync(SourceVersion version, SourceAsset asset, Digests digests, Stream bytes, CancellationToken cancellation)
    {
        var readme = (await NpmTarball.TryDescribeAsync(bytes, null, cancellation))?.Readme;
        return new GatheredAsset(_ => version.Listed.ToArray(), Summary(version.Listed), readme);
    }

    private static SourceVersion Describe(PackageCoordinate package, string version, ReadOnlyMemory<byte> manifest, DateTimeOffset? time, bool isLatest)
    {
        using var json = JsonDocument.Parse(manifest);
        if (!json.RootElement.TryGetProperty("dist", out var dist) || dist.ValueKind is not JsonValueKind.Object
            || !dist.TryGetProperty("tarball", out var tarball) || !Uri.TryCreate(NpmJsonDocument.UncheckedText(tarball), UriKind.Absolute, out var address))
        {
            throw Refusal.SourceFailed($"The source lists {package} {version} without the address of its tarball.");
        }

        var promise = NpmIntegrity.Promise(dist)
            ?? throw Refusal.SourceFailed($"The source lists {package} {version} without a digest of its tarball, so it cannot be verified.");
        return new SourceVersion(version, time, isLatest, [new SourceAsset(NpmFormat.AssetName, address, promise)]) { Listed = manifest };
    }

    private static string? Summary(ReadOnlyMemory<byte> manifest)
    {
        using var json = JsonDocument.Parse(manifest);
        return json.RootElement.TryGetProperty("description", out var text) ? NpmJsonDocument.UncheckedText(text) : null;
    }
}
