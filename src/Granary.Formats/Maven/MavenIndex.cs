using Granary.Core.Listings;
using Granary.Core.Packages;

namespace Granary.Formats.Maven;

/// <summary>The listing of an artifact: <c>maven-metadata.xml</c>, made of what is visible and never what a publisher sent.</summary>
internal sealed class MavenIndex(ListingServices services) : ListingIndex<DateTimeOffset?, MavenForm, MavenListing>(services)
{
    public ValueTask<Listing<MavenListing>?> GetAsync(RepositoryRequest request, PackageCoordinate package, CancellationToken cancellation) =>
        // Nothing in it is an address: one rendering is for all names of the server.
        GetAsync(request.Domain, request.Repository, "", package, default, cancellation);

    protected override DateTimeOffset? ReadStored(PackageVersion version) => version.PublishedAt;

    protected override void ReadOffered(ReadOnlyMemory<byte> document, MergedListing<DateTimeOffset?> into)
    {
        var metadata = MavenMetadata.Read(document.Span);

        // Snapshots of public sources come to nobody.
        foreach (var version in metadata.Versions.Where(v => !MavenSnapshot.IsFolder(v)))
        {
            into.AddOffered(version, metadata.LastUpdated);
        }
    }

    protected override (MavenListing Rendered, long Size) Render(in ListingKey<MavenForm> key, MergedListing<DateTimeOffset?> listing)
    {
        var rendered = MavenListing.OfArtifact(key.Package, listing.Versions);
        return (rendered, rendered.Size);
    }

    protected override string Spell(PackageCoordinate package) => MavenFormat.Spell(package);
}

/// <summary>There is one form of the listing.</summary>
internal readonly record struct MavenForm;
