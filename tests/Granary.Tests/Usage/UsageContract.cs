using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Jobs;
using Granary.Core.Packages;
using Granary.Core.Usage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Tests.Usage;

public abstract class UsageContract(Engine engine) : WorldContract(engine)
{
    private const string Reader = "arn:aws:iam::123456789012:user/reader";
    private static readonly DateTimeOffset Start = new(2026, 3, 30, 10, 7, 30, TimeSpan.Zero);
    private static readonly PackageCoordinate Apple = new("fruit", "", "apple");

    private readonly ManualTime clock = new(Start);

    private PriceSheet Prices { get; } = new() { TransferGb = 0.09m };

    [Fact]
    public async Task Nodes_add_up_in_every_resolution()
    {
        var domain = await World.CreateDomainAsync();
        var shop = await World.CreateRepositoryAsync(domain, "shop");
        using var one = new Node(this);
        using var other = new Node(this);
        one.Record(domain, Read(bytesOut: 100, milliseconds: 4));
        one.Record(domain, Read(bytesOut: 50, milliseconds: 2));
        other.Record(domain, Read(bytesOut: 10, milliseconds: 9));
        await one.Writer.FlushAsync(CancellationToken.None);
        await other.Writer.FlushAsync(CancellationToken.None);
        one.Record(domain, Read(bytesOut: 1, milliseconds: 3));
        await one.Writer.FlushAsync(CancellationToken.None);

        await using var db = World.Database.Open();
        foreach (var seconds in Resolutions.All)
        {
            var rows = await db.MetricRollups.Where(r => r.Seconds == seconds && r.Facet == Facets.Format).ToListAsync(TestContext.Current.CancellationToken);
            var bytes = rows.Single(r => r.Metric == "BytesDownloaded");
            Assert.Equal((161, 4, 1, 100), (bytes.Sum, bytes.Samples, bytes.Minimum, bytes.Maximum));
            Assert.Equal((World.Owner, "orchard", shop.Name, "fruit"), (bytes.AccountId, bytes.DomainName, bytes.Repository, bytes.FacetValue));
            Assert.Equal(Resolutions.Floor(Start, seconds), bytes.StartsAt);
            var latency = rows.Single(r => r.Metric == "Latency");
            Assert.Equal((18_000, 2_000, 9_000), (latency.Sum, latency.Minimum, latency.Maximum));
            Assert.Equal(4, rows.Single(r => r.Metric == "ReadRequests").Sum);
            Assert.DoesNotContain(rows, r => r.Metric is "WriteRequests" or "4xxErrors");
        }
    }

    [Fact]
    public async Task What_cannot_be_written_is_kept_and_written_once()
    {
        var domain = await World.CreateDomainAsync();
        using var node = new Node(this);
        await SqlAsync("ALTER TABLE metric_rollups RENAME TO elsewhere");
        node.Record(domain, Read());
        await Assert.ThrowsAnyAsync<Exception>(() => node.Writer.FlushAsync(CancellationToken.None));
        clock.Advance(TimeSpan.FromMinutes(1));
        await Assert.ThrowsAnyAsync<Exception>(() => node.Writer.FlushAsync(CancellationToken.None));
        node.Record(domain, Read());
        await Assert.ThrowsAnyAsync<Exception>(() => node.Writer.FlushAsync(CancellationToken.None));
        await SqlAsync("ALTER TABLE elsewhere RENAME TO metric_rollups");
        await node.Writer.FlushAsync(CancellationToken.None);
        await node.Writer.FlushAsync(CancellationToken.None);

        Assert.Equal((double[])[1, 1], await PointsAsync(UsageMetric.Requests, Resolutions.Minute));
        Assert.Equal((double[])[2], await PointsAsync(UsageMetric.Requests, Resolutions.Day));
    }

