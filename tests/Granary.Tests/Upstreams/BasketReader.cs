using System.Text;
using Granary.Core.Assets;
using Granary.Core.Listings;
using Granary.Core.Packages;
using Granary.Core.Upstreams;

namespace Granary.Tests.Upstreams;

/// <summary>
/// Reads a format of the tests' own, whose versions gather assets. A listing is a text: the package's name, then a line <c>version asset sha256</c> for each
/// asset. Manifests hold the names of the assets that they were made of. Names that begin with <c>guess-</c> are in no listing.
/// </summary>
internal sealed class BasketReader : SourceReader
{
    /// <summary>The host of the assets; null for the source's own.</summary>
    public string? Elsewhere { get; set; }

    public override string Format => "fruit";

    public override string Accept => "text/plain";

    public override bool Gathers => true;

    public override bool HasUnlistedAssets => true;

    public override bool AssetsAreElsewhere => true;

    public override string DocumentPath(PackageCoordinate package) => package.Name;

    public override async ValueTask<Uri> LocateAsync(SourceLinks links, Source source, PackageCoordinate package, CancellationToken cancellation)
    {
        var index = await links.RecallAsync(source, new Uri(source.Address, "index"), cancellation);
        return new Uri(source.Address, $"{Encoding.Latin1.GetString(index.Span)}/{package.Name}");
    }

    public override async IAsyncEnumerable<ReadOnlyMemory<byte>>? CompleteAsync(
        SourceLinks links, Source source, PackageCoordinate package, Stream listing, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        using var text = new StreamReader(listing, Encoding.Latin1, leaveOpen: true);
        while (await text.ReadLineAsync(cancellation) is { } line)
        {
            yield return line.StartsWith('+')
                ? await links.FetchAsync(source, new Uri(source.Address, line[1..]), cancellation) ?? default
                : Encoding.Latin1.GetBytes(line + "\n");
        }
    }

    public override async Task<string?> CheckAsync(PackageCoordinate package, Stream document, CancellationToken cancellation)
    {
        using var text = new StreamReader(document, Encoding.Latin1, leaveOpen: true);
        return await text.ReadLineAsync(cancellation) == package.Name ? null : "it begins with another name.";
    }

    public static ILookup<string, (string Asset, string Sha256)> Read(ReadOnlyMemory<byte> document) =>
        Encoding.Latin1.GetString(document.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1)
            .Select(line => line.Split(' ')).ToLookup(words => words[0], words => (words[1], words[2]));

    public override bool Has(ReadOnlyMemory<byte> document, PackageCoordinate package, string version) => Read(document).Contains(version);

    public override SourceVersion? Find(Source source, ReadOnlyMemory<byte> document, PackageCoordinate package, string version) => new(
        version, null, false, [.. Read(document)[version].Select(line => new SourceAsset(
            line.Asset, At(source, package, version, line.Asset), new PromisedDigest(DigestAlgorithm.Sha256, [Convert.FromHexString(line.Sha256)])))]);

    public override SourceAsset? FindAsset(Source source, PackageCoordinate package, SourceVersion version, string name) =>
        base.FindAsset(source, package, version, name) ?? (name.StartsWith("guess-", StringComparison.Ordinal)
            ? new SourceAsset(name, At(source, package, version.Version, name), null)
            {
                Checksums =
                [
                    new(DigestAlgorithm.Sha256, At(source, package, version.Version, $"{name}.sha256")),
                    new(DigestAlgorithm.Sha1, At(source, package, version.Version, $"{name}.sha1")),
                ],
            }
            : null);

    public override Task<GatheredAsset> ReadAsync(SourceVersion version, SourceAsset asset, Digests digests, Stream bytes, CancellationToken cancellation) =>
        Task.FromResult(new GatheredAsset(before => Merge(before, Encoding.Latin1.GetBytes($"{asset.Name};")), null, null));

    public override byte[] Merge(byte[] kept, byte[] other) => Encoding.Latin1.GetBytes(Union(Encoding.Latin1.GetString(kept), Encoding.Latin1.GetString(other)));

    /// <summary>The names of both, each once and in order.</summary>
    public static string Union(string one, string other) => string.Concat(
        one.Split(';').Union(other.Split(';')).Where(name => name.Length > 0).Order(StringComparer.Ordinal).Select(name => $"{name};"));

    private Uri At(Source source, PackageCoordinate package, string version, string name) =>
        new(Elsewhere is null ? source.Address : new Uri(Elsewhere), $"{package.Name}/-/{version}/{name}");
}

/// <summary>Listings of that format: each version with the names of its assets.</summary>
internal sealed class BasketIndex(ListingServices services) : ListingIndex<string, int, string>(services)
{
    protected override bool Gathers => true;

    protected override string Gather(string nearer, string farther) => BasketReader.Union(nearer, farther);

    protected override string ReadStored(PackageVersion version) => Encoding.Latin1.GetString(version.Manifest);

    protected override void ReadOffered(ReadOnlyMemory<byte> document, MergedListing<string> into)
    {
        foreach (var version in BasketReader.Read(document))
        {
            into.AddOffered(version.Key, BasketReader.Union("", string.Join(';', version.Select(line => line.Asset))));
        }
    }

    protected override (string Rendered, long Size) Render(in ListingKey<int> key, MergedListing<string> listing) =>
        (string.Join(' ', listing.Versions.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => $"{v.Key}={v.Value}")), 1);

    protected override string Spell(PackageCoordinate package) => package.Name;
}
