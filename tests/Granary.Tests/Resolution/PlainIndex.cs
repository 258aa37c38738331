using System.Text;
using Granary.Core.Listings;
using Granary.Core.Packages;
using Granary.Tests.Upstreams;

namespace Granary.Tests.Resolution;

/// <summary>Listings of the tests' own format: sorted text. A version's manifest is the SHA-256 of its bytes in hex, of which the beginning is shown.</summary>
internal sealed class PlainIndex(ListingServices services) : ListingIndex<string, int, string>(services)
{
    protected override string ReadStored(PackageVersion version) => Encoding.Latin1.GetString(version.Manifest)[..8];

    protected override void ReadOffered(ReadOnlyMemory<byte> document, MergedListing<string> into)
    {
        var listing = PlainReader.Read(document);
        foreach (var (version, sha256) in listing.Versions)
        {
            into.AddOffered(version, sha256![..8]);
        }

        foreach (var (tag, version) in listing.Tags)
        {
            into.SetTag(tag, version);
        }
    }

    protected override (string Rendered, long Size) Render(in ListingKey<int> key, MergedListing<string> listing)
    {
        var text = $"{Reference.Tags(listing.Versions)}; {Reference.Tags(listing.Tags)}";
        return (text, text.Length);
    }

    protected override string Spell(PackageCoordinate package) => package.Name;
}