    [Fact]
    public async Task Nothing_is_lost_where_many_count_while_it_is_written()
    {
        var domain = await World.CreateDomainAsync();
        using var node = new Node(this);
        var counting = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 5_000; i++)
            {
                node.Record(domain, Read());
            }
        })));
        while (!counting.IsCompleted)
        {
            await node.Writer.FlushAsync(CancellationToken.None);
        }

        await counting;
        await node.Writer.FlushAsync(CancellationToken.None);
        Assert.Equal((double[])[20_000], await PointsAsync(UsageMetric.Requests, Resolutions.Day));
    }

    [Fact]
    public async Task Downloads_are_counted_by_asset_and_forgotten_with_their_version()
    {
        var domain = await World.CreateDomainAsync();
        var shop = await World.CreateRepositoryAsync(domain, "shop");
        await World.PublishAsync(shop, Apple, "1.0.0", assets: "apple.box");
        using var node = new Node(this);
        node.Record(domain, Download("1.0.0"));
        node.Record(domain, Download("2.0.0"));
        await node.Writer.FlushAsync(CancellationToken.None);
        clock.Advance(TimeSpan.FromHours(1));
        await node.Writer.FlushAsync(CancellationToken.None);
        node.Record(domain, Download("1.0.0"));
        await node.Writer.FlushAsync(CancellationToken.None);

        var downloads = new Downloads(World.Database);
        Task<IReadOnlyList<DownloadCount>> ListAsync(DownloadFilter filter) => downloads.ListAsync(domain.Id, "shop", filter, null, 10, CancellationToken.None);
        Assert.Equal(
            [("1.0.0", 2, Start.AddHours(1)), ("2.0.0", 1, Start)],
            (await ListAsync(new DownloadFilter())).Select(d => (d.Version, d.Count, d.LastAt)));
        Assert.Equal("2.0.0", Assert.Single(await ListAsync(new DownloadFilter(Before: Start.AddMinutes(1)))).Version);
        var first = (await downloads.ListAsync(domain.Id, "shop", new DownloadFilter("fruit", "", "apple"), null, 1, CancellationToken.None)).Single();
        var next = await downloads.ListAsync(
            domain.Id, "shop", new DownloadFilter(), new DownloadPageKey(first.Format, first.Namespace, first.Package, first.Version, first.Asset), 10, CancellationToken.None);
        Assert.Equal("2.0.0", Assert.Single(next).Version);

        // No version 2.0.0 was ever published: its count goes, as that of a deleted one.
        await new UsageRetention(World.Database, World.Log, clock).RunAsync(CancellationToken.None);
        Assert.Equal("1.0.0", Assert.Single(await ListAsync(new DownloadFilter())).Version);
    }

    [Fact]
    public async Task Spans_are_kept_as_long_as_CloudWatch_keeps_them()
    {
        var domain = await World.CreateDomainAsync();
        using var node = new Node(this);
        node.Record(domain, Read());
        await node.Writer.FlushAsync(CancellationToken.None);
        var retention = new UsageRetention(World.Database, World.Log, clock);
        (int Days, int[] Left)[] ages = [(14, [60, 300, 3600, 86_400]), (16, [300, 3600, 86_400]), (64, [3600, 86_400]), (456, [86_400]), (1831, [])];
        foreach (var (days, left) in ages)
        {
            clock.Advance(Start.AddDays(days) - clock.GetUtcNow());
            await retention.RunAsync(CancellationToken.None);
            await using var db = World.Database.Open();
            Assert.Equal(left, await db.MetricRollups.Select(r => r.Seconds).Distinct().Order().ToListAsync(TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task Storage_is_measured_once_an_hour_and_priced_by_the_month()
    {
        var domain = await World.CreateDomainAsync();
        var (shop, store) = (await World.CreateRepositoryAsync(domain, "shop"), await World.CreateRepositoryAsync(domain, "store"));
        await World.PublishAsync(shop, Apple, "1.0.0", assets: "one");
        await World.PublishAsync(store, Apple, "1.0.0", assets: "one");
        await World.PublishAsync(store, Apple, "2.0.0", assets: "seven77");
        var measurement = new StorageMeasurement(World.Database, World.Log, new JobLeases(World.Database, World.Log, clock), World.Directory, clock);
        Assert.True(await measurement.RunAsync(onlyWhenDue: true, CancellationToken.None));
        Assert.False(await measurement.RunAsync(onlyWhenDue: true, CancellationToken.None) && World.Database.Engine is Engine.Sqlite);

        Assert.Equal(10, await StorageAsync(UsageMetric.StorageBytes, null));
        Assert.Equal(13, await StorageAsync(UsageMetric.LogicalStorageBytes, null));
        Assert.Equal(3, await StorageAsync(UsageMetric.StorageBytes, "shop"));
        Assert.Equal(10, await StorageAsync(UsageMetric.StorageBytes, "store"));

        clock.Advance(TimeSpan.FromHours(24) - Start.TimeOfDay + TimeSpan.FromHours(12));
        var report = new UsageReport(World.Database, clock);
        var day = Resolutions.Floor(Start, Resolutions.Day);
        var whole = Assert.Single(await report.RunAsync(World.Owner, day, day.AddDays(1), UsageGrouping.Domain, CancellationToken.None));
        Assert.Equal((10m / 31, 13m / 31), (whole.StorageByteMonths, whole.LogicalStorageByteMonths));
        // The second day is half over, and nothing was measured in it yet.
        var both = Assert.Single(await report.RunAsync(World.Owner, day, day.AddDays(2), UsageGrouping.Domain, CancellationToken.None));
        Assert.Equal(15m / 31, both.StorageByteMonths, 20);
        Assert.Equal(["orchard/shop", "orchard/store"], (await report.RunAsync(null, day, day.AddDays(1), UsageGrouping.Repository, CancellationToken.None)).Select(l => l.Group));
        Assert.Empty(await report.RunAsync("999999999999", day, day.AddDays(2), UsageGrouping.Domain, CancellationToken.None));
    }

    [Fact]
    public async Task A_report_adds_up_and_prices_what_it_is_grouped_by()
    {
        var domain = await World.CreateDomainAsync();
        await World.CreateRepositoryAsync(domain, "shop");
        using var node = new Node(this);
        for (var i = 0; i < 20; i++)
        {
            node.Record(domain, Download("1.0.0") with { BytesOut = 1L << 30, BytesSaved = 7 });
        }

        node.Meter.RecordFetch(domain, "shop", Apple, 500);
        await node.Writer.FlushAsync(CancellationToken.None);
        clock.Advance(TimeSpan.FromDays(1));
        var report = new UsageReport(World.Database, clock);
        var day = Resolutions.Floor(Start, Resolutions.Day);
        (UsageGrouping, string)[] groupings = [(UsageGrouping.None, ""), (UsageGrouping.Domain, "orchard"), (UsageGrouping.Repository, "orchard/shop"), (UsageGrouping.Principal, Reader), (UsageGrouping.PackageGroup, "orchard:/*")];
        foreach (var (grouping, group) in groupings)
        {
            var line = Assert.Single(await report.RunAsync(World.Owner, day, day.AddDays(1), grouping, CancellationToken.None));
            Assert.Equal((group, 20, 20, 140), (line.Group, line.Requests, line.Downloads, line.CacheBytesSaved));
            Assert.Equal((20m, 0.0001m, 1.8m, 1.8001m), (line.TransferGb, line.RequestCost(Prices), line.TransferCost(Prices), line.Cost(Prices)));
            // Nobody asks a source: the server does, for all who wait.
            Assert.Equal(grouping is UsageGrouping.Principal ? 0 : 500, line.UpstreamBytes);
        }

        Assert.Empty(await report.RunAsync(World.Owner, day.AddDays(1), day.AddDays(2), UsageGrouping.None, CancellationToken.None));
    }

    [Fact]
    public async Task Principals_beyond_the_limit_are_counted_together()
    {
        var domain = await World.CreateDomainAsync();
        using var node = new Node(this);
        for (var i = 0; i < 20_003; i++)
        {
            node.Meter.Record(new UsageKey(World.Owner, domain.Name, "shop", "fruit", $"arn:{i}"), Read());
        }

        await node.Writer.FlushAsync(CancellationToken.None);
        await using var db = World.Database.Open();
        var others = await db.MetricRollups.SingleAsync(r => r.FacetValue == UsageMeter.Others && r.Metric == "Requests" && r.Seconds == Resolutions.Day, TestContext.Current.CancellationToken);
        Assert.Equal(3, others.Sum);
        Assert.Equal((double[])[20_003], await PointsAsync(UsageMetric.Requests, Resolutions.Day));
    }

    private static RequestUse Read(long bytesOut = 0, double milliseconds = 1) => new()
    {
        Plane = RequestPlane.Read, Status = 200, Elapsed = TimeSpan.FromMilliseconds(milliseconds), BytesIn = 0, BytesOut = bytesOut,
    };

    private static RequestUse Download(string version) => Read(bytesOut: 10) with { Package = Apple, Version = version, Asset = "apple.box" };

    private async Task<double[]> PointsAsync(UsageMetric metric, int period)
    {
        var day = Resolutions.Floor(Start, Resolutions.Day);
        var points = await new MetricQueries(World.Database, clock).ReadAsync(
            new MetricSeries(World.Owner, metric, "orchard", null, null), day, day.AddDays(1), period, CancellationToken.None);
        return [.. points.Select(p => p.Set.Sum)];
    }

    private async Task<double> StorageAsync(UsageMetric metric, string? repository)
    {
        var day = Resolutions.Floor(Start, Resolutions.Day);
        var points = await new MetricQueries(World.Database, clock).ReadAsync(
            new MetricSeries(World.Owner, metric, "orchard", repository, null), day, day.AddDays(1), Resolutions.Hour, CancellationToken.None);
        return points.Single().Set.Average;
    }

    private async Task SqlAsync(string statement)
    {
        await using var db = World.Database.Open();
        await db.Database.ExecuteSqlRawAsync(statement);
    }

    /// <summary>What one node counts with.</summary>
    private sealed class Node : IDisposable
    {
        public Node(UsageContract test)
        {
            Meter = new UsageMeter(new UsageOptions());
            Writer = new UsageWriter(Meter, test.World.Log, test.World.Directory, test.clock, NullLogger<UsageWriter>.Instance);
        }

        public UsageMeter Meter { get; }

        public UsageWriter Writer { get; }

        public void Record(DomainSnapshot domain, RequestUse use) =>
            Meter.Record(new UsageKey(domain.Owner, domain.Name, "shop", "fruit", Reader), use with { DomainId = domain.Id });

        public void Dispose() => Writer.Dispose();
    }
}

public sealed class UsageOnSqliteTests() : UsageContract(Engine.Sqlite);

public sealed class UsageOnPostgreSqlTests() : UsageContract(Engine.PostgreSql);
