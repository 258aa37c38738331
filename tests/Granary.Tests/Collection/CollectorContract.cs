using Granary.Core.Assets;
using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Collection;

/// <summary>What is removed, and when; and that it is left to the next one where somebody dies over it.</summary>
public abstract class CollectorContract(Engine engine) : WorldContract(engine)
{
    private static readonly TimeSpan Grace = TimeSpan.FromHours(2);

    private Yard yard = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        yard = await Yard.CreateAsync(World);
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await yard.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Bytes_that_nothing_names_are_off_the_disk_and_all_others_stay()
    {
        var large = new string('x', 400_000);
        await yard.PublishAsync("1", large);
        await yard.PublishAsync("2", "shared");
        await yard.PublishAsync("3", "shared");
        await yard.PublishAsync("4", "kept");
        await yard.DeleteAsync("1", "2");

        var report = await yard.CollectAsync();

        Assert.Equal((1, 400_000, 0), (report.Removed, report.RemovedBytes, report.Waiting));
        Assert.Equal("shared".Length + "kept".Length, (await yard.StoredAsync()).Bytes);
        Assert.Equal((null, "shared", "kept"), (await yard.ReadAsync(large), await yard.ReadAsync("shared"), await yard.ReadAsync("kept")));

        await yard.PublishAsync("1", large);
        Assert.Equal(large, await yard.ReadAsync(large));
        Assert.Equal(0, (await yard.CollectAsync()).Removed);
        Assert.Equal(large, await yard.ReadAsync(large));
    }

    [Fact]
    public async Task What_nothing_names_is_kept_for_the_grace_and_longer_if_it_is_named_meanwhile()
    {
        await yard.PublishAsync("1", "orphan");
        await yard.PublishAsync("2", "again");
        await yard.AbandonAsync("stray");
        await yard.DeleteAsync("1", "2");

        Assert.Equal((0, 3), await RoundAsync());
        await yard.PassAsync(Grace / 2);
        await yard.PublishAsync("2", "again");
        Assert.Equal((0, 2), await RoundAsync());
        await yard.DeleteAsync("2");
        await yard.PassAsync(Grace / 2);
        Assert.Equal((2, 1), await RoundAsync());
        Assert.Equal("again", await yard.ReadAsync("again"));
        Assert.Single((await yard.StoredAsync()).Keys);

        await yard.PassAsync(Grace / 2);
        Assert.Equal((0, 1), await RoundAsync());
        await yard.PassAsync(Grace / 2);
        Assert.Equal((1, 0), await RoundAsync());
        Assert.Empty((await yard.StoredAsync()).Keys);
    }

    [Fact]
    public async Task A_jump_of_the_clock_makes_nothing_old_that_few_rounds_have_seen()
    {
        await yard.PublishAsync("1", "orphan");
        await yard.DeleteAsync("1");
        await yard.AbandonAsync("stray");

        Assert.Equal((0, 2), await RoundAsync());
        await yard.PassAsync(TimeSpan.FromDays(36_500));
        Assert.Equal((0, 2), await RoundAsync());
        await yard.PassAsync(-TimeSpan.FromDays(36_500));
        Assert.Equal((0, 2), await RoundAsync());
        Assert.Equal("orphan", await yard.ReadAsync("orphan"));
    }

    [Fact]
    public async Task A_look_at_what_would_be_removed_changes_nothing()
    {
        await yard.PublishAsync("1", "orphan");
        await yard.PublishAsync("2", "kept");
        await yard.DeleteAsync("1");
        await yard.AbandonAsync("stray");
        var before = (await yard.StoredAsync(), await RowsAsync());

        var at = await yard.Collector(TimeSpan.Zero).PreviewAsync(CancellationToken.None);
        var later = await yard.Collector(Grace).PreviewAsync(CancellationToken.None);

        Assert.Equal((2, 11, 0), (at.Removed, at.RemovedBytes, at.Waiting));
        Assert.Equal((0, 2, 11), (later.Removed, later.Waiting, later.WaitingBytes));
        var after = (await yard.StoredAsync(), await RowsAsync());
        Assert.Equal(before.Item1.Keys, after.Item1.Keys);
        Assert.Equal(before.Item2, after.Item2);
        var report = await yard.CollectAsync();
        Assert.Equal((2, 11), (report.Removed, report.RemovedBytes));
    }

    [Fact]
    public async Task Whoever_dies_over_it_leaves_the_rest_to_the_next_at_every_step()
    {
        for (var step = 0; ; step++)
        {
            await yard.PublishAsync("1", $"orphan {step}");
            await yard.PublishAsync("2", $"another {step}");
            await yard.PublishAsync($"kept {step}", $"kept {step}");
            await yard.AbandonAsync($"stray {step}");
            await yard.DeleteAsync("1", "2");
            yard.Storage.Restart();
            yard.Storage.DiesAt = step;
            var death = await Record.ExceptionAsync(() => yard.Collector(TimeSpan.Zero, new HastyClock()).RunAsync(onlyWhenDue: false, CancellationToken.None));
            Assert.True(death is null or IOException, $"{death}");
            var last = yard.Storage.Calls <= step;

            yard.Storage.Restart();
            await yard.PublishAsync("1", $"orphan {step}");
            await yard.CollectAsync();
            await yard.CollectAsync();
            Assert.Equal($"orphan {step}", await yard.ReadAsync($"orphan {step}"));
            Assert.Equal($"kept {step}", await yard.ReadAsync($"kept {step}"));
            Assert.Equal(step + 2, (await yard.StoredAsync()).Keys.Count);
            await yard.DeleteAsync("1");
            await yard.CollectAsync();
            Assert.Equal(step + 1, (await yard.StoredAsync()).Keys.Count);
            if (last)
            {
                Assert.True(step > 10, "There were hardly any steps.");
                return;
            }
        }
    }

