using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Clients;

/// <summary>
/// The tutorial's flow with every client: express and all of its tree through my-repo, a private package beside it in one install, then
/// the same after a restart, with empty caches and without the source.
/// </summary>
public sealed class OfflineTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_client_publishes_installs_and_installs_again_without_the_source(bool https)
    {
        await using var source = new FakeNpmSource();
        using var machine = await ForwardedSource.FromMachineAsync();
        source.Otherwise = machine.ServeAsync;
        await using var server = await GranaryServer.StartAsync(source);
        using var home = new ClientHome();
        var token = await new AwsCli(server, home).TokenAsync();
        Client[] clients = [Npm(home), YarnClassic(home), YarnBerry(home, server, token, https), Pnpm(home), Bun(home)];
        home.LogIn(server.Npm(https: https), token);
        File.AppendAllText(Path.Combine(home.Path, ".npmrc"), $"always-auth=true\ncafile={server.AuthorityFile}\n");
        home.Write(".yarnrc", $"cafile \"{server.AuthorityFile}\"\n");
        home.Environment["NODE_EXTRA_CA_CERTS"] = server.AuthorityFile;

        foreach (var client in clients)
        {
            var own = OwnOf(client);
            var folder = PackageFolder.ToPublish(home, own);
            File.WriteAllText(Path.Combine(folder, "yarn.lock"), "");
            foreach (var arguments in client.Publish)
            {
                (await home.RunAsync(client.Tool, folder, arguments)).MustSucceed();
            }

            await MustInstallAsync(home, client, "online");
        }

        await server.StopAsync();
        source.SwitchOff();
        home.EmptyCaches();
        await server.StartAgainAsync();
        foreach (var client in clients)
        {
            await MustInstallAsync(home, client, "offline");
        }
    }

    private static async Task MustInstallAsync(ClientHome home, Client client, string folder)
    {
        var project = PackageFolder.ToInstall(home, $"{folder}-{client.Name}", "express", OwnOf(client));
        if (client.Name == "berry")
        {
            File.WriteAllText(Path.Combine(project, "yarn.lock"), "");
        }

        (await home.RunAsync(client.Tool, project, [.. client.Install, .. client.Name == "pnpm" ? ["--store-dir", home.Project("store-" + folder)] : Array.Empty<string>()])).MustSucceed();
        PackageFolder.MustHold(project, OwnOf(client), "1.0.0");
        (await home.RunAsync([Tool.Find("node")!], project, "-e", "require('express')()")).MustSucceed();
    }

    private static string OwnOf(Client client) => $"@acme/with-{client.Name}";

    private static Client Npm(ClientHome _) => new("npm", Tool.Npm, [["publish"]], ["install"]);

    private static Client YarnClassic(ClientHome _) =>
        new("yarn", Tool.YarnClassic, [["publish", "--non-interactive", "--new-version", "1.0.0"]], ["install", "--non-interactive"]);

    private static Client YarnBerry(ClientHome home, GranaryServer server, string token, bool https)
    {
        home.Write(
            ".yarnrc.yml",
            $"""
            npmRegistryServer: "{server.Npm(https: https)}"
            npmAuthToken: "{token}"
            npmAlwaysAuth: true
            npmMinimalAgeGate: 0
            nodeLinker: node-modules
            enableTelemetry: false
            enableGlobalCache: false
            cacheFolder: "{home.Path}/.cache/berry"
            enableImmutableInstalls: false
            httpsCaFilePath: "{server.AuthorityFile}"
            unsafeHttpWhitelist:
              - 127.0.0.1

            """);
        return new("berry", Tool.YarnBerry, [["install"], ["npm", "publish"]], ["install"]);
    }

    private static Client Pnpm(ClientHome home)
    {
        home.Environment["PNPM_HOME"] = home.Project("pnpm-home");
        return new("pnpm", Tool.Pnpm, [["publish", "--no-git-checks"]], ["install"]);
    }

    private static Client Bun(ClientHome _) => new("bun", Tool.Bun, [["publish"]], ["install"]);

    private sealed record Client(string Name, IReadOnlyList<string> Tool, string[][] Publish, string[] Install);
}
