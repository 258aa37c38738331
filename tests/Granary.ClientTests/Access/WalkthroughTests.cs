using System.Text;
using System.Text.RegularExpressions;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Access;

/// <summary>
/// docs/access.md, run as it stands: every block of commands in its order, in one shell; what stands in a block called
/// <c>refused</c> must fail line by line; what is <c>yours</c> (addresses of the reader's own) is set by the test.
/// </summary>
public sealed partial class WalkthroughTests
{
    [Fact]
    public async Task Every_command_of_the_page_does_what_the_page_says()
    {
        await using var source = new FakeNpmSource();
        await using var server = await GranaryServer.StartAsync(source);
        await using var issuer = await OidcProvider.StartAsync();
        using var home = new ClientHome();
        var environment = new Dictionary<string, string>(home.Environment)
        {
            ["PATH"] = $"{Path.GetDirectoryName(GranaryServer.Program)}:{home.Environment["PATH"]}",
            ["GRANARY"] = server.DataDirectory,
            ["ISSUER"] = issuer.Name,
            ["AUDIENCE"] = "sts.amazonaws.com",
            ["SUBJECT"] = "job",
            ["ID_TOKEN"] = home.Write("id-token", await issuer.TokenAsync()),
            ["AWS_EC2_METADATA_DISABLED"] = "true",
            ["AWS_MAX_ATTEMPTS"] = "1",
            ["AWS_PAGER"] = "",
        };
        // Debian's own release of the CLI reads no endpoint from its files.
        var old = await AwsCli.IsOldAsync() ? $"aws() {{ command aws --endpoint-url {server.Http} \"$@\"; }}\n" : "";
        var script = home.Write("walkthrough.sh", old + Script(await File.ReadAllTextAsync(Page(), TestContext.Current.CancellationToken)));

        var result = await Command.RunAsync("bash", ["-euo", "pipefail", script], home.Project("work"), environment, TimeSpan.FromMinutes(5));
        Assert.True(result.ExitCode == 0, result.Everything);
        Assert.Contains("arn:aws:sts::123456789012:assumed-role/ci/job-1", result.Output, StringComparison.Ordinal);
        Assert.Contains("arn:aws:iam::222233334444:user/admin", result.Output, StringComparison.Ordinal);
        Assert.Matches(@"codeartifact:PublishPackageVersion\s+allowed", result.Output);
        Assert.Matches(@"codeartifact:DeleteDomain\s+implicitDeny", result.Output);
        Assert.Matches(@"job-1\s+PublishPackageVersion", result.Output);
        Assert.Matches(@"dora\s+PublishPackageVersion", result.Output);
        Assert.Matches(@"rob\s+PublishPackageVersion", result.Output);
    }

    /// <summary>The page's commands as one script.</summary>
    private static string Script(string page)
    {
        var script = new StringBuilder();
        foreach (Match block in Block().Matches(page))
        {
            var commands = block.Groups[2].Value;
            switch (block.Groups[1].Value.Trim())
            {
                case "":
                    script.Append(commands);
                    break;
                case "refused":
                    foreach (var command in commands.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                    {
                        script.Append("if ( ").Append(command).Append(" ); then echo 'NOT REFUSED: ").Append(command.Replace("'", "'\\''", StringComparison.Ordinal)).Append("'; exit 9; fi\n");
                    }

                    break;
                case "yours":
                    break;
                default:
                    throw new InvalidOperationException($"A block is called {block.Groups[1].Value}, which this test does not know.");
            }
        }

        return script.ToString();
    }

    private static string Page()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Granary.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests are not in a checkout.");
        }

        return Path.Combine(folder.FullName, "docs", "access.md");
    }

    [GeneratedRegex("^```sh(.*)\n((?:.*\n)*?)```$", RegexOptions.Multiline)]
    private static partial Regex Block();
}
