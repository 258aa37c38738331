using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Transfer;
using Granary.Tests.Collection;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Transfer;

/// <summary>What backup, restore and migration keep, whichever engine the source has; the target has the other one.</summary>
public abstract class TransferContract(Engine engine)
{
    private static readonly Interruption Nobody = new();

    private Engine Other => engine is Engine.Sqlite ? Engine.PostgreSql : Engine.Sqlite;

    [Fact]
    public async Task Every_table_and_column_that_the_migrations_made_is_copied()
    {
        await using var world = await TransferWorld.EmptyAsync(engine);
        await using var db = world.Database.Open();

        Assert.Equal(
            await world.CatalogAsync(),
            CopiedTable.All(db).ToDictionary(t => t.Name, t => t.Columns.Select(c => c.Name).Order(StringComparer.Ordinal).ToList()));
    }

    [Fact]
    public async Task A_migration_to_the_other_engine_and_back_gives_every_row_and_every_byte_back()
    {
        await using var first = await TransferWorld.FilledAsync(engine, 12);
        await using var second = await TransferWorld.EmptyAsync(Other);
        await using var third = await TransferWorld.EmptyAsync(engine);

        var result = await MigrateAsync(first, second, Nobody);
        await MigrateAsync(second, third, Nobody);

        var (before, between, after) = (await first.ReadAllAsync(), await second.ReadAllAsync(), await third.ReadAllAsync());
        Assert.All(before, table => Assert.Equal(12, table.Value.Count));
        Assert.Equal(before, between);
        Assert.Equal(before, after);
        Assert.Equal((before.Count * 12, 12, 11), (result.Rows, result.Assets, result.Documents));
        Assert.Equal(await FilesAsync(first), await FilesAsync(third));
        Assert.Equal("a key", await File.ReadAllTextAsync(Path.Combine(third.Folder, "keys", "trail.key"), TestContext.Current.CancellationToken));
        UnfinishedMark.DemandNone(third.Folder);
        await Restore.DemandCompleteAsync(third.Database, CancellationToken.None);
    }

    [Fact]
    public async Task The_database_numbers_on_where_the_source_has_been_though_its_last_row_is_gone()
    {
        await using var first = await TransferWorld.EmptyAsync(engine);
        await using var second = await TransferWorld.EmptyAsync(Other);
        await using (var db = first.Database.Open())
        {
            await AddDomainAsync(db, "kept");
            var last = await AddDomainAsync(db, "deleted");
            await db.Domains.Where(d => d.Id == last).ExecuteDeleteAsync(TestContext.Current.CancellationToken);
        }

        await MigrateAsync(first, second, Nobody);

        await using var target = second.Database.Open();
        Assert.Equal(3, await AddDomainAsync(target, "new"));
    }

    [Fact]
    public async Task A_backup_is_restored_into_the_other_engine_and_a_second_one_copies_only_what_is_new()
    {
        using var backups = new TemporaryDirectory();
        var folder = new BackupFolder(backups["b"]);
        await using var world = await TransferWorld.FilledAsync(engine, 12);
        var first = await world.Backup().RunAsync(folder, verify: false, Nobody, CancellationToken.None);
        await AddAssetAsync(world, "one more");

        var second = await world.Backup().RunAsync(folder, verify: true, Nobody, CancellationToken.None);

        Assert.Equal((23, 1, 8), (first.NewFiles, second.NewFiles, second.NewBytes));
        Assert.Equal([first.Snapshot, second.Snapshot], folder.List());
        await using var target = await TransferWorld.EmptyAsync(Other);
        var (name, _) = await new Restore(folder, target.Place).RunAsync(null, Nobody, CancellationToken.None);
        Assert.Equal(second.Snapshot, name);
        Assert.Equal(await world.ReadAllAsync(), await target.ReadAllAsync());
        Assert.Equal(await FilesAsync(world), await FilesAsync(target));
        await using var older = await TransferWorld.EmptyAsync(engine);
        var (_, result) = await new Restore(folder, older.Place).RunAsync(first.Snapshot, Nobody, CancellationToken.None);
        Assert.Equal(12, result.Assets);
        Assert.All(Directory.GetFiles(Path.Combine(backups["b"], "snapshots"), "*", SearchOption.AllDirectories), MustBePrivate);
    }

