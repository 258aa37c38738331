using System.Net;
using System.Net.Sockets;
using System.Text;
using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Packages;
using Granary.Core.Upstreams;

namespace Granary.Tests.Upstreams;

/// <summary>Documents of one source, with a database, a storage and a clock of the test's own.</summary>
public abstract class SourceDocumentsContext : IAsyncLifetime
{
    private readonly TemporaryDirectory directory = new();
    private readonly SourceClient client = new();
    private readonly PlainReader reader = new();
    private World world = null!;
    private SourceDocuments documents = null!;
    private long domainId;

    internal ManualTime Clock { get; } = new(new DateTimeOffset(2026, 6, 1, 12, 0, 0, TimeSpan.Zero));

    internal ListingSource Source { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        world = await World.CreateAsync(Engine.Sqlite);
        domainId = (await world.CreateDomainAsync()).Id;
        Source = await ListingSource.StartAsync();
        documents = NewNode();
    }

    /// <summary>Another process on the same database and storage.</summary>
    private SourceDocuments NewNode()
    {
        var storage = new FileAssetStorage(directory.Path, isOwner: true);
        return new(client, new SourceLinks(client, storage, Clock), storage, world.Database, world.Log, world.Locks, Clock);
    }

    /// <summary>Asks as a process that has just started beside this one.</summary>
    protected async Task<SourceListing> AskElsewhereAsync(string package)
    {
        using var node = NewNode();
        return await node.GetAsync(domainId, Source.Source, reader, new PackageCoordinate("fruit", "", package), CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        documents.Dispose();
        client.Dispose();
        await Source.DisposeAsync();
        await world.DisposeAsync();
        directory.Dispose();
    }

    protected Task<SourceListing> AskAsync(string package) => AskAsync(package, Source.Source);

    protected Task<SourceListing> AskAsync(string package, Source source) =>
        documents.GetAsync(domainId, source, reader, new PackageCoordinate("fruit", "", package), CancellationToken.None).AsTask();

    /// <summary>Asks while nothing listens where the source was.</summary>
    protected async Task<SourceListing> AskNobodyAsync(string package)
    {
        // Bound and not listening: the port is nobody else's, and connections to it are refused.
        using var bound = new Socket(SocketType.Stream, ProtocolType.Tcp);
        bound.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return await AskAsync(package, Source.Source with { Address = new Uri($"http://{bound.LocalEndPoint}/") });
    }

    protected async Task<string?> ReadAsync(SourceListing listing) =>
        await documents.ReadAsync(listing.StorageKey!, CancellationToken.None) is { } bytes ? Encoding.Latin1.GetString(bytes.Span) : null;

    protected void Pass(double seconds) => Clock.Advance(TimeSpan.FromSeconds(seconds));

    /// <summary>The files of the storage, what is on its way in included.</summary>
    protected IReadOnlyList<string> Stored() => Directory.GetFiles(directory.Path, "*", SearchOption.AllDirectories);
}
