using System.CommandLine;
using Granary.Core.Database;
using Granary.Core.Transfer;
using Granary.Server.Authentication;
using Granary.Server.Commands;
using Granary.Server.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Commands;

/// <summary>The commands around backup, restore and migration: who may run when, and what is said.</summary>
public sealed class TransferCommandsTests : IDisposable
{
    private readonly TemporaryDirectory folder = new();

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        folder.Dispose();
    }

    [Fact]
    public async Task What_was_migrated_to_PostgreSQL_is_backed_up_there_and_restored_into_SQLite_with_keys_that_open_its_secrets()
    {
        await using var databases = await Databases.CreateAsync(Engine.PostgreSql);
        await NewServer.MakeAsync(folder["first"]);
        var pg = databases.ConnectionString;

        Assert.Equal(0, (await RunAsync(MigrateCommand.Create(), "--from-data", folder["first"], "--to-data", folder["second"], "--to-database", pg)).Code);
        var (code, output) = await RunAsync(BackupCommand.Create(), folder["backup"], "--data", folder["second"], "--database", pg);
        Assert.Equal(0, code);
        Assert.Contains("rows of access_keys: 1\n", output, StringComparison.Ordinal);
        Assert.Contains("is complete", output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync(RestoreCommand.Create(), folder["backup"], "--data", folder["third"])).Code);

        using var data = DataDirectory.Open(folder["third"]);
        await using var db = GranaryDatabase.Sqlite(data.Database).Open();
        var key = await db.AccessKeys.SingleAsync(TestContext.Current.CancellationToken);
        Assert.True(new SecretSeal(data.Path).Opens(key.SealedSecret, key.Id));
        Assert.Contains(key.Id, await File.ReadAllTextAsync(data.Under("aws", "credentials"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(Path.Combine(folder["first"], "keys", "trail.key")), File.ReadAllBytes(data.Under("keys", "trail.key")));
    }

    [Fact]
    public async Task A_database_that_a_server_uses_is_neither_migrated_nor_restored_into_nor_given_new_keys()
    {
        await using var databases = await Databases.CreateAsync(Engine.PostgreSql);
        var pg = databases.ConnectionString;
        await NewServer.MakeAsync(folder["embedded"]);
        await NewServer.MakeAsync(folder["node"], pg);
        Assert.Equal(0, (await RunAsync(BackupCommand.Create(), folder["backup"], "--data", folder["embedded"])).Code);
        using (DataDirectory.Open(folder["embedded"]))
        {
            MustRefuse("Another Granary is running", await RunAsync(MigrateCommand.Create(), "--from-data", folder["embedded"], "--to-data", folder["new"]));
            Assert.Equal(0, (await RunAsync(BackupCommand.Create(), folder["backup"], "--data", folder["embedded"])).Code);
        }

        await using (await DatabaseUse.ShareAsync(databases.Database, CancellationToken.None))
        {
            MustRefuse("Stop all servers", await RunAsync(MigrateCommand.Create(), "--from-data", folder["node"], "--from-database", pg, "--to-data", folder["new"]));
            MustRefuse("Stop all servers", await RunAsync(RestoreCommand.Create(), folder["backup"], "--data", folder["restored"], "--database", pg));
            MustRefuse("Stop all servers", await RunAsync(KeysCommand.Create(), "rotate", "--data", folder["node"], "--database", pg));
            Assert.Equal(0, (await RunAsync(BackupCommand.Create(), folder["other"], "--data", folder["node"], "--database", pg)).Code);
        }

        MustRefuse("The database is not empty", await RunAsync(RestoreCommand.Create(), folder["backup"], "--data", folder["restored"], "--database", pg));
        Assert.Equal(["granary.lock"], Directory.GetFileSystemEntries(folder["restored"]).Select(Path.GetFileName));
        Assert.Equal(0, (await RunAsync(KeysCommand.Create(), "rotate", "--data", folder["node"], "--database", pg)).Code);
    }

    [Fact]
    public async Task No_command_opens_a_directory_that_is_incomplete_but_the_one_that_completes_it()
    {
        await NewServer.MakeAsync(folder["first"]);
        Assert.Equal(0, (await RunAsync(BackupCommand.Create(), folder["backup"], "--data", folder["first"])).Code);
        var target = folder["second"];
        using (var data = DataDirectory.OpenToFill(target))
        {
            var place = new ArrivalPlace(target, GranaryDatabase.Sqlite(data.Database), () => GranaryHost.Storage(new ServeOptions { Data = target }, data), TransferCommand.AllowedFiles, _ => Task.CompletedTask);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
                new Restore(new BackupFolder(folder["backup"]), place).RunAsync(null, new Transfer.Interruption("rows of domains"), CancellationToken.None));
        }

        var refused = Assert.Throws<InvalidOperationException>(() => DataDirectory.Open(target).Dispose());
        Assert.Contains("the restore of the snapshot", refused.Message, StringComparison.Ordinal);
        MustRefuse("is incomplete", await RunAsync(BackupCommand.Create(), folder["other"], "--data", target));
        Assert.Equal(0, (await RunAsync(RestoreCommand.Create(), folder["backup"], "--data", target)).Code);
        DataDirectory.Open(target).Dispose();

        // Between the two marks that are removed at the end.
        await File.WriteAllTextAsync(Path.Combine(target, "granary.unfinished"), $"the restore of the snapshot {new BackupFolder(folder["backup"]).List()[0]} ({Digest()})\nverified\n", TestContext.Current.CancellationToken);
        Assert.Equal(0, (await RunAsync(RestoreCommand.Create(), folder["backup"], "--data", target)).Code);
        DataDirectory.Open(target).Dispose();

        string Digest() => File.ReadAllText(Directory.GetFiles(folder["backup"], "manifest.json.sha256", SearchOption.AllDirectories)[0])[..64];
    }

    [Fact]
    public async Task Places_that_make_no_sense_are_refused_in_words_and_left_as_they_are()
    {
        await NewServer.MakeAsync(folder["first"]);

        MustRefuse("is in the data directory", await RunAsync(BackupCommand.Create(), Path.Combine(folder["first"], "backup"), "--data", folder["first"]));
        MustRefuse("is not the data directory of a server", await RunAsync(BackupCommand.Create(), folder["backup"], "--data", folder["nowhere"]));
        MustRefuse("no complete snapshot", await RunAsync(RestoreCommand.Create(), folder["backup"], "--data", folder["new"]));
        MustRefuse("name one directory", await RunAsync(MigrateCommand.Create(), "--from-data", folder["first"], "--to-data", folder["first"]));
        MustRefuse("is not the data directory of a server", await RunAsync(MigrateCommand.Create(), "--from-data", folder["nowhere"], "--to-data", folder["new"]));
        Assert.Equal(0, (await RunAsync(BackupCommand.Create(), folder["backup"], "--data", folder["first"])).Code);
        MustRefuse("is not empty", await RunAsync(RestoreCommand.Create(), folder["backup"], "--data", folder["first"]));
        MustRefuse("no complete snapshot 20200101T000000Z", await RunAsync(RestoreCommand.Create(), folder["backup"], "--snapshot", "20200101T000000Z", "--data", folder["new"]));

        Assert.Equal(["backup", "first", "new"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(["granary.lock"], Directory.GetFileSystemEntries(folder["new"]).Select(Path.GetFileName));
    }

    private static void MustRefuse(string words, (int Code, string Output) result)
    {
        Assert.Equal(1, result.Code);
        Assert.Contains(words, result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output)> RunAsync(Command command, params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        // Below a root as in the program: a command alone takes a first argument that ends with its own name for the program's path.
        var code = await new RootCommand { command }.Parse([command.Name, .. arguments]).InvokeAsync(new InvocationConfiguration { Output = output, Error = output }, TestContext.Current.CancellationToken);
        return (code, output.ToString());
    }
}
