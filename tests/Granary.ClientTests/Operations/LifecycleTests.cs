using System.Net;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Operations;

/// <summary>Starting, stopping and being stopped.</summary>
public sealed class LifecycleTests : IAsyncLifetime
{
    private readonly FakeNpmSource _source = new();
    private readonly ClientHome _home = new();
    private GranaryServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await GranaryServer.StartAsync(_source);

    [Fact]
    public async Task The_first_start_leaves_credentials_that_only_the_owner_can_read_and_prints_the_lines_to_paste()
    {
        var aws = new AwsCli(_server, _home);
        var domains = (await aws.RunAsync("list-domains"))["domains"]!.AsArray();
        var repository = (await aws.RunAsync(
            "describe-repository", "--domain", GranaryServer.Domain, "--repository", GranaryServer.Repository))["repository"]!;

        Assert.Equal(GranaryServer.Domain, Assert.Single(domains)!["name"]!.GetValue<string>());
        Assert.Equal(
            ["npm-store", "pypi-store", "maven-central-store", "nuget-store"],
            repository["upstreams"]!.AsArray().Select(upstream => upstream!["repositoryName"]!.GetValue<string>()));
        foreach (var file in new[] { "credentials", "config" })
        {
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_server.DataDirectory, "aws", file)));
            Assert.Contains(Path.Combine("aws", file), _server.ReadLog(), StringComparison.Ordinal);
        }

        Assert.Contains("AWS_SHARED_CREDENTIALS_FILE", _server.ReadLog(), StringComparison.Ordinal);
        Assert.Contains("AWS_CONFIG_FILE", _server.ReadLog(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_process_on_the_data_directory_is_refused_in_words()
    {
        var second = await _server.RunSecondAsync(TimeSpan.FromSeconds(20));

        second.MustFail("in use", "already", "another", "locked");
        Assert.Contains(_server.DataDirectory, second.Everything, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", second.Everything, StringComparison.Ordinal);
        (await ReadyAsync()).Must(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_interrupt_ends_the_server_within_five_seconds_and_it_starts_again()
    {
        var token = await new AwsCli(_server, _home).TokenAsync();

        var (took, code) = await _server.StopAsync();
        await _server.StartAgainAsync();

        Assert.True(took < TimeSpan.FromSeconds(5), $"took {took}");
        Assert.True(code is 0 or 130, $"exit code {code}");
        (await ReadyAsync()).Must(HttpStatusCode.OK);

        // A token outlives the process that gave it.
        using var ping = _server.Request(HttpMethod.Get, "-/ping", token);
        (await _server.SendAsync(ping)).Must(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_token_given_back_by_npm_logout_is_refused_at_once_and_after_a_restart()
    {
        var aws = new AwsCli(_server, _home);
        var (kept, given) = (await aws.TokenAsync(), await aws.TokenAsync());
        _home.LogIn(_server.Npm(), given);
        (await _home.NpmAsync(_home.Path, "whoami")).MustSucceed();

        (await _home.NpmAsync(_home.Path, "logout")).MustSucceed();
        Assert.DoesNotContain(given, File.ReadAllText(Path.Combine(_home.Path, ".npmrc")), StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (await PingAsync(given), await PingAsync(kept)));
        await _server.KillAsync();
        await _server.StartAgainAsync();

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (await PingAsync(given), await PingAsync(kept)));
        Assert.DoesNotContain(given, _server.ReadLog(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupt_ends_the_server_in_time_while_a_client_waits_for_a_silent_source()
    {
        var token = await new AwsCli(_server, _home).TokenAsync();
        _source.Script("/mute", Behaviours.Silence());
        using var request = _server.Request(HttpMethod.Get, "mute", token);
        var waiting = _server.SendAsync(request);
        await Patience.UntilAsync(() => _source.Count("/mute") == 1);

        var (took, _) = await _server.StopAsync();

        Assert.True(took < TimeSpan.FromSeconds(6), $"took {took}");
        try
        {
            Assert.False((await waiting).IsSuccess);
        }
        catch (HttpRequestException)
        {
            // Cut off: as good an answer as an error.
        }
    }

    [Fact]
    public async Task Without_the_quickstart_there_is_no_domain_but_a_working_administrator()
    {
        await using var bare = await GranaryServer.StartAsync(_source, "--no-quickstart");

        Assert.Empty((await new AwsCli(bare, _home).RunAsync("list-domains"))["domains"]!.AsArray());
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _source.DisposeAsync();
        _home.Dispose();
    }

    private async Task<HttpStatusCode> PingAsync(string token)
    {
        using var request = _server.Request(HttpMethod.Get, "-/ping", token);
        return (await _server.SendAsync(request)).Status;
    }

    private async Task<Answer> ReadyAsync()
    {
        using var request = _server.Request(HttpMethod.Get, "health/ready", null, _server.Http);
        return await _server.SendAsync(request);
    }
}
