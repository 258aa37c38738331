using System.Text.Json;
using Granary.Core.Listings;
using Granary.Core.Packages;
using Granary.Core.Upstreams;

namespace Granary.Formats.Npm;

/// <summary>Packuments: npm's listing of a package.</summary>
internal sealed class NpmIndex(ListingServices services) : ListingIndex<NpmListedVersion, NpmForm, RenderedDocument>(services)
{
    public ValueTask<Listing<RenderedDocument>?> GetAsync(RepositoryRequest request, PackageCoordinate package, NpmForm form, CancellationToken cancellation) =>
        GetAsync(request.Domain, request.Repository, request.Address, package, form, cancellation);

    protected override NpmListedVersion ReadStored(PackageVersion version) => new(version.Manifest, version.PublishedAt);

    protected override void ReadOffered(ReadOnlyMemory<byte> document, MergedListing<NpmListedVersion> into)
    {
        var read = NpmDocument.Read(document);
        foreach (var (version, manifest) in read.Versions)
        {
            into.AddOffered(version, new NpmListedVersion(manifest, read.Times.TryGetValue(version, out var time) ? time : null));
        }

        foreach (var (tag, version) in read.Tags)
        {
            into.SetTag(tag, version);
        }
    }

    protected override (RenderedDocument Rendered, long Size) Render(in ListingKey<NpmForm> key, MergedListing<NpmListedVersion> listing)
    {
        var packument = NpmPackument.Render(key.Package, key.Address, listing.Versions, listing.Tags, key.Form);
        return (packument, packument.Size);
    }

    protected override bool PromisesOtherBytes(NpmListedVersion kept, NpmListedVersion offered) =>
        // As a rule nothing has changed, and nothing need be parsed.
        !kept.Manifest.Span.SequenceEqual(offered.Manifest.Span)
        && Promise(kept.Manifest) is { } then && Promise(offered.Manifest) is { } now && !now.Agrees(then);

    protected override string Spell(PackageCoordinate package) => NpmFormat.Spell(package);

    private static PromisedDigest? Promise(ReadOnlyMemory<byte> manifest)
    {
        using var json = JsonDocument.Parse(manifest);
        return json.RootElement.TryGetProperty("dist", out var dist) && dist.ValueKind is JsonValueKind.Object ? NpmIntegrity.Promise(dist) : null;
    }
}
