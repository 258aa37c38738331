using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Access;

/// <summary>Pages of the documentation whose commands do what the pages say.</summary>
public sealed class WalkthroughTests
{
    [Fact]
    public async Task Access()
    {
        await SkipOnOldAsync();
        await using var source = new FakeNpmSource();
        await using var server = await GranaryServer.StartAsync(source);
        await using var issuer = await OidcProvider.StartAsync();
        using var home = new ClientHome();

        var result = await Walkthrough.RunAsync(
            "access.md", server, home,
            ("GRANARY", server.DataDirectory), ("ISSUER", issuer.Name), ("AUDIENCE", "sts.amazonaws.com"), ("SUBJECT", "job"), ("ID_TOKEN", home.Write("id-token", await issuer.TokenAsync())));

        Assert.Contains("arn:aws:sts::123456789012:assumed-role/ci/job-1", result.Output, StringComparison.Ordinal);
        Assert.Contains("arn:aws:iam::222233334444:user/admin", result.Output, StringComparison.Ordinal);
        Assert.Matches(@"codeartifact:PublishPackageVersion\s+allowed", result.Output);
        Assert.Matches(@"codeartifact:DeleteDomain\s+implicitDeny", result.Output);
        Assert.Matches(@"job-1\s+PublishPackageVersion", result.Output);
        Assert.Matches(@"dora\s+PublishPackageVersion", result.Output);
        Assert.Matches(@"rob\s+PublishPackageVersion", result.Output);
    }

    [Fact]
    public async Task Generic_packages()
    {
        await SkipOnOldAsync();
        await using var source = new FakeNpmSource();
        await using var server = await GranaryServer.StartAsync(source);
        using var home = new ClientHome();

        var result = await Walkthrough.RunAsync("generic.md", server, home, [.. Configured(server), ("AWS_DEFAULT_OUTPUT", "json")]);

        Assert.Contains("\"status\": \"Unfinished\"", result.Output, StringComparison.Ordinal);
        var copied = await new AwsCli(server, home).RunAsync(
            "list-package-version-assets", "--domain", GranaryServer.Domain, "--repository", "production",
            "--format", "generic", "--namespace", "acme", "--package", "tool", "--package-version", "2.0.0");
        Assert.Equal(["README", "linux.zip", "mac.zip"], copied["assets"]!.AsArray().Select(asset => (string?)asset!["name"]));
    }

