using System.Text.Json;
using Granary.Core;
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

    public override SourceVersion? Find(ReadOnlyMemory<byte> document, PackageCoordinate package, string version)
    {
        var read = NpmDocument.Read(document);
        if (!read.Versions.TryGetValue(version, out var manifest))
        {
            return null;
        }

        DateTimeOffset? time = read.Times.TryGetValue(version, out var known) ? known : null;
        return Describe(package, version, manifest, time, read.Tags.GetValueOrDefault("latest") == version);
    }

    public override async Task<string?> ReadReadmeAsync(Stream asset, CancellationToken cancellation) =>
        (await NpmTarball.TryDescribeAsync(asset, null, cancellation))?.Readme;

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
        var summary = json.RootElement.TryGetProperty("description", out var text) ? NpmJsonDocument.UncheckedText(text) : null;
        return new SourceVersion(version, manifest.ToArray(), summary, time, isLatest, [new SourceAsset(NpmFormat.AssetName, address, promise)]);
    }
}
