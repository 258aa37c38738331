using System.Text;
using Granary.Core.Assets;
using Granary.Core.Collection;
using Granary.Core.Database;
using Granary.Core.Jobs;
using Granary.Core.Packages;
using Granary.Core.Scrub;
using Granary.Core.Transfer;
using Granary.Core.Upstreams;
using Granary.Server.Encryption;
using Granary.Tests.Transfer;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Tests.Encryption;

/// <summary>Backup, restore, migration and scrub of an encrypted domain beside one that is not.</summary>
public sealed class EncryptedTransferTests : IAsyncLifetime
{
    private const string Secret = "a marker that nobody is to find";
    private const string Open = "what everybody may read";

    private static readonly Interruption Nobody = new();

    private readonly TemporaryDirectory folder = new();
    private World world = null!;
    private EncryptedDomains domains = null!;
    private IAssetStorage storage = null!;
    private long secretDomain;
    private long openDomain;

    private string DataFolder => folder["data"];

    public async ValueTask InitializeAsync()
    {
        world = await World.CreateAsync(Engine.Sqlite);
        domains = new EncryptedDomains(world.Database, DataFolder);
        storage = domains.Over(new FileAssetStorage(folder["storage"], isOwner: true));
        secretDomain = (await world.CreateDomainAsync("vault")).Id;
        await domains.AddAsync(secretDomain);
        openDomain = (await world.CreateDomainAsync()).Id;
        await PublishAsync("vault", Secret);
        await PublishAsync("orchard", Open);
    }

