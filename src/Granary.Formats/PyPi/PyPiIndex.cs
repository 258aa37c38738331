using Granary.Core.Listings;
using Granary.Core.Packages;

namespace Granary.Formats.PyPi;

/// <summary>Project pages: the listing of a Python package, as JSON or as HTML.</summary>
internal sealed class PyPiIndex(ListingServices services) : ListingIndex<PyPiManifest, bool, PyPiSimple>(services)
{
    public ValueTask<Listing<PyPiSimple>?> GetAsync(RepositoryRequest request, bool json, CancellationToken cancellation) =>
        GetAsync(request.Domain, request.Repository, request.Address, request.RequiredPackage, json, cancellation);

    protected override PyPiManifest ReadStored(PackageVersion version) => PyPiManifest.Read(version.Manifest);

    // No reader of a public source is registered for this format, so that no document of one is ever kept.
    protected override void ReadOffered(ReadOnlyMemory<byte> document, MergedListing<PyPiManifest> into) =>
        throw new InvalidOperationException("There is no reader of a public Python index.");

    protected override (PyPiSimple Rendered, long Size) Render(in ListingKey<bool> key, MergedListing<PyPiManifest> listing)
    {
        var page = PyPiSimple.Render(key.Package.Name, key.Address, listing.Versions, key.Form);
        return (page, page.Size);
    }

    protected override string Spell(PackageCoordinate package) => package.Name;
}
