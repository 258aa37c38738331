using System.Net;
using System.Net.Sockets;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Operations;

/// <summary>What an operator got wrong is said in one line that names it and what to do; never with a stack trace.</summary>
public sealed class StartFaultTests
{
    [Theory]
    [InlineData("Region", "not a region!", "such as us-east-1")]
    [InlineData("AllowedHosts", "***bad", "such as packages.example.com")]
    [InlineData("Database", "nonsense", "no PostgreSQL connection string")]
    [InlineData("PublicUrl", "nowhere", "not an absolute http or https address")]
    [InlineData("Quotas__DomainsPerAccount", "many", "whole number from 1", "Quotas:DomainsPerAccount")]
    [InlineData("Quotas__DomainPerAccount", "20", "Did you mean Quotas:DomainsPerAccount?", "Quotas:DomainPerAccount")]
    [InlineData("Quotas__Rates__Preset", "aws", "neither off nor codeartifact", "Quotas:Rates:Preset")]
    [InlineData("Storage__Kind", "floppy", "neither files nor s3 nor azure", "Storage:Kind")]
    [InlineData("Storage__Kind", "s3", "Name the bucket", "Storage:S3:Bucket")]
    [InlineData("Storage__Kind", "azure", "Name the container", "Storage:Azure:Container")]
    [InlineData("TrustedProxies", "proxy", "such as 10.0.0.5 or 10.0.0.0/8")]
    public async Task A_setting_that_cannot_be_is_named(string key, string value, string advice, string? named = null)
    {
        using var directory = new TempDirectory("fault");
        MustSay(await ServeAsync(directory, directory.Sub("data"), FreePort.Take(1)[0], (key, value)), named ?? key, advice);
    }

    [Fact]
    public async Task A_file_in_the_place_of_the_data_directory_is_called_one()
    {
        using var directory = new TempDirectory("fault");
        var file = directory.Write("data", "");
        MustSay(await ServeAsync(directory, file, FreePort.Take(1)[0]), file, "is a file");
    }

    [Fact]
    public async Task A_configuration_that_is_no_JSON_is_named_with_the_place()
    {
        using var directory = new TempDirectory("fault");
        var file = directory.Write("data/granary.json", "{bad");
        MustSay(await ServeAsync(directory, Path.GetDirectoryName(file)!, FreePort.Take(1)[0]), file, "LineNumber: 0");
    }

    [Fact]
    public async Task A_key_that_nothing_reads_is_named_with_the_nearest_that_something_does()
    {
        using var directory = new TempDirectory("fault");
        var file = directory.Write("data/granary.json", """{"PublicURI":"https://packages.example.com"}""");
        MustSay(await ServeAsync(directory, Path.GetDirectoryName(file)!, FreePort.Take(1)[0]), "PublicURI", "Did you mean PublicUrl?", "ExternalConnections");
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named_with_what_to_do()
    {
        using var directory = new TempDirectory("fault");
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        MustSay(await ServeAsync(directory, directory.Sub("data"), port), $"127.0.0.1:{port}", "--urls");
    }

    private static Task<CommandResult> ServeAsync(TempDirectory directory, string data, int port, params (string Key, string Value)[] settings)
    {
        var environment = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!);
        foreach (var (key, value) in settings)
        {
            environment["GRANARY_" + key] = value;
        }

        return Command.RunAsync(
            GranaryServer.Program, ["serve", "--data", data, "--urls", $"http://127.0.0.1:{port}"], directory.Path, environment, TimeSpan.FromSeconds(60));
    }

    private static void MustSay(CommandResult result, params string[] words)
    {
        result.MustFail();
        Assert.All(words, word => Assert.Contains(word, result.Error, StringComparison.Ordinal));
        Assert.StartsWith("granary: ", result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
    }
}
