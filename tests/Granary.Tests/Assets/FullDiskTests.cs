using System.Diagnostics;
using Granary.Core;
using Granary.Core.Access.Identities;
using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Events;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Assets;

/// <summary>A file system of a few MiB where this machine lets us mount one; else the refusals are checked by themselves.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly TemporaryDirectory folder = new();
    private readonly bool mounted;

    public FullDiskTests() => mounted = OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && Run("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder.Path);

    [Fact]
    public async Task Says_that_the_storage_is_full_and_goes_on_when_it_is_not()
    {
        if (!mounted)
        {
            Assert.Equal(RefusalKind.StorageFull, StorageRefusal.Of(new IOException("No space left on device", 28)).Kind);
            Assert.Equal(RefusalKind.Unavailable, StorageRefusal.Of(new IOException("Input/output error", 5)).Kind);
            return;
        }

        var storage = new FileAssetStorage(folder["storage"], isOwner: true);
        await AssetStorageContract.StoreAsync(storage, "assets/1/aa/aa", "before");
        await using (var spool = storage.CreateSpool())
        {
            var refusal = await Assert.ThrowsAsync<Refusal>(async () =>
            {
                for (var n = 0; n < 100; n++)
                {
                    await spool.WriteAsync(new byte[100_000], CancellationToken.None);
                }
            });
            Assert.Equal(RefusalKind.StorageFull, refusal.Kind);
            Assert.NotNull(await AssetStorageContract.ReadAsync(storage, "assets/1/aa/aa"));
        }

        await AssetStorageContract.StoreAsync(storage, "assets/1/ab/ab", "after");
        Assert.NotNull(await AssetStorageContract.ReadAsync(storage, "assets/1/ab/ab"));
    }

    [Fact]
    public async Task The_database_refuses_reads_on_and_recovers_without_a_restart()
    {
        if (!mounted)
        {
            Assert.Equal(RefusalKind.StorageFull, StorageFailure.Of(new DbUpdateException("", new SqliteException("database or disk is full", 13)))!.Kind);
            return;
        }

        var database = GranaryDatabase.Sqlite(folder["granary.db"]);
        await database.MigrateAsync(CancellationToken.None);
        await using var log = new ChangeLog(database, new DomainStamps(database), new AccountRevisions(database), TimeProvider.System);
        async Task<Exception?> WriteAsync(int bytes) => await Record.ExceptionAsync(() => log.WriteServerAsync(
            async db =>
            {
                db.Accounts.Add(new() { Id = Guid.NewGuid().ToString(), CreatedAt = default });
                await db.SaveChangesAsync();
                await db.Database.ExecuteSqlAsync($"INSERT INTO ballast VALUES (zeroblob({bytes}))");
            },
            CancellationToken.None));
        async Task<int> CountAsync()
        {
            await using var db = database.Open();
            return await db.Accounts.CountAsync(CancellationToken.None);
        }

        await log.WriteServerAsync(db => db.Database.ExecuteSqlRawAsync("CREATE TABLE ballast (bytes BLOB)"), CancellationToken.None);
        Assert.Null(await WriteAsync(10));
        await File.WriteAllBytesAsync(folder["ballast"], new byte[1_500_000], TestContext.Current.CancellationToken);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => WriteAsync(1_000_000)));

        Assert.Contains(outcomes, o => o is Refusal { Kind: RefusalKind.StorageFull });
        Assert.All(outcomes, o => Assert.True(o is null or Refusal { Kind: RefusalKind.StorageFull or RefusalKind.Unavailable }, $"{o}"));
        Assert.Equal(1 + outcomes.Count(o => o is null), await CountAsync());

        File.Delete(folder["ballast"]);
        Assert.Null(await WriteAsync(10).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        Assert.Equal(2 + outcomes.Count(o => o is null), await CountAsync());
        using var pooled = new SqliteConnection(database.ConnectionString);
        SqliteConnection.ClearPool(pooled);
    }

    public void Dispose()
    {
        if (mounted)
        {
            Run("umount", "-l", folder.Path);
        }

        folder.Dispose();
    }

    private static bool Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
