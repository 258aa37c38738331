using System.Text;
using Granary.Core;
using Granary.Core.Assets;
using Granary.Core.Packages;
using Granary.Core.Upstreams;

namespace Granary.Tests.Upstreams;

/// <summary>
/// Reads a format of the tests' own, whose versions have one asset each. A listing is a text: the package's path, then a line
/// <c>version sha256</c> for each version and a line <c>=tag version</c> for each tag. The digest may be missing, and then the version cannot be fetched.
/// </summary>
internal sealed class PlainReader : SourceReader
{
    public override string Format => "fruit";

    public override string Accept => "text/plain";

    public static string PathOf(PackageCoordinate package) => package.Namespace.Length == 0 ? package.Name : $"{package.Namespace}/{package.Name}";

    public static string AssetOf(PackageCoordinate package, string version) => $"{package.Name}-{version}.txt";

    /// <summary>Where a source has the asset, relative to its own address.</summary>
    public static string AssetPathOf(PackageCoordinate package, string version) => $"{PathOf(package)}/-/{AssetOf(package, version)}";

    public static PlainListing Read(ReadOnlyMemory<byte> document)
    {
        var lines = Encoding.Latin1.GetString(document.Span).Split('\n').Skip(1).Select(line => line.Split(' ')).ToLookup(words => words[0].StartsWith('='));
        return new(
            lines[false].Where(words => words[0].Length > 0).ToDictionary(words => words[0], words => words.ElementAtOrDefault(1)),
            lines[true].ToDictionary(words => words[0][1..], words => words[1]));
    }

    public override string DocumentPath(PackageCoordinate package) => PathOf(package);

    public override async Task<string?> CheckAsync(PackageCoordinate package, Stream document, CancellationToken cancellation)
    {
        using var text = new StreamReader(document, Encoding.Latin1, leaveOpen: true);
        return await text.ReadLineAsync(cancellation) == PathOf(package) ? null : "it begins with another name.";
    }

    public override bool Has(ReadOnlyMemory<byte> document, PackageCoordinate package, string version) => Read(document).Versions.ContainsKey(version);

    public override SourceVersion? Find(Source source, ReadOnlyMemory<byte> document, PackageCoordinate package, string version)
    {
        var listing = Read(document);
        if (!listing.Versions.TryGetValue(version, out var sha256))
        {
            return null;
        }

        var digest = sha256 is null ? throw Refusal.SourceFailed($"{package} {version} is listed without a digest.") : Convert.FromHexString(sha256);
        // Every source of the tests is on this machine; the port is that of the source that is asked.
        var asset = new SourceAsset(
            AssetOf(package, version), new Uri($"http://127.0.0.1/{AssetPathOf(package, version)}"), new PromisedDigest(DigestAlgorithm.Sha256, [digest]));
        return new SourceVersion(version, null, listing.Tags.GetValueOrDefault("latest") == version, [asset]) { Listed = Encoding.Latin1.GetBytes(sha256) };
    }

    public override Task<GatheredAsset> ReadAsync(SourceVersion version, SourceAsset asset, Digests digests, Stream bytes, CancellationToken cancellation) =>
        Task.FromResult(new GatheredAsset(_ => version.Listed.ToArray(), null, null));
}

/// <summary>A listing that was read: digests in hex by version, and versions by tag.</summary>
internal sealed record PlainListing(IReadOnlyDictionary<string, string?> Versions, IReadOnlyDictionary<string, string> Tags);
