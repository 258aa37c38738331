using System.Text.RegularExpressions;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Clients;

/// <summary>docs/ci.md: its role, and the commands of its buildspec as they stand, run by a shell with that role's credentials.</summary>
public sealed partial class BuildspecTests
{
    [Fact]
    public async Task The_commands_of_the_buildspec_install_build_and_publish()
    {
        Assert.SkipWhen(await AwsCli.IsOldAsync(), "This release of the AWS CLI reads no endpoint from its configuration.");
        await using var source = new FakeNpmSource();
        source.Add("left");
        await using var server = await GranaryServer.StartAsync(source);
        using var home = new ClientHome();
        var aws = new AwsCli(server, home);
        await Walkthrough.RunAsync(
            "ci.md", server, home,
            ("AWS_SHARED_CREDENTIALS_FILE", Path.Combine(server.DataDirectory, "aws", "credentials")), ("AWS_CONFIG_FILE", Path.Combine(server.DataDirectory, "aws", "config")));

        var folder = home.Project("app");
        File.WriteAllText(
            Path.Combine(folder, "package.json"),
            """{"name":"@shop/app","version":"1.0.0","dependencies":{"left":"^1.0.0"},"scripts":{"build":"node -e \"require('fs').writeFileSync('built', require('left'))\""},"files":["built"]}""");
        var session = (await aws.RunServiceAsync("sts", "assume-role", "--role-arn", $"arn:aws:iam::{GranaryServer.Account}:role/build", "--role-session-name", "build-1"))["Credentials"]!;

        (await BuildAsync()).MustSucceed();

        var described = await aws.RunAsync(
            "describe-package-version", "--domain", GranaryServer.Domain, "--repository", GranaryServer.Repository,
            "--format", "npm", "--namespace", "shop", "--package", "app", "--package-version", "1.0.0");
        Assert.Equal("Published", (string?)described["packageVersion"]!["status"]);
        home.EmptyCaches();
        var consumer = home.Project("consumer");
        (await home.NpmAsync(consumer, "install", "@shop/app")).MustSucceed();
        Assert.Equal("left@1.0.0", File.ReadAllText(Path.Combine(consumer, "node_modules", "@shop", "app", "built")));
        (await BuildAsync()).MustFail("previously published", "409", "403");

        Task<CommandResult> BuildAsync()
        {
            var environment = new Dictionary<string, string>(home.Environment)
            {
                ["AWS_ACCOUNT_ID"] = GranaryServer.Account,
                ["AWS_ACCESS_KEY_ID"] = (string)session["AccessKeyId"]!,
                ["AWS_SECRET_ACCESS_KEY"] = (string)session["SecretAccessKey"]!,
                ["AWS_SESSION_TOKEN"] = (string)session["SessionToken"]!,
                ["AWS_CONFIG_FILE"] = Path.Combine(server.DataDirectory, "aws", "config"),
                ["AWS_EC2_METADATA_DISABLED"] = "true",
            };
            return Command.RunAsync("bash", ["-euxo", "pipefail", "-c", Commands()], folder, environment);
        }
    }

    /// <summary>The commands of all phases in their order, a line each.</summary>
    private static string Commands()
    {
        var spec = Buildspec().Match(Walkthrough.Read("ci.md")).Groups[1].Value;
        string[] commands = [.. Item().Matches(spec).Select(item => item.Groups[1].Value)];
        Assert.Equal(4, commands.Length);
        return string.Join('\n', commands);
    }

    [GeneratedRegex("^```yaml\n((?:.*\n)*?)```$", RegexOptions.Multiline)]
    private static partial Regex Buildspec();

    [GeneratedRegex("^ {6}- (.+)$", RegexOptions.Multiline)]
    private static partial Regex Item();
}
