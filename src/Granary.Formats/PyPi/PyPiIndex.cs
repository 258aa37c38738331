using Granary.Core.Listings;
using Granary.Core.Packages;

namespace Granary.Formats.PyPi;

/// <summary>Project pages: what clients see of a Python package.</summary>
internal sealed class PyPiIndex(ListingServices services) : ListingIndex<PyPiManifest, PyPiPageForm, PyPiPage>(services)
{
    public ValueTask<Listing<PyPiPage>?> GetAsync(RepositoryRequest request, PyPiPageForm form, CancellationToken cancellation) =>
        GetAsync(request.Domain, request.Repository, request.Address, request.RequiredPackage, form, cancellation);

    protected override PyPiManifest ReadStored(PackageVersion version) => PyPiManifest.Read(version.Manifest);

    // No reader of a public source is registered for this format, so that no document of one is ever kept.
    protected override void ReadOffered(ReadOnlyMemory<byte> document, MergedListing<PyPiManifest> into) =>
        throw new InvalidOperationException("There is no reader of a public Python index.");

    protected override (PyPiPage Rendered, long Size) Render(in ListingKey<PyPiPageForm> key, MergedListing<PyPiManifest> listing)
    {
        var page = PyPiPage.Render(key.Package.Name, key.Address, listing.Versions, key.Form);
        return (page, page.Size);
    }

    protected override string Spell(PackageCoordinate package) => package.Name;
}
