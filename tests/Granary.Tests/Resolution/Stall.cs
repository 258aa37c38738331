using System.Security.Cryptography;
using System.Text;
using Granary.Core.Packages;
using Granary.Core.Upstreams;
using Granary.Tests.Upstreams;

namespace Granary.Tests.Resolution;

/// <summary>A market behind a socket: its listings have ETags, its assets are where the listings say.</summary>
internal sealed class Stall(ListingSource server) : IAsyncDisposable
{
    private Market market = new();

    public Source Source => server.Source;

    public static async Task<Stall> OpenAsync(string connection) => new(await ListingSource.StartAsync(connection));

    public void Take(Operation operation)
    {
        if (market.Take(Source.Connection, operation))
        {
            Show(operation.Package!);
        }

        if (operation is SourceTurns turns && turns.Connection == Source.Connection)
        {
            server.Always = turns.Down ? Answer.Code(503) : null;
        }
    }

    /// <summary>The connection and path of all that was asked since the last time.</summary>
    public IEnumerable<string> TakeAsked() => server.TakeAsked().Select(path => $"{Source.Connection} {path}");

    /// <summary>As it was at first.</summary>
    public void Clear()
    {
        market = new Market();
        server.Always = null;
        server.Forget();
        server.TakeAsked();
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    private void Show(PackageCoordinate package)
    {
        if (market.Packages.GetValueOrDefault(package) is not { } listed)
        {
            server.Says(PlainReader.PathOf(package), Answer.Code(404));
            return;
        }

        var lines = listed.Versions.Select(v => $"{v.Key} {Sha256(v.Value)}").Concat(listed.Tags.Select(t => $"={t.Key} {t.Value}"));
        var text = string.Join('\n', lines.Prepend(PlainReader.PathOf(package)));
        var etag = $"\"{Sha256(text)}\"";
        server.Does(PlainReader.PathOf(package), request => Task.FromResult(
            request.Headers.IfNoneMatch == etag ? Answer.Code(304, ("ETag", etag)) : Answer.Text(text, ("ETag", etag))));
        foreach (var version in listed.Versions.Keys)
        {
            server.Does(PlainReader.AssetPathOf(package, version), _ => Task.FromResult(
                market.Sends(package, version) is { } content ? Answer.Text(content) : Answer.Code(404)));
        }
    }

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
