using System.Net;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Operations;

/// <summary>The whole way: taken beside a server that is being used, and restored after everything was lost.</summary>
public sealed class BackupTests
{
    [Fact]
    public async Task After_the_loss_of_everything_a_restored_server_goes_on_with_the_tokens_and_credentials_that_were_given()
    {
        await using var source = new FakeNpmSource();
        await using var server = await GranaryServer.StartAsync(source);
        using var home = new ClientHome();
        using var backups = new TempDirectory("backup");
        var aws = new AwsCli(server, home);
        var token = await aws.TokenAsync();
        await aws.CreateRepositoryAsync("python");
        var python = new Uri(server.Http, $"pypi/d/{GranaryServer.Domain}-{GranaryServer.Account}/python/");
        home.LogIn(server.Npm(), token);
        await PublishAsync(home, "kept", "1.0.0");
        await UploadAsync(home, python, token);

        (await RunAsync(backups.Path, "backup", backups.Path, "--data", server.DataDirectory)).MustSucceed();
        await PublishAsync(home, "later", "1.0.0");
        var second = (await RunAsync(backups.Path, "backup", backups.Path, "--data", server.DataDirectory)).MustSucceed();
        Assert.Contains("of which 1 files", second.Output, StringComparison.Ordinal);
        (await RunAsync(backups.Path, "restore", backups.Path, "--data", server.DataDirectory)).MustFail("Another Granary is running");

        await server.KillAsync();
        Directory.Delete(server.DataDirectory, recursive: true);
        (await RunAsync(backups.Path, "restore", backups.Path, "--data", server.DataDirectory)).MustSucceed();
        await server.StartAgainAsync();

        using (var ping = server.Request(HttpMethod.Get, "-/ping", token))
        {
            (await server.SendAsync(ping)).Must(HttpStatusCode.OK);
        }

        Assert.Single((await aws.RunAsync("list-domains"))["domains"]!.AsArray());
        home.EmptyCaches();
        var project = home.Project("consumer");
        File.WriteAllText(Path.Combine(project, "package.json"), """{ "name": "consumer", "version": "1.0.0" }""");
        (await home.NpmAsync(project, "install", "kept@1.0.0", "later@1.0.0")).MustSucceed();
        Assert.Contains("kept 1.0.0", File.ReadAllText(Path.Combine(project, "node_modules", "kept", "index.js")), StringComparison.Ordinal);
        (await home.InstallAsync(home.Project("snake"), Python.IndexUrl(python, token), ["wheeled"])).MustSucceed();
        Assert.Equal("from before", Python.MarkOf(Path.Combine(home.Path, "snake"), "wheeled"));
        (await RunAsync(backups.Path, "audit", "verify", "--data", server.DataDirectory)).MustSucceed();

        // What was never in any backup can be published, and what was restored cannot be published over.
        await PublishAsync(home, "new", "1.0.0");
        (await home.NpmAsync(home.Project("kept-1.0.0"), "publish")).MustFail("409", "403", "previously published", "already");
    }

    private static async Task PublishAsync(ClientHome home, string name, string version)
    {
        var folder = home.Project($"{name}-{version}");
        File.WriteAllText(Path.Combine(folder, "package.json"), $$"""{ "name": "{{name}}", "version": "{{version}}" }""");
        File.WriteAllText(Path.Combine(folder, "index.js"), $"// {name} {version}\n");
        (await home.NpmAsync(folder, "publish")).MustSucceed();
    }

    private static async Task UploadAsync(ClientHome home, Uri repository, string token)
    {
        var wheel = new Wheel("wheeled", "1.0") { Mark = "from before" };
        var folder = home.Project("wheel");
        File.WriteAllBytes(Path.Combine(folder, wheel.File), wheel.Bytes);
        (await home.TwineAsync(folder, repository, token, wheel.File)).MustSucceed();
    }

    private static Task<CommandResult> RunAsync(string folder, params string[] arguments) => Command.RunAsync(
        GranaryServer.Program,
        arguments,
        folder,
        Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!));
}
