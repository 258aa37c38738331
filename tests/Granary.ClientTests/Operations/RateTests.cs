using System.Net;
using Granary.ClientTests.Clients;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Operations;

/// <summary>
/// Rates that the operator has set, and clients that send again. Somebody else of the same account keeps the rate used up for as long as a test
/// wants a client to be refused.
/// </summary>
public sealed class RateTests
{
    [Fact]
    public async Task The_CLI_is_throttled_by_name_and_gets_through_by_its_retries()
    {
        await using var server = await GranaryServer.StartAsync(new Dictionary<string, string> { ["GRANARY_Quotas__Rates__ReadsPerAccount"] = "1" });
        using var home = new ClientHome();
        var aws = new AwsCli(server, home);

        CommandResult once;
        var tries = 0;
        await using (Flood(server))
        {
            // The one call of a second may be this one's where the flood is slow.
            do
            {
                once = await aws.TryAsync("list-domains");
            }
            while (once.ExitCode == 0 && ++tries < 5);
        }

        once.MustFail("(ThrottlingException)", "Quotas:Rates:ReadsPerAccount");

        aws.Extra["AWS_MAX_ATTEMPTS"] = "10";
        aws.Extra["AWS_RETRY_MODE"] = "standard";
        var before = await ThrottledAsync(server);
        Task<CommandResult> patient;
        await using (Flood(server))
        {
            patient = aws.TryAsync("list-domains", "--debug");
            while (await ThrottledAsync(server) == before)
            {
                Assert.False(patient.IsCompleted, "the CLI ended without being throttled");
            }
        }

        var result = (await patient).MustSucceed();
        Assert.Contains("my-domain", result.Output, StringComparison.Ordinal);
        Assert.Contains("ThrottlingException", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Npm_sends_again_what_was_throttled()
    {
        await using var source = new FakeNpmSource();
        var tree = new MadeUpTree(source, "rates");
        await using var server = await GranaryServer.StartAsync(new Dictionary<string, string>
        {
            ["ExternalConnections__public__npmjs"] = source.Address.ToString(),
            ["GRANARY_Quotas__Rates__RequestsPerToken"] = "4",
        });
        using var home = new ClientHome();
        home.LogIn(server.Npm(), await new AwsCli(server, home).TokenAsync());
        home.Environment["npm_config_fetch_retries"] = "10";
        home.Environment["npm_config_fetch_retry_mintimeout"] = "300";
        home.Environment["npm_config_fetch_retry_maxtimeout"] = "1000";
        var project = PackageFolder.ToInstall(home, "project", tree.App);

        var install = (await home.NpmAsync(project, "install", "--loglevel", "http")).MustSucceed();

        tree.MustBeInstalledIn(project);
        Assert.Contains("attempt", install.Error, StringComparison.Ordinal);

        home.EmptyCaches();
        home.Environment["npm_config_fetch_retries"] = "0";
        (await home.NpmAsync(PackageFolder.ToInstall(home, "impatient", tree.App), "install")).MustFail("E429", "Quotas:Rates:RequestsPerToken");
    }

    /// <summary>How many of the CLI's requests were throttled so far, as the trail has it; the flood has no user agent.</summary>
    private static async Task<int> ThrottledAsync(GranaryServer server)
    {
        var export = await Command.RunAsync(
            GranaryServer.Program, ["audit", "export", "--data", server.DataDirectory], server.DataDirectory,
            new Dictionary<string, string> { ["PATH"] = Environment.GetEnvironmentVariable("PATH")!, ["HOME"] = server.DataDirectory });
        return export.MustSucceed().Output.Split('\n').Count(line => line.Contains("ThrottlingException", StringComparison.Ordinal) && line.Contains("aws-cli/", StringComparison.Ordinal));
    }

    private static Others Flood(GranaryServer server) => new(server);

    /// <summary>Calls of the same account, one after the other for as long as it lives.</summary>
    private sealed class Others : IAsyncDisposable
    {
        private readonly CancellationTokenSource end = new();
        private readonly Task sending;

        public Others(GranaryServer server)
        {
            sending = Task.Run(() => SendAsync(new SignedRequest(server)));
        }

        public async ValueTask DisposeAsync()
        {
            await end.CancelAsync();
            await sending;
            end.Dispose();
        }

        private async Task SendAsync(SignedRequest request)
        {
            while (!end.IsCancellationRequested)
            {
                var status = (await request.SendAsync(HttpMethod.Post, "/v1/domains")).Status;
                Assert.True(status is HttpStatusCode.OK or HttpStatusCode.TooManyRequests, $"{status}");
            }
        }
    }
}
