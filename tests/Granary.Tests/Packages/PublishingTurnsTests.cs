using System.Runtime.CompilerServices;
using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Packages;
using Granary.Core.Repositories;
using Granary.Core.Upstreams;

namespace Granary.Tests.Packages;

public sealed class PublishingTurnsTests : IAsyncLifetime
{
    private static readonly PackageCoordinate Pear = new("fruit", "", "pear");

    private readonly SourceClient client = new();
    private World world = null!;
    private SourceDocuments documents = null!;
    private Publishing publishing = null!;

    public async ValueTask InitializeAsync()
    {
        using var directory = new TemporaryDirectory();
        world = await World.CreateAsync(Engine.Sqlite);
        documents = new SourceDocuments(client, new FileAssetStorage(directory.Path), world.Database, world.Log, TimeProvider.System);
        publishing = new Publishing(
            world.Database, world.Log, world.Search, new SourceListings(documents, new SourceReaders([]), (_, _) => ValueTask.FromResult<Source?>(null)));
    }

    public async ValueTask DisposeAsync()
    {
        documents.Dispose();
        client.Dispose();
        await world.DisposeAsync();
    }

    [Fact]
    public async Task The_second_of_one_version_waits_until_the_first_has_gone()
    {
        var first = await EnterAsync("1.0");
        var second = EnterAsync("1.0");
        var third = EnterAsync("1.0");
        Assert.False(second.IsCompleted || third.IsCompleted);

        first.Dispose();
        var next = await Task.WhenAny(second, third);
        var last = next == second ? third : second;
        Assert.False(last.IsCompleted);

        (await next).Dispose();
        (await last).Dispose();
        (await EnterAsync("1.0")).Dispose();
    }

    [Fact]
    public async Task Other_versions_packages_repositories_and_domains_do_not_wait()
    {
        using var first = await EnterAsync("1.0");

        foreach (var other in new[]
        {
            EnterAsync("2.0"),
            EnterAsync("1.0", Pear with { Name = "plum" }),
            EnterAsync("1.0", Pear with { Namespace = "garden" }),
            EnterAsync("1.0", repositoryId: 8),
            EnterAsync("1.0", domainId: 2),
        })
        {
            Assert.True(other.IsCompletedSuccessfully);
            (await other).Dispose();
        }

        Assert.False(EnterAsync("1.0", Pear with { }).IsCompleted);
    }

    [Fact]
    public async Task Who_gives_up_waiting_keeps_nobody_out()
    {
        using var cancellation = new CancellationTokenSource();
        var first = await EnterAsync("1.0");
        var second = EnterUntilAsync("1.0", cancellation.Token);
        var third = EnterAsync("1.0");

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.False(third.IsCompleted);
        first.Dispose();

        (await third).Dispose();
    }

    [Fact]
    public async Task Of_many_who_come_and_go_never_two_are_in_at_once()
    {
        var inside = 0;
        var most = 0;
        var visits = 0;
        await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(async () =>
        {
            for (var round = 0; round < 200; round++)
            {
                using var turn = await EnterAsync("1.0");
                most = Math.Max(most, Interlocked.Increment(ref inside));
                await Task.Yield();
                visits++;
                Interlocked.Decrement(ref inside);
            }
        })));

        Assert.Equal((1, 0, 64 * 200), (most, inside, visits));
    }

    [Fact]
    public async Task Nothing_of_a_turn_is_left_behind()
    {
        var coordinates = await ComeAndGoAsync();

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        // The last may still be in a register of this thread.
        Assert.InRange(coordinates.Count(c => c.IsAlive), 0, 1);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<List<WeakReference>> ComeAndGoAsync()
    {
        var left = new List<WeakReference>();
        for (var round = 0; round < 100; round++)
        {
            var coordinate = new PackageCoordinate("fruit", "", $"pear{round}");
            left.Add(new WeakReference(coordinate));
            var first = await EnterAsync("1.0", coordinate);
            var second = EnterAsync("1.0", coordinate);
            first.Dispose();
            (await second).Dispose();
        }

        return left;
    }

    private Task<IDisposable> EnterAsync(string version, PackageCoordinate? coordinate = null, long domainId = 1, long repositoryId = 7) =>
        publishing.EnterAsync(Repository(domainId, repositoryId), coordinate ?? Pear, version, CancellationToken.None);

    private Task<IDisposable> EnterUntilAsync(string version, CancellationToken cancellation) =>
        publishing.EnterAsync(Repository(1, 7), Pear, version, cancellation);

    private static RepositorySnapshot Repository(long domainId, long id) => new(domainId, id, "apples", World.Owner, null, []);
}
