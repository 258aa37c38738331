using Granary.ClientTests.Harness;

namespace Granary.ClientTests.NuGet;

/// <summary>docs/nuget.md does what it says.</summary>
public sealed class PageTests
{
    [Fact]
    public async Task Its_commands_run_as_they_stand()
    {
        await using var source = new FakeNuGetSource();
        await source.SwitchOnAsync();
        await using var server = await GranaryServer.StartAsync(new Dictionary<string, string> { ["ExternalConnections__public__nuget-org"] = source.Address.ToString() });
        using var home = new NuGetHome();
        // The page takes the data directory for the default one.
        Directory.CreateSymbolicLink(Path.Combine(home.Client.Path, ".granary"), server.DataDirectory);

        var result = await Walkthrough.RunAsync(
            "nuget.md", server, home.Client,
            ("AWS_SHARED_CREDENTIALS_FILE", Path.Combine(server.DataDirectory, "aws", "credentials")), ("AWS_CONFIG_FILE", Path.Combine(server.DataDirectory, "aws", "config")), ("AWS_DEFAULT_OUTPUT", "json"));

        Assert.Contains("| Acme.Greeting ", result.Output, StringComparison.Ordinal);
        Assert.Contains("\"status\": \"Unlisted\"", result.Output, StringComparison.Ordinal);
    }
}
