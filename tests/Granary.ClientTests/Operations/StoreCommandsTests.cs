using System.Collections;
using System.Text.Json;
using Granary.ClientTests.Clients;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Operations;

/// <summary>The operator's commands where assets lie in an object store: the way there, all that is done beside the server, and the way back.</summary>
public sealed class StoreCommandsTests
{
    private const string Name = "pear";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task A_server_moves_to_PostgreSQL_and_S3_is_looked_after_there_backed_up_restored_and_moved_back() => MovesAsync(CephStore.StartAsync);

    [Fact]
    public Task A_server_moves_to_PostgreSQL_and_Azure_is_looked_after_there_backed_up_restored_and_moved_back() => MovesAsync(AzuriteStore.StartAsync);

    private static async Task MovesAsync(Func<Task<ITestStore>> start)
    {
        await using var source = new FakeNpmSource();
        await using var postgres = await PostgreSql.StartAsync();
        await using var store = await start();
        await using var server = await GranaryServer.StartAsync(source);
        using var home = new ClientHome();
        using var folder = new TempDirectory("store");
        var aws = new AwsCli(server, home);
        home.LogIn(server.Npm(await aws.CreateRepositoryAsync("own")), await aws.TokenAsync());
        (await home.NpmAsync(PackageFolder.ToPublish(home, Name), "publish")).MustSucceed();
        await server.StopAsync();

        // There: a setting that counts for both sides is refused, and what each side's own file says is taken.
        var (bytes, database) = (await store.CreateAsync(), Database(postgres, "granary"));
        var pg = await PlaceAsync(folder, "pg", store, bytes);
        string[] migrate = ["migrate", "--from-data", server.DataDirectory, "--to-data", pg, "--to-database", database];
        (await RunAsync(folder, source, migrate, ("GRANARY_Storage__Kind", store.Kind))).MustFail("each side");
        (await RunAsync(folder, source, migrate)).MustSucceed();
        string[] there = ["--data", pg, "--database", database];
        Assert.Single(await store.ListAsync(bytes, "assets/"));
        (await RunAsync(folder, source, ["doctor", .. there])).MustSucceed();

        MoveIn(server, pg);
        there[1] = server.DataDirectory;
        await server.StartAgainAsync(new Dictionary<string, string> { ["GRANARY_Database"] = database });
        await InstallAsync(home, "first");
        Assert.Contains("Nothing was changed", (await RunAsync(folder, source, ["collect", "--dry-run", .. there])).MustSucceed().Output, StringComparison.Ordinal);
        Assert.Contains("1 assets", (await RunAsync(folder, source, ["scrub", .. there])).MustSucceed().Output, StringComparison.Ordinal);
        (await RunAsync(folder, source, ["doctor", .. there])).MustSucceed();
        var backup = Path.Combine(folder.Path, "backup");
        (await RunAsync(folder, source, ["backup", backup, .. there])).MustSucceed();

        // Rotten: the scrub and the backup name the package, and the snapshot lacks nothing but it.
        var (key, length) = Assert.Single(await store.ListAsync(bytes, "assets/"));
        await store.OverwriteAsync(bytes, key, new byte[length]);

        var lacking = (await RunAsync(folder, source, ["backup", Path.Combine(folder.Path, "lacking"), .. there])).MustFail($"npm package {Name} 1.0.0 in own");
        Assert.Contains("is complete but for 1 of the assets", lacking.Output, StringComparison.Ordinal);
        (await RunAsync(folder, source, ["scrub", .. there])).MustFail("WrongBytes");
        await server.StopAsync();
        var partly = await PlaceAsync(folder, "partly", store, await store.CreateAsync());
        (await RunAsync(folder, source, ["restore", Path.Combine(folder.Path, "lacking"), "--data", partly, "--database", Database(postgres, "partly")])).MustFail("The snapshot lacks 1 assets");

        // The whole snapshot, into another place; and from there back to one machine.
        var restored = await PlaceAsync(folder, "restored", store, await store.CreateAsync());
        var other = Database(postgres, "restored");
        (await RunAsync(folder, source, ["restore", backup, "--data", restored, "--database", other])).MustSucceed();
        var back = Path.Combine(folder.Path, "back");
        (await RunAsync(folder, source, ["migrate", "--from-data", restored, "--from-database", other, "--to-data", back])).MustSucceed();
        MoveIn(server, back);
        await server.StartAgainAsync(new Dictionary<string, string> { ["GRANARY_Database"] = "" });
        await InstallAsync(home, "second");
        Assert.True(Directory.Exists(Path.Combine(server.DataDirectory, "storage", "assets")));
    }

    private static async Task InstallAsync(ClientHome home, string folder)
    {
        home.EmptyCaches();
        var project = PackageFolder.ToInstall(home, folder, Name);
        (await home.NpmAsync(project, "install")).MustSucceed();
        PackageFolder.MustHold(project, Name, "1.0.0");
    }

    private static string Database(PostgreSql postgres, string name) =>
        postgres.ConnectionString.Replace("Database=postgres", $"Database={name}", StringComparison.Ordinal);

    /// <summary>A data directory that is to be filled, with the settings of its place in the store.</summary>
    private static async Task<string> PlaceAsync(TempDirectory folder, string name, ITestStore store, string bytes)
    {
        var place = Directory.CreateDirectory(Path.Combine(folder.Path, name)).FullName;
        var settings = new Dictionary<string, object> { ["Kind"] = store.Kind, [store.Section] = store.Settings(bytes) };
        await File.WriteAllTextAsync(Path.Combine(place, "granary.json"), JsonSerializer.Serialize(new { Storage = settings }), Cancellation);
        return place;
    }

    /// <summary>Puts a directory in the place of the stopped server's own.</summary>
    private static void MoveIn(GranaryServer server, string directory)
    {
        Directory.Delete(server.DataDirectory, recursive: true);
        Directory.Move(directory, server.DataDirectory);
    }

    private static Task<CommandResult> RunAsync(TempDirectory folder, FakeNpmSource source, string[] arguments, params (string Name, string Value)[] settings)
    {
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!);
        environment["ExternalConnections__public__npmjs"] = source.Address.ToString();
        foreach (var (name, value) in settings)
        {
            environment[name] = value;
        }

        return Command.RunAsync(GranaryServer.Program, arguments, folder.Path, environment);
    }
}