    public async ValueTask DisposeAsync()
    {
        await domains.DisposeAsync();
        await world.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task A_backup_holds_nothing_plain_and_is_restored_with_its_keys()
    {
        var backups = new BackupFolder(folder["backup"]);
        var result = await BackUpAsync(backups, verify: false);
        Assert.Equal((2, 0), (result.Assets, result.Unread));
        Assert.Equal(0, (await BackUpAsync(backups, verify: true)).NewFiles);
        Assert.DoesNotContain(Secret, Everything(Path.Combine(folder["backup"], "assets")), StringComparison.Ordinal);
        Assert.Contains(Open, Everything(Path.Combine(folder["backup"], "assets")), StringComparison.Ordinal);

        await using var target = await TransferWorld.EmptyAsync(Engine.Sqlite);
        await using var keys = new EncryptedDomains(target.Database, target.Folder);
        await new Restore(backups, PlaceOf(target, keys)).RunAsync(null, Nobody, CancellationToken.None);

        Assert.Equal((Secret, Open), (await ReadAsync(target, keys, secretDomain, Secret), await ReadAsync(target, keys, openDomain, Open)));
        Assert.DoesNotContain(Secret, Everything(target.StorageFolder), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_migration_takes_the_encrypted_form_with_it()
    {
        await using var target = await TransferWorld.EmptyAsync(Engine.PostgreSql);
        await using var keys = new EncryptedDomains(target.Database, target.Folder);

        await new Migration(world.Database, storage, Private(), PlaceOf(target, keys)).RunAsync("the test's source", Nobody, CancellationToken.None);

        Assert.Equal((Secret, Open), (await ReadAsync(target, keys, secretDomain, Secret), await ReadAsync(target, keys, openDomain, Open)));
        Assert.DoesNotContain(Secret, Everything(target.StorageFolder), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_master_key_a_restore_says_what_is_missing_and_goes_on_once_it_is_there()
    {
        var backups = new BackupFolder(folder["backup"]);
        await new Backup(world.Database, storage, () => new PrivateFiles(new Dictionary<string, byte[]>()), TimeProvider.System).RunAsync(backups, false, Nobody, CancellationToken.None);
        await using var target = await TransferWorld.EmptyAsync(Engine.Sqlite);
        await using var keys = new EncryptedDomains(target.Database, target.Folder);

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => new Restore(backups, PlaceOf(target, keys)).RunAsync(null, Nobody, CancellationToken.None));

        Assert.Contains("has no keys/encryption.key", refused.Message, StringComparison.Ordinal);
        Directory.CreateDirectory(Path.Combine(target.Folder, "keys"));
        File.Copy(LocalKeyStore.PathOf(DataFolder), LocalKeyStore.PathOf(target.Folder));
        await new Restore(backups, PlaceOf(target, keys)).RunAsync(null, Nobody, CancellationToken.None);
        Assert.Equal(Secret, await ReadAsync(target, keys, secretDomain, Secret));
    }

    [Fact]
    public async Task A_disabled_key_keeps_no_backup_from_being_taken()
    {
        await domains.SetEnabledAsync(false);
        storage = domains.Over(new FileAssetStorage(folder["storage"], isOwner: true));

        var result = await BackUpAsync(new BackupFolder(folder["backup"]), verify: false);

        Assert.Equal((2, 1), (result.Assets, result.Unread));
        Assert.Equal(File.ReadAllBytes(FileOf(secretDomain, Secret)), File.ReadAllBytes(Path.Combine(folder["backup"], KeyOf(secretDomain, Secret))));
    }

    [Theory]
    [InlineData(70)]
    [InlineData(3)]
    public async Task What_rotted_is_found_by_the_backup_and_by_the_scrub_and_set_aside_as_it_lies_there(int place)
    {
        var file = FileOf(secretDomain, Secret);
        var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        bytes[place] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);

        var backup = await BackUpAsync(new BackupFolder(folder["backup"]), verify: false);
        Assert.Contains($"{KeyOf(secretDomain, Secret)} is damaged", Assert.Single(backup.Lost), StringComparison.Ordinal);
        Assert.Equal(1, backup.Assets);
        var (report, found) = await ScrubAsync();

        Assert.Equal((2, 1, 0), (report.Assets, report.Damaged, report.Closed));
        Assert.Equal(("vault", DamageKind.WrongBytes), (found.Single().Domain, found.Single().Kind));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(Path.Combine(folder["storage"], found.Single().QuarantineKey!), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_scrub_passes_over_what_a_disabled_key_closes()
    {
        await domains.SetEnabledAsync(false);
        storage = domains.Over(new FileAssetStorage(folder["storage"], isOwner: true));

        var (report, found) = await ScrubAsync();

        Assert.Equal((2, 0, 1), (report.Assets, report.Damaged, report.Closed));
        Assert.Empty(found);
        Assert.True(File.Exists(FileOf(secretDomain, Secret)));
    }

    private static string Everything(string path) =>
        string.Concat(Directory.GetFiles(path, "*", SearchOption.AllDirectories).Select(file => Encoding.Latin1.GetString(File.ReadAllBytes(file))));

    private static ArrivalPlace PlaceOf(TransferWorld target, EncryptedDomains keys) =>
        new(target.Folder, target.Database, () => keys.Over(target.Storage), [], _ => Task.CompletedTask);

    private static async Task<string> ReadAsync(TransferWorld target, EncryptedDomains keys, long domain, string content)
    {
        var digests = World.DigestsOf(content);
        var found = await new AssetStore(keys.Over(target.Storage), target.Database).OpenWholeAsync(domain, digests.Sha256, digests.Size, CancellationToken.None);
        using var reader = new StreamReader(await found.OpenAsync(CancellationToken.None));
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    private static string KeyOf(long domain, string content) => AssetKey.OfAsset(domain, World.DigestsOf(content).Sha256, 0);

    private string FileOf(long domain, string content) => Path.Combine(folder["storage"], KeyOf(domain, content));

    private PrivateFiles Private() => PrivateFiles.Read(DataFolder, ["keys"]);

    private Task<BackupResult> BackUpAsync(BackupFolder backups, bool verify) =>
        new Backup(world.Database, storage, Private, TimeProvider.System).RunAsync(backups, verify, Nobody, CancellationToken.None);

    private async Task PublishAsync(string name, string content)
    {
        var domain = await world.FindDomainAsync(name);
        var repository = await world.CreateRepositoryAsync(domain, "yard");
        var assets = new AssetStore(storage, world.Database);
        await using var spool = assets.CreateSpool();
        await spool.WriteAsync(Encoding.UTF8.GetBytes(content), CancellationToken.None);
        await assets.StoreAsync(domain.Id, spool, CancellationToken.None);
        // Its bytes are its name.
        await world.PublishAsync(repository, new PackageCoordinate("fruit", "", "pear"), "1", assets: content);
    }

    private async Task<(ScrubReport Report, List<Damage> Found)> ScrubAsync()
    {
        var clock = TimeProvider.System;
        using var client = new SourceClient();
        using var documents = new SourceDocuments(client, new SourceLinks(client, storage, clock), storage, world.Database, world.Log, world.Locks, clock);
        var fetcher = new AssetFetcher(
            client, new SourceLinks(client, storage, clock), new AssetStore(storage, world.Database), world.Search, new Ingestion(world.Log, new SourceReaders([]), new Core.Quotas()),
            new Core.Quotas(), world.Locks, clock, NullLogger<AssetFetcher>.Instance);
        var scrubber = new Scrubber(
            world.Database, new JobLeases(world.Database, world.Log, clock), new AssetInspection(storage), new Quarantine(storage, new Dooming(world.Log, clock)),
            new AssetRefetch(world.Database, world.Directory, new SourceListings(documents, new SourceReaders([]), (_, _) => default), fetcher),
            new ScrubOptions { BytesPerSecond = 1L << 30 }, clock);
        var found = new List<Damage>();
        var report = await scrubber.RunAsync(onlyWhenDue: false, damage => Task.Run(() => found.Add(damage)), CancellationToken.None);
        return (report!, found);
    }
}
