using System.Text;
using Granary.Core.Packages;
using Granary.Core.Upstreams;

namespace Granary.Tests.Upstreams;

/// <summary>Reads a format of the tests' own: a listing is a text whose first line names the package.</summary>
internal sealed class PlainReader : SourceReader
{
    public override string Format => "fruit";

    public override string Accept => "text/plain";

    public override string DocumentPath(PackageCoordinate package) => package.Name;

    public override async Task<string?> CheckAsync(PackageCoordinate package, Stream document, CancellationToken cancellation)
    {
        using var text = new StreamReader(document, Encoding.Latin1, leaveOpen: true);
        return await text.ReadLineAsync(cancellation) == package.Name ? null : "it begins with another name.";
    }

    public override bool Has(ReadOnlyMemory<byte> document, PackageCoordinate package, string version) =>
        Encoding.Latin1.GetString(document.Span).Split('\n').Skip(1).Contains(version);

    public override SourceVersion? Find(ReadOnlyMemory<byte> document, PackageCoordinate package, string version) => null;

    public override Task<string?> ReadReadmeAsync(Stream asset, CancellationToken cancellation) => Task.FromResult<string?>(null);
}