    [Fact]
    public async Task One_at_a_time_collects_and_a_dead_one_is_followed_when_its_lease_is_over()
    {
        await yard.PublishAsync("1", "orphan");
        await yard.DeleteAsync("1");
        var (reached, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        yard.Storage.BeforeDelete = _ =>
        {
            reached.TrySetResult();
            return goOn.Task;
        };
        var first = yard.CollectAsync();
        await reached.Task;

        Assert.Null(await yard.Collector(TimeSpan.Zero).RunAsync(onlyWhenDue: false, CancellationToken.None));
        await ExpireAsync();
        var second = await yard.Collector(TimeSpan.Zero, storage: yard.Files).RunAsync(onlyWhenDue: false, CancellationToken.None);

        Assert.Equal(1, second!.Removed);
        Assert.Empty((await yard.StoredAsync()).Keys);
        goOn.SetResult();
        await first;
        Assert.Null(await yard.Collector(TimeSpan.Zero).RunAsync(onlyWhenDue: true, CancellationToken.None));
    }

    [Fact]
    public async Task The_assets_of_a_domain_that_is_gone_go_too()
    {
        await yard.PublishAsync("1", "orphan");
        await yard.DeleteAsync("1");
        await yard.AbandonAsync("stray");
        await using (var db = World.Database.Open())
        {
            await db.Domains.ExecuteDeleteAsync(CancellationToken.None);
        }

        Assert.Equal(2, (await yard.CollectAsync()).Removed);
        Assert.Empty((await yard.StoredAsync()).Keys);
    }

    [Fact]
    public async Task Documents_of_sources_go_when_no_row_names_them()
    {
        string[] keys = [.. Enumerable.Range(0, 3).Select(_ => AssetKey.NewDocument(yard.Domain.Id)), AssetKey.NewDocument(yard.Domain.Id + 1)];
        foreach (var key in keys)
        {
            await Assets.AssetStorageContract.StoreAsync(yard.Files, key, "listing");
        }

        await World.Log.WriteServerAsync(
            async db =>
            {
                db.SourceDocuments.Add(new() { DomainId = yard.Domain.Id, Connection = "public:fruit", Path = "pear", StorageKey = keys[1], CheckedAt = default });
                db.SourceDocuments.Add(new() { DomainId = yard.Domain.Id + 1, Connection = "public:fruit", Path = "pear", StorageKey = keys[3], CheckedAt = default });
                await db.SaveChangesAsync();
            },
            CancellationToken.None);

        Assert.Equal((0, 3), await RoundAsync());
        Assert.Equal(3, (await yard.CollectAsync()).Removed);
        Assert.Equal([keys[1]], (await yard.StoredAsync()).Keys);
    }

    [Fact]
    public async Task A_storage_of_another_database_is_left_alone()
    {
        await yard.PublishAsync("1", "named");
        await yard.CollectAsync();
        await using var other = await World.CreateAsync(World.Database.Engine);
        await using var stranger = await Yard.CreateAsync(other);

        var report = await stranger.Collector(TimeSpan.Zero, storage: yard.Files).RunAsync(onlyWhenDue: false, CancellationToken.None);

        Assert.True(report!.IsOfAnother);
        Assert.Equal("named", await yard.ReadAsync("named"));
    }

    private async Task<(long Removed, long Waiting)> RoundAsync()
    {
        var report = await yard.CollectAsync(Grace);
        return (report.Removed, report.Waiting);
    }

    private async Task ExpireAsync()
    {
        await using var db = World.Database.Open();
        await db.Database.ExecuteSqlAsync($"UPDATE job_leases SET expires_at = 0", CancellationToken.None);
    }

    private async Task<string> RowsAsync()
    {
        await using var db = World.Database.Open();
        var assets = await db.Assets.AsNoTracking().OrderBy(a => a.Sha256).Select(a => $"{a.Generation} {a.OrphanedAt}").ToListAsync();
        return string.Join(';', assets) + await db.AssetTombstones.CountAsync() + await db.StrayKeys.CountAsync() + await db.JobLeases.CountAsync();
    }
}

/// <summary>So much time passes between any two looks at it that a cursor is written after each page.</summary>
internal sealed class HastyClock : TimeProvider
{
    private long now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Add(ref now, TimeSpan.TicksPerMinute);
}

public sealed class CollectorOnSqliteTests() : CollectorContract(Engine.Sqlite);

public sealed class CollectorOnPostgreSqlTests() : CollectorContract(Engine.PostgreSql);
