using Granary.Core.Listings;
using Granary.Core.Packages;

namespace Granary.Formats.PyPi;

/// <summary>Project pages: what clients see of a Python package.</summary>
internal sealed class PyPiIndex(ListingServices services) : ListingIndex<PyPiManifest, PyPiPageForm, RenderedDocument>(services)
{
    public ValueTask<Listing<RenderedDocument>?> GetAsync(RepositoryRequest request, PyPiPageForm form, CancellationToken cancellation) =>
        GetAsync(request.Domain, request.Repository, request.Address, request.RequiredPackage, form, cancellation);

    protected override PyPiManifest ReadStored(PackageVersion version) => PyPiManifest.Read(version.Manifest);

    protected override void ReadOffered(ReadOnlyMemory<byte> document, MergedListing<PyPiManifest> into)
    {
        var listing = PyPiListing.Read(document);
        foreach (var version in listing.Versions)
        {
            into.AddOffered(version.Version, PyPiManifest.Offered(listing.Project, version));
        }
    }

    protected override bool Gathers => true;

    protected override PyPiManifest Gather(PyPiManifest nearer, PyPiManifest farther) => nearer.Gather(farther);

    protected override bool PromisesOtherBytes(PyPiManifest kept, PyPiManifest offered)
    {
        var then = kept.Files.ToDictionary(file => file.Name, file => file.Sha256, StringComparer.Ordinal);
        return offered.Files.Any(file => then.TryGetValue(file.Name, out var sha256) && sha256 != file.Sha256);
    }

    protected override (RenderedDocument Rendered, long Size) Render(in ListingKey<PyPiPageForm> key, MergedListing<PyPiManifest> listing)
    {
        var page = PyPiPage.Render(key.Package.Name, key.Address, listing.Versions, key.Form);
        return (page, page.Size);
    }

    protected override string Spell(PackageCoordinate package) => package.Name;
}
