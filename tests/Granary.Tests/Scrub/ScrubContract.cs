using System.Text;
using Granary.Core;
using Granary.Core.Assets;
using Granary.Core.Collection;
using Granary.Core.Database;
using Granary.Core.Jobs;
using Granary.Core.Scrub;
using Granary.Core.Upstreams;
using Granary.Tests.Collection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Tests.Scrub;

/// <summary>HARDENING CC-9: everything that rotted is found and nothing else is, no rotten byte is served, and the right ones heal it.</summary>
public abstract class ScrubContract(Engine engine) : WorldContract(engine)
{
    private const int Assets = 400;

    private readonly SourceClient client = new();
    private SourceDocuments documents = null!;
    private Yard yard = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        yard = await Yard.CreateAsync(World);
        documents = new SourceDocuments(client, new SourceLinks(client, yard.Files, TimeProvider.System), yard.Files, World.Database, World.Log, World.Locks, TimeProvider.System);
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        documents.Dispose();
        client.Dispose();
        await yard.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Every_asset_that_rotted_is_found_and_no_other_and_the_right_bytes_heal_it()
    {
        await PublishAsync();
        await yard.PublishAsync("twice", Content(0));
        var rotten = Rot();

        var found = new List<Damage>();
        var report = await Scrubber(TimeProvider.System).RunAsync(onlyWhenDue: false, damage => Task.Run(() => found.Add(damage)), CancellationToken.None);

        Assert.Equal((Assets, rotten.Count, 0), (report!.Assets, report.Damaged, report.Healed));
        Assert.Equal(rotten.OrderBy(pair => pair.Key), found.Select(damage => KeyValuePair.Create(int.Parse(damage.Uses[0].Version, null), damage.Kind)).OrderBy(pair => pair.Key));
        var twice = Assert.Single(found, damage => damage.Uses.Count == 2);
        Assert.Equal("orchard: a of fruit package pear 0 in yard, a of fruit package pear twice in yard: WrongBytes", twice.ToString().Split(", kept as")[0]);
        foreach (var n in Enumerable.Range(0, Assets))
        {
            Assert.Equal(rotten.ContainsKey(n) ? null : Content(n), await yard.ReadAsync(Content(n)));
        }

        foreach (var n in rotten.Keys)
        {
            await yard.PublishAsync($"{n} again", Content(n));
            Assert.Equal(Content(n), await yard.ReadAsync(Content(n)));
        }

        Assert.Equal(0, (await Scrubber(TimeProvider.System).RunAsync(onlyWhenDue: false, _ => Task.CompletedTask, CancellationToken.None))!.Damaged);
        await yard.CollectAsync();
        Assert.Equal(Content(0), await yard.ReadAsync(Content(0)));
    }

    [Fact]
    public async Task Whoever_is_stopped_leaves_the_rest_to_the_next()
    {
        await PublishAsync();
        var rotten = Rot();
        var found = new List<Damage>();
        using var stop = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Scrubber(new HastyClock()).RunAsync(
            onlyWhenDue: false,
            damage =>
            {
                found.Add(damage);
                return found.Count == rotten.Count / 2 ? stop.CancelAsync() : Task.CompletedTask;
            },
            stop.Token));
        var rest = await Scrubber(new HastyClock()).RunAsync(onlyWhenDue: false, damage => Task.Run(() => found.Add(damage)), CancellationToken.None);

        Assert.InRange(rest!.Assets, 1, Assets * 3 / 4);
        Assert.Equal(rotten.Keys.Order(), found.Select(damage => int.Parse(damage.Uses[0].Version, null)).Distinct().Order());
        Assert.Null(await Scrubber(TimeProvider.System).RunAsync(onlyWhenDue: true, _ => Task.CompletedTask, CancellationToken.None));
    }

    [Fact]
    public async Task An_asset_that_is_deleted_while_it_rots_is_nobodys_loss()
    {
        await yard.PublishAsync("1", Content(1));
        Overwrite(1, bytes => bytes[0] ^= 1);
        await yard.DeleteAsync("1");

        Assert.Equal(0, (await Scrubber(TimeProvider.System).RunAsync(onlyWhenDue: false, _ => Task.CompletedTask, CancellationToken.None))!.Damaged);
    }

    private static string Content(int n) => $"content of {n}, which is {new string('x', n * 7)}";

    private string FileOf(int n) => yard[AssetKey.OfAsset(yard.Domain.Id, World.DigestsOf(Content(n)).Sha256, 0)];

    private async Task PublishAsync()
    {
        for (var n = 0; n < Assets; n++)
        {
            await yard.PublishAsync($"{n}", Content(n));
        }
    }

    /// <summary>One bit of 60 assets, the end of 20, all of 20, and 5 pairs that are swapped, wherever they lie.</summary>
    private Dictionary<int, DamageKind> Rot()
    {
        var random = new Random(7);
        var chosen = Enumerable.Range(1, Assets - 1).OrderBy(_ => random.Next()).Prepend(0).Take(110).ToList();
        var rotten = new Dictionary<int, DamageKind>();
        foreach (var n in chosen[..60])
        {
            Overwrite(n, bytes => bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8)));
            rotten[n] = DamageKind.WrongBytes;
        }

        foreach (var n in chosen[60..80])
        {
            using var file = File.OpenWrite(FileOf(n));
            file.SetLength(random.Next((int)file.Length));
            rotten[n] = DamageKind.WrongSize;
        }

        foreach (var n in chosen[80..100])
        {
            File.Delete(FileOf(n));
            rotten[n] = DamageKind.Missing;
        }

        foreach (var pair in chosen[100..].Chunk(2))
        {
            var (one, other) = (File.ReadAllBytes(FileOf(pair[0])), File.ReadAllBytes(FileOf(pair[1])));
            File.WriteAllBytes(FileOf(pair[0]), other);
            File.WriteAllBytes(FileOf(pair[1]), one);
            rotten[pair[0]] = rotten[pair[1]] = one.Length == other.Length ? DamageKind.WrongBytes : DamageKind.WrongSize;
        }

        return rotten;
    }

    private void Overwrite(int n, Action<byte[]> change)
    {
        var bytes = Encoding.UTF8.GetBytes(Content(n));
        change(bytes);
        File.WriteAllBytes(FileOf(n), bytes);
    }

    private Scrubber Scrubber(TimeProvider clock)
    {
        var sources = new SourceListings(documents, new SourceReaders([]), (_, _) => default);
        var fetcher = new AssetFetcher(
            client, new SourceLinks(client, yard.Files, clock), yard.Assets, World.Search, new Ingestion(World.Log, new SourceReaders([]), new Quotas()),
            new Quotas(), World.Locks, clock, NullLogger<AssetFetcher>.Instance);
        return new Scrubber(
            World.Database, new JobLeases(World.Database, World.Log, clock), new AssetInspection(yard.Files), new Quarantine(yard.Files, new Dooming(World.Log, clock)),
            new AssetRefetch(World.Database, World.Directory, sources, fetcher), new ScrubOptions { BytesPerSecond = 1L << 30 }, clock);
    }
}

public sealed class ScrubOnSqliteTests() : ScrubContract(Engine.Sqlite);

public sealed class ScrubOnPostgreSqlTests() : ScrubContract(Engine.PostgreSql);
