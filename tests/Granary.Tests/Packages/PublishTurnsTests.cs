using Granary.Core.Packages;
using Granary.Core.Repositories;

namespace Granary.Tests.Packages;

public sealed class PublishTurnsTests
{
    private static readonly PackageCoordinate Pear = new("fruit", "", "pear");

    private readonly PublishTurns turns = new();

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
        var first = await EnterAsync("1.0");
        var second = EnterAsync("1.0");
        Assert.Equal(1, turns.Count);
        first.Dispose();
        using (await second)
        {
            // A turn that ended once takes nothing from whoever came after it.
            first.Dispose();
            Assert.Equal(1, turns.Count);
        }

        Assert.Equal(0, turns.Count);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => EnterUntilAsync("1.0", new CancellationToken(canceled: true)));
        Assert.Equal(0, turns.Count);
    }

    private Task<IDisposable> EnterAsync(string version, PackageCoordinate? coordinate = null, long domainId = 1, long repositoryId = 7) =>
        turns.EnterAsync(Repository(domainId, repositoryId), coordinate ?? Pear, version, CancellationToken.None);

    private Task<IDisposable> EnterUntilAsync(string version, CancellationToken cancellation) =>
        turns.EnterAsync(Repository(1, 7), Pear, version, cancellation);

    private static RepositorySnapshot Repository(long domainId, long id) => new(domainId, id, "apples", World.Owner, null, []);
}
