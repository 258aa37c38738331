using System.Text;
using System.Text.RegularExpressions;

namespace Granary.ClientTests.Harness;

/// <summary>
/// A page of the documentation, run as it stands: every block of commands in its order, in one shell; what stands in a block called
/// <c>refused</c> must fail line by line; what is <c>yours</c> (addresses of the reader's own) is set by the test; what is for <c>elsewhere</c>
/// needs what no test has (Docker, Kubernetes).
/// </summary>
public static partial class Walkthrough
{
    // Where a server listens that nobody configured, as pages have it.
    private const string DefaultAddress = "http://localhost:8080/";
    private const string DefaultHttps = "https://localhost:8443";

    /// <summary>Runs the page's commands, which must succeed.</summary>
    /// <param name="page">The file below <c>docs</c>.</param>
    /// <param name="variables">What the shell knows besides the client's own environment.</param>
    public static async Task<CommandResult> RunAsync(string page, GranaryServer server, ClientHome home, params (string Name, string Value)[] variables)
    {
        var environment = new Dictionary<string, string>(home.Environment)
        {
            ["PATH"] = $"{Path.GetDirectoryName(GranaryServer.Program)}:{home.Environment["PATH"]}",
            ["AWS_EC2_METADATA_DISABLED"] = "true",
            ["AWS_MAX_ATTEMPTS"] = "1",
            ["AWS_PAGER"] = "",
        };
        foreach (var (name, value) in variables)
        {
            environment[name] = value;
        }

        var text = Read(page);
        // Debian's own release of the CLI reads no endpoint from its files.
        var old = await AwsCli.IsOldAsync() ? $"aws() {{ command aws --endpoint-url {server.Http} \"$@\"; }}\n" : "";
        var script = home.Write($"{page}.sh", old + Script(text)
            .Replace(DefaultAddress, server.Http.ToString(), StringComparison.Ordinal)
            .Replace(DefaultHttps, server.Https.AbsoluteUri.TrimEnd('/'), StringComparison.Ordinal));

        var result = await Command.RunAsync("bash", ["-euo", "pipefail", script], home.Project("work"), environment, TimeSpan.FromMinutes(5));
        Assert.True(result.ExitCode == 0, result.Everything);
        return result;
    }

    /// <summary>The page's text.</summary>
    /// <param name="page">The file below <c>docs</c>.</param>
    public static string Read(string page) => File.ReadAllText(Find(page));

    /// <summary>The commands of one section of a page, without those of the sections below it.</summary>
    /// <param name="page">The file below <c>docs</c>.</param>
    public static string Section(string page, string heading)
    {
        var section = Heading().Split(Read(page)).SkipWhile(text => text != heading).Skip(1).FirstOrDefault();
        return Script(section ?? throw new InvalidOperationException($"{page} has no section {heading}."));
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
                case "yours" or "elsewhere":
                    break;
                default:
                    throw new InvalidOperationException($"A block is called {block.Groups[1].Value}, which these tests do not know.");
            }
        }

        return script.Length > 0 ? script.ToString() : throw new InvalidOperationException("The page has no command.");
    }

    private static string Find(string page) => Path.Combine(Checkout(), "docs", page);

    /// <summary>The folder of the checkout that these tests were built in.</summary>
    public static string Checkout()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Granary.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests are not in a checkout.");
        }

        return folder.FullName;
    }

    [GeneratedRegex("^##+ (.*)\n", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex("^```sh(.*)\n((?:.*\n)*?)```$", RegexOptions.Multiline)]
    private static partial Regex Block();
}