    [Theory]
    [InlineData("rows of assets", 1)]
    [InlineData("rows of changes", 1)]
    [InlineData("assets", 6)]
    [InlineData("listings of public sources", 3)]
    [InlineData("tables verified", 2)]
    public async Task A_migration_that_was_broken_off_refuses_servers_and_goes_on(string step, int at)
    {
        await using var first = await TransferWorld.FilledAsync(engine, 12, changes: 12_000);
        await using var second = await TransferWorld.EmptyAsync(Other);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => MigrateAsync(first, second, new Interruption(step, at)));
        var refused = Assert.Throws<InvalidOperationException>(() => UnfinishedMark.DemandNone(second.Folder));
        Assert.Contains("Run the same command again", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Restore.DemandCompleteAsync(second.Database, CancellationToken.None));

        var again = new Interruption();
        await MigrateAsync(first, second, again);

        Assert.Equal(await first.ReadAllAsync(), await second.ReadAllAsync());
        Assert.Equal(await FilesAsync(first), await FilesAsync(second));
        if (step == "rows of changes")
        {
            // The batch of 10,000 that had come is not sent again.
            Assert.Equal([12_000L], again.All.Where(p => p.Step == step).Select(p => p.Done));
        }

        UnfinishedMark.DemandNone(second.Folder);
        await Restore.DemandCompleteAsync(second.Database, CancellationToken.None);
    }

    [Fact]
    public async Task A_restore_that_was_broken_off_goes_on_and_takes_no_other_snapshot()
    {
        using var backups = new TemporaryDirectory();
        var folder = new BackupFolder(backups["b"]);
        await using var world = await TransferWorld.FilledAsync(engine, 12);
        var first = await world.Backup().RunAsync(folder, verify: false, Nobody, CancellationToken.None);
        var second = await world.Backup().RunAsync(folder, verify: false, Nobody, CancellationToken.None);
        await using var target = await TransferWorld.EmptyAsync(Other);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new Restore(folder, target.Place).RunAsync(first.Snapshot, new Interruption("assets", 6), CancellationToken.None));

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => new Restore(folder, target.Place).RunAsync(second.Snapshot, Nobody, CancellationToken.None));
        Assert.Contains(first.Snapshot, refused.Message, StringComparison.Ordinal);
        var (_, result) = await new Restore(folder, target.Place).RunAsync(first.Snapshot, Nobody, CancellationToken.None);

        Assert.InRange(result.Skipped, 5, 12);
        Assert.Equal(await world.ReadAllAsync(), await target.ReadAllAsync());
    }

    [Fact]
    public async Task Nothing_is_filled_that_is_not_empty()
    {
        await using var first = await TransferWorld.FilledAsync(engine, 2);
        await using var second = await TransferWorld.FilledAsync(Other, 1);

        using var empty = new TemporaryDirectory();
        await using var other = await TransferWorld.EmptyAsync(Other);

        var directory = await Assert.ThrowsAsync<InvalidOperationException>(() => MigrateAsync(first, second.Place with { Database = other.Database }, Nobody));
        var database = await Assert.ThrowsAsync<InvalidOperationException>(() => MigrateAsync(first, second.Place with { Directory = empty.Path }, Nobody));

        Assert.Contains("is not empty: it holds", directory.Message, StringComparison.Ordinal);
        Assert.Contains("The database is not empty", database.Message, StringComparison.Ordinal);
        Assert.All((await second.ReadAllAsync()).Values, rows => Assert.Single(rows));
    }

    [Fact]
    public async Task An_asset_that_is_missing_or_damaged_in_the_storage_is_named_and_everything_else_is_in_the_snapshot()
    {
        using var backups = new TemporaryDirectory();
        var folder = new BackupFolder(backups["b"]);
        await using var world = await TransferWorld.FilledAsync(engine, 12);
        var files = Directory.GetFiles(Path.Combine(world.StorageFolder, "assets"), "*", SearchOption.AllDirectories);
        var (whole, expected) = (await File.ReadAllBytesAsync(files[0], TestContext.Current.CancellationToken), await FilesAsync(world));
        File.Delete(files[0]);
        await FlipAsync(files[1]);

        var backup = await world.Backup().RunAsync(folder, verify: false, Nobody, CancellationToken.None);

        Assert.Equal((10, 2), (backup.Assets, backup.Lost.Count));
        Assert.Contains($"{Path.GetFileName(files[0])} is missing", backup.LostLines, StringComparison.Ordinal);
        Assert.Contains($"{Path.GetFileName(files[1])} is damaged", backup.LostLines, StringComparison.Ordinal);
        await using var target = await TransferWorld.EmptyAsync(Other);
        var (_, result) = await new Restore(folder, target.Place).RunAsync(null, Nobody, CancellationToken.None);
        string[] lost = [.. files[..2].Select(file => Path.GetRelativePath(world.StorageFolder, file)).Order(StringComparer.Ordinal)];
        Assert.Equal(lost, result.Lost);
        Assert.Equal(await world.ReadAllAsync(), await target.ReadAllAsync());
        Assert.All(expected.Where(file => !lost.Contains(file.Key)), file => Assert.Equal(file.Value, Convert.ToHexString(File.ReadAllBytes(target.PathOf(file.Key)))));
        Assert.All(lost, key => Assert.False(File.Exists(target.PathOf(key))));

        // What a later backup finds whole is there for the earlier snapshot too; what no snapshot said it lacks is still demanded.
        await File.WriteAllBytesAsync(files[0], whole, TestContext.Current.CancellationToken);
        Assert.Single((await world.Backup().RunAsync(folder, verify: false, Nobody, CancellationToken.None)).Lost);
        await using var later = await TransferWorld.EmptyAsync(Other);
        Assert.Single((await new Restore(folder, later.Place).RunAsync(backup.Snapshot, Nobody, CancellationToken.None)).Result.Lost);
        File.Delete(Directory.GetFiles(Path.Combine(backups["b"], "assets"), "*", SearchOption.AllDirectories)[0]);
        await using var never = await TransferWorld.EmptyAsync(Other);
        await Assert.ThrowsAsync<InvalidDataException>(() => new Restore(folder, never.Place).RunAsync(null, Nobody, CancellationToken.None));
    }

    [Fact]
    public async Task An_asset_on_a_bad_sector_is_named_too_and_a_storage_that_has_none_makes_no_snapshot()
    {
        using var backups = new TemporaryDirectory();
        var folder = new BackupFolder(backups["b"]);
        await using var world = await TransferWorld.FilledAsync(engine, 3);
        var key = (await FilesAsync(world)).Keys.First(k => k.StartsWith("assets/", StringComparison.Ordinal));
        var storage = new HookedStorage(world.Storage) { Unreadable = key };

        var backup = await new Backup(world.Database, storage, world.Keys, TimeProvider.System).RunAsync(folder, verify: false, Nobody, CancellationToken.None);

        Assert.Equal($"{key} cannot be read: Input/output error", Assert.Single(backup.Lost));
        Assert.Equal(2, backup.Assets);
        using var nothing = new TemporaryDirectory();
        var elsewhere = new Backup(world.Database, new FileAssetStorage(nothing.Path, isOwner: true), world.Keys, TimeProvider.System);
        var fault = await Assert.ThrowsAsync<InvalidDataException>(() => elsewhere.RunAsync(new BackupFolder(backups["other"]), verify: false, Nobody, CancellationToken.None));
        Assert.Contains("None of the 3 assets", fault.Message, StringComparison.Ordinal);
        Assert.Empty(new BackupFolder(backups["other"]).List());
    }

    [Theory]
    [InlineData("flipped byte", "snapshots/*/tables/packages.jsonl.gz")]
    [InlineData("truncated", "snapshots/*/tables/changes.jsonl.gz")]
    [InlineData("missing", "snapshots/*/private/keys/trail.key")]
    [InlineData("flipped byte", "snapshots/*/manifest.json")]
    [InlineData("flipped byte", "assets/*")]
    [InlineData("truncated", "assets/*")]
    [InlineData("missing", "assets/*")]
    [InlineData("flipped byte", "documents/*")]
    public async Task A_damaged_backup_is_refused_with_the_name_of_the_file(string damage, string where)
    {
        using var backups = new TemporaryDirectory();
        var folder = new BackupFolder(backups["b"]);
        await using var world = await TransferWorld.FilledAsync(engine, 12);
        var backup = await world.Backup().RunAsync(folder, verify: false, Nobody, CancellationToken.None);
        var path = where.Split('/') is ["snapshots", _, .. var rest]
            ? Path.Combine([backups["b"], "snapshots", backup.Snapshot, .. rest])
            : Directory.GetFiles(Path.Combine(backups["b"], where.Split('/')[0]), "*", SearchOption.AllDirectories)[0];
        await DamageAsync(path, damage);
        await using var target = await TransferWorld.EmptyAsync(Other);

        var fault = await Assert.ThrowsAsync<InvalidDataException>(() => new Restore(folder, target.Place).RunAsync(null, Nobody, CancellationToken.None));

        Assert.Contains(Path.GetFileName(path), fault.Message, StringComparison.Ordinal);
        var untouched = (await target.ReadAllAsync()).Values.All(rows => rows.Count == 0);
        Assert.Equal(where.StartsWith("snapshots", StringComparison.Ordinal), untouched);
        if (!untouched)
        {
            Assert.Throws<InvalidOperationException>(() => UnfinishedMark.DemandNone(target.Folder));
        }

        // A backup that reads what is there repairs it while the server still has it, and a snapshot that is damaged is not the last one.
        var repaired = await world.Backup().RunAsync(folder, verify: true, Nobody, CancellationToken.None);
        await using var fresh = await TransferWorld.EmptyAsync(Other);
        await new Restore(folder, fresh.Place).RunAsync(repaired.Snapshot, Nobody, CancellationToken.None);
        Assert.Equal(await FilesAsync(world), await FilesAsync(fresh));
    }

    private static void MustBePrivate(string file)
    {
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    private static Task<ArrivalResult> MigrateAsync(TransferWorld from, TransferWorld to, Interruption progress) => MigrateAsync(from, to.Place, progress);

    private static Task<ArrivalResult> MigrateAsync(TransferWorld from, ArrivalPlace to, Interruption progress) =>
        new Migration(from.Database, from.Storage, from.Keys(), to).RunAsync("the test's source", progress, CancellationToken.None);

    private static async Task<long> AddDomainAsync(GranaryContext db, string name)
    {
        var domain = new Core.Domains.Domain { Owner = World.Owner, Name = name, CreatedAt = DateTimeOffset.UnixEpoch, EncryptionKey = "arn:aws:kms:::key/1" };
        db.Domains.Add(domain);
        await db.SaveChangesAsync(TestContext.Current.CancellationToken);
        return domain.Id;
    }

    private static async Task AddAssetAsync(TransferWorld world, string content)
    {
        var digests = World.DigestsOf(content);
        await world.StoreAsync(AssetKey.OfAsset(7, digests.Sha256, generation: 0), System.Text.Encoding.UTF8.GetBytes(content));
        await using var db = world.Database.Open();
        db.Assets.Add(new Asset
        {
            DomainId = 7, Sha256 = digests.Sha256, Size = digests.Size, Md5 = digests.Md5, Sha1 = digests.Sha1, Sha512 = digests.Sha512, StoredAt = DateTimeOffset.UnixEpoch,
        });
        await db.SaveChangesAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The bytes that rows name, by key. What no row names is not copied.</summary>
    private static async Task<Dictionary<string, string>> FilesAsync(TransferWorld world)
    {
        await using var db = world.Database.Open();
        var assets = await db.Assets.AsNoTracking().Select(a => new { a.DomainId, a.Sha256, a.Generation }).ToListAsync(TestContext.Current.CancellationToken);
        var documents = await db.SourceDocuments.AsNoTracking().Where(d => d.StorageKey != null).Select(d => d.StorageKey!).ToListAsync(TestContext.Current.CancellationToken);
        return assets.Select(a => AssetKey.OfAsset(a.DomainId, a.Sha256, a.Generation)).Concat(documents).ToDictionary(key => key, key => Convert.ToHexString(File.ReadAllBytes(world.PathOf(key))));
    }

    private static async Task DamageAsync(string path, string damage)
    {
        if (damage == "missing")
        {
            File.Delete(path);
        }
        else if (damage == "truncated")
        {
            await File.WriteAllBytesAsync(path, (await File.ReadAllBytesAsync(path))[..^3]);
        }
        else
        {
            await FlipAsync(path);
        }
    }

    private static async Task FlipAsync(string path)
    {
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);
    }
}

public sealed class TransferFromSqliteTests() : TransferContract(Engine.Sqlite);

public sealed class TransferFromPostgreSqlTests() : TransferContract(Engine.PostgreSql);
