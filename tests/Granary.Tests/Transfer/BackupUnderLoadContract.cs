using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Packages;
using Granary.Core.Repositories;
using Granary.Core.Transfer;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Transfer;

public abstract class BackupUnderLoadContract(Engine engine) : WorldContract(engine)
{
    private const int Publishers = 4;
    private const int Backups = 3;

    [Fact]
    public async Task What_was_acknowledged_before_the_start_is_restored_and_nothing_names_bytes_that_are_missing()
    {
        using var files = new TemporaryDirectory();
        var storage = new FileAssetStorage(files["storage"], isOwner: true);
        var folder = new BackupFolder(files["backup"]);
        var repository = await World.CreateRepositoryAsync(await World.CreateDomainAsync(), "fruit");
        var acknowledged = new ConcurrentQueue<string>();
        using var stop = new CancellationTokenSource();
        var publishing = Enumerable.Range(0, Publishers).Select(i => PublishAsync(i, repository, storage, acknowledged, stop.Token)).ToArray();
        var taken = new List<(string Snapshot, string[] Before)>();
        for (var n = 0; n < Backups; n++)
        {
            var enough = acknowledged.Count + 20;
            while (acknowledged.Count < enough)
            {
                await Task.Delay(5, TestContext.Current.CancellationToken);
                Assert.DoesNotContain(publishing, task => task.IsFaulted);
            }

            var before = acknowledged.ToArray();
            var result = await new Backup(World.Database, storage, () => new PrivateFiles(new Dictionary<string, byte[]>()), TimeProvider.System)
                .RunAsync(folder, verify: false, new Interruption(), CancellationToken.None);
            taken.Add((result.Snapshot, before));
        }

        await stop.CancelAsync();
        await Task.WhenAll(publishing);
        Assert.True(acknowledged.Count > taken[^1].Before.Length, "Nothing was published while the last backup was taken.");
        foreach (var (snapshot, before) in taken)
        {
            await MustBeWholeAsync(folder, snapshot, before);
        }
    }

    private async Task MustBeWholeAsync(BackupFolder folder, string snapshot, string[] before)
    {
        await using var target = await TransferWorld.EmptyAsync(World.Database.Engine is Engine.Sqlite ? Engine.PostgreSql : Engine.Sqlite);
        await new Restore(folder, target.Place).RunAsync(snapshot, new Interruption(), CancellationToken.None);
        await using var db = target.Database.Open();
        var named = await db.VersionAssets.AsNoTracking().ToListAsync(TestContext.Current.CancellationToken);
        Assert.Superset(before.ToHashSet(), named.Select(a => a.Name).ToHashSet());
        Assert.Equal(await db.PackageVersions.CountAsync(TestContext.Current.CancellationToken), named.Count);
        foreach (var asset in named)
        {
            var content = await File.ReadAllBytesAsync(target.PathOf(AssetKey.OfAsset(asset.DomainId, asset.Sha256, generation: 0)), TestContext.Current.CancellationToken);
            Assert.Equal(asset.Name, Encoding.UTF8.GetString(content));
            Assert.Equal(SHA256.HashData(content), asset.Sha256);
        }
    }

    private async Task PublishAsync(int publisher, RepositorySnapshot repository, FileAssetStorage storage, ConcurrentQueue<string> acknowledged, CancellationToken stop)
    {
        for (var n = 0; !stop.IsCancellationRequested; n++)
        {
            var name = $"{publisher}-{n}";
            await using var spool = storage.CreateSpool();
            await spool.WriteAsync(Encoding.UTF8.GetBytes(name), CancellationToken.None);
            await storage.StoreAsync(spool, AssetKey.OfAsset(repository.DomainId, spool.Finish().Sha256, generation: 0), CancellationToken.None);
            await World.PublishAsync(repository, new PackageCoordinate("fruit", "", $"package-{publisher}"), $"1.0.{n}", assets: name);
            acknowledged.Enqueue(name);
        }
    }
}

public sealed class BackupUnderLoadOnSqliteTests() : BackupUnderLoadContract(Engine.Sqlite);

public sealed class BackupUnderLoadOnPostgreSqlTests() : BackupUnderLoadContract(Engine.PostgreSql);