    [Fact]
    public async Task Python_packages()
    {
        await SkipOnOldAsync();
        await using var source = new FakePyPiIndex();
        await using var server = await GranaryServer.StartAsync(new Dictionary<string, string> { ["ExternalConnections__public__pypi"] = source.Address.ToString() });
        using var home = new ClientHome();
        Python.Isolate(home);

        var result = await Walkthrough.RunAsync("pypi.md", server, home, [.. Configured(server), ("PIP_NO_CACHE_DIR", "1")]);

        Assert.Contains("Successfully installed hello-granary-1.0", result.Output, StringComparison.Ordinal);
        Assert.Contains("Successfully downloaded hello-granary", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Java_artifacts()
    {
        await SkipOnOldAsync();
        await using var source = new FakeMavenSource();
        await using var server = await GranaryServer.StartAsync(new Dictionary<string, string> { ["ExternalConnections__public__maven-central"] = source.Address.ToString() });
        using var home = new ClientHome();

        // Java looks for a person's home in the system's list of users.
        var result = await Walkthrough.RunAsync("maven.md", server, home, [.. Configured(server), ("MAVEN_OPTS", $"-Duser.home={home.Path}")]);

        Assert.Equal(3, result.Output.Split("BUILD SUCCESS").Length - 1);
        Assert.Matches(@"""version"": ""1\.1-\d{8}\.\d{6}-1""", result.Output);
    }

    [Fact]
    public async Task Package_groups()
    {
        await SkipOnOldAsync();
        await using var source = new FakeNpmSource();
        source.Add("@acme/left");
        source.Add("left-pad");
        await using var server = await GranaryServer.StartAsync(source);
        using var home = new ClientHome();
        var aws = new AwsCli(server, home);
        home.LogIn(server.Npm(), await aws.TokenAsync());
        Assert.Equal("1.0.0", (await home.NpmAsync(home.Path, "view", "@acme/left", "version")).MustSucceed().Output.Trim());

        var result = await Walkthrough.RunAsync(
            "package-groups.md", server, home, [.. Configured(server), ("AWS_DEFAULT_OUTPUT", "json")]);

        // The last but one asks which group @acme/left is in.
        Assert.Contains("\"associationType\": \"STRONG\"", result.Output, StringComparison.Ordinal);
        (await home.NpmAsync(home.Path, "view", "@acme/left", "version", "--prefer-online")).MustFail("E404");
        Assert.Equal("1.0.0", (await home.NpmAsync(home.Path, "view", "left-pad", "version", "--prefer-online")).MustSucceed().Output.Trim());
        var group = (await aws.RunAsync("describe-package-group", "--domain", GranaryServer.Domain, "--package-group", "/npm/acme/*"))["packageGroup"]!;
        var publish = group["originConfiguration"]!["restrictions"]!["PUBLISH"]!;
        Assert.Equal(("platform@example.com", "ALLOW_SPECIFIC_REPOSITORIES", 1), ((string?)group["contactInfo"], (string?)publish["mode"], (int?)publish["repositoriesCount"]));
        var leftPad = (await aws.RunAsync(
            "describe-package", "--domain", GranaryServer.Domain, "--repository", GranaryServer.Repository, "--format", "npm", "--package", "left-pad"))["package"]!;
        Assert.Equal("""{"publish":"BLOCK","upstream":"ALLOW"}""", leftPad["originConfiguration"]!["restrictions"]!.ToJsonString());
    }

    [Fact]
    public async Task Events()
    {
        await SkipOnOldAsync();
        await using var source = new FakeNpmSource();
        await using var server = await GranaryServer.StartAsync(new Dictionary<string, string>
        {
            ["ExternalConnections__public__npmjs"] = source.Address.ToString(),
            ["Events__AllowedNetworks"] = "127.0.0.0/8",
        });
        await using var receiver = new EventReceiver();
        using var home = new ClientHome();
        // The page takes the data directory for the default one.
        Directory.CreateSymbolicLink(Path.Combine(home.Path, ".granary"), server.DataDirectory);

        var result = await Walkthrough.RunAsync("events.md", server, home, [.. Configured(server), ("ENDPOINT", receiver.Address.ToString()), ("AWS_DEFAULT_OUTPUT", "json")]);

        Assert.Contains("\"Result\": true", result.Output, StringComparison.Ordinal);
        Assert.Contains("\"packageVersion\":\"1.0.1\"", result.Output, StringComparison.Ordinal);
        Assert.Matches("RUNNING|COMPLETED|STARTING", result.Output);
        // The second one comes again by its replay, if that was faster than the end of the page.
        await receiver.WaitAsync(2);
        Assert.Equal(["1.0.1", "1.0.2"], receiver.Taken.Where(e => e.Event["replay-name"] is null).Select(e => e.Detail("packageVersion")));
        // The secret is a line of its own: 64 hexadecimal digits.
        var secret = result.Output.Split('\n').Single(line => line.Length == 64 && line.All(char.IsAsciiHexDigitLower));
        Assert.All(receiver.Taken, e => Assert.Equal(e.Headers["X-Granary-Signature"].Split(",v1=") is [var time, _] ? $"{time},v1={Sign(secret, time[2..], e.Body)}" : "", e.Headers["X-Granary-Signature"]));
    }

    [Fact]
    public async Task Explain()
    {
        await using var source = new FakeNpmSource();
        source.Add("express", "4.18.2");
        await using var server = await GranaryServer.StartAsync(source);
        using var home = new ClientHome();
        // The page takes the data directory for the default one.
        Directory.CreateSymbolicLink(Path.Combine(home.Path, ".granary"), server.DataDirectory);

        var result = await Walkthrough.RunAsync(
            "explain.md", server, home, [.. Configured(server), ("ExternalConnections__public__npmjs", source.Address.ToString())]);

        Assert.StartsWith("VISIBLE: Version 4.18.2 comes from public:npmjs. A download keeps it in npm-store and in my-repo.\n", result.Output, StringComparison.Ordinal);
        Assert.Contains($"arn:aws:iam::{GranaryServer.Account}:root may read repository my-repo.", result.Output, StringComparison.Ordinal);
        Assert.Contains("npm package express is in package group /* (exactly): PUBLISH is allowed in my-repo;", result.Output, StringComparison.Ordinal);
        Assert.Contains($"arn:aws:iam::{GranaryServer.Account}:user/admin may read repository my-repo", result.Output, StringComparison.Ordinal);
        // What curl prints comes last.
        Assert.Equal("VISIBLE", (string?)JsonNode.Parse(result.Output[result.Output.IndexOf('{', StringComparison.Ordinal)..])!["outcome"]);
    }

    private static string Sign(string secret, string time, string body) => Convert.ToHexStringLower(
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{time}.{body}")));

    private static async Task SkipOnOldAsync() =>
        Assert.SkipWhen(await AwsCli.IsOldAsync(), "This release of the AWS CLI has not all operations of the page.");

    private static (string Name, string Value)[] Configured(GranaryServer server) =>
    [
        ("AWS_SHARED_CREDENTIALS_FILE", Path.Combine(server.DataDirectory, "aws", "credentials")),
        ("AWS_CONFIG_FILE", Path.Combine(server.DataDirectory, "aws", "config")),
    ];
}
