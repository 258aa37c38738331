using System.Text.Json;
using Granary.Core.Listings;
using Granary.Core.Packages;

namespace Granary.Formats.NuGet;

/// <summary>What NuGet's clients are told of a package: its versions, and its registration.</summary>
internal sealed class NuGetIndex(ListingServices services) : ListingIndex<NuGetListedVersion, NuGetForm, NuGetListing>(services)
{
    public ValueTask<Listing<NuGetListing>?> GetAsync(RepositoryRequest request, NuGetForm form, CancellationToken cancellation) =>
        GetAsync(request.Domain, request.Repository, request.Address, request.RequiredPackage, form, cancellation);

    // Restoring from a lock file looks for its version among all versions first; see docs/nuget.md.
    protected override bool ShowsUnlisted => true;

    protected override NuGetListedVersion ReadStored(PackageVersion version) =>
        new(() => NuGetManifest.Read(version.Manifest), version.PublishedAt, version.IsListed);

    protected override void ReadOffered(ReadOnlyMemory<byte> document, MergedListing<NuGetListedVersion> into)
    {
        foreach (var (version, offered) in NuGetOffers.Read(document))
        {
            into.AddOffered(version, offered.Listed);
        }
    }

    protected override bool PromisesOtherBytes(NuGetListedVersion kept, NuGetListedVersion offered) =>
        NuGetOffers.Promise(kept.Manifest) is { } then && NuGetOffers.Promise(offered.Manifest) is { } now && !now.Agrees(then);

    protected override (NuGetListing Rendered, long Size) Render(in ListingKey<NuGetForm> key, MergedListing<NuGetListedVersion> listing)
    {
        var ordered = listing.Versions.OrderBy(v => v.Key, NuGetVersionOrder.Instance).ToArray();
        var rendered = key.Form.Part == NuGetPart.Versions
            ? new NuGetListing(new Dictionary<string, RenderedDocument> { [""] = Versions(ordered, key.Form.Gzip) }, [])
            : new NuGetListing(
                NuGetRegistration.Render(new NuGetAddresses(key.Address), key.Package.Name, ordered, key.Form.Gzip),
                [.. ordered.Where(v => v.Value.IsListed && v.Value.Manifest.Listed).Select(v => v.Key)]);
        return (rendered, rendered.Size);
    }

    protected override string Spell(PackageCoordinate package) => package.Name;

    private static RenderedDocument Versions(KeyValuePair<string, NuGetListedVersion>[] ordered, bool gzip) => RenderedDocument.Of(
        JsonSerializer.SerializeToUtf8Bytes(new NuGetVersions([.. ordered.Select(v => v.Key)]), NuGetJson.Default.NuGetVersions), gzip);
}

internal sealed record NuGetVersions(IReadOnlyList<string> Versions);
