using System.Text;
using System.Text.RegularExpressions;

namespace Granary.ClientTests.Harness;

/// <summary>
/// An operator's machines, on which sections of a page are run as they stand: each is a folder, and a script stands for systemd, ssh and the
/// like (<c>Operations/machines.sh</c>). Paths of the page are those of the machine <c>here</c>; addresses are replaced as the test says.
/// </summary>
public sealed partial class Machines : IDisposable
{
    private static readonly string[] Connections = ["npmjs", "pypi", "maven-central", "nuget-org", "ruby-gems-org", "crates-io"];

    private readonly TempDirectory root = new("machines");
    private readonly ClientHome home = new();
    private readonly string page;
    private readonly StringBuilder script = new();
    private readonly List<(string Written, string Here)> places = [];

    /// <param name="page">The file below <c>docs</c>.</param>
    /// <param name="source">What all external connections lead to.</param>
    /// <param name="names">Machines besides <c>here</c>.</param>
    public Machines(string page, FakeNpmSource source, params string[] names)
    {
        this.page = page;
        Ports = FreePort.Take(names.Length + 1);
        foreach (var (name, port) in names.Prepend("here").Zip(Ports))
        {
            Know(name, "GRANARY_Urls", $"http://localhost:{port}");
            foreach (var connection in Connections)
            {
                Know(name, $"ExternalConnections__public__{connection}", source.Address.ToString());
            }
        }

        Replace("http://localhost:8080", $"http://localhost:{Ports[0]}");
    }

    /// <summary>Where the machine's server listens: of <c>here</c>, then of the others.</summary>
    public IReadOnlyList<int> Ports { get; }

    /// <summary>Of the person at the machine <c>here</c>.</summary>
    public ClientHome Home => home;

    /// <summary>A file or folder of a machine.</summary>
    public string On(string machine, string path) => Path.Combine(root.Path, machine, path);

    /// <summary>Gives the processes of a machine one more variable.</summary>
    public void Know(string machine, string name, string value) =>
        File.AppendAllText(Path.Combine(root.Sub(machine), "environment"), $"{name}={value}\n");

    /// <summary>What the page writes, and what stands there here. It must be in one of the sections.</summary>
    public Machines Replace(string written, string here)
    {
        places.Add((written, here));
        return this;
    }

    /// <summary>Adds the commands of sections, in this order.</summary>
    public Machines Sections(params string[] headings)
    {
        foreach (var heading in headings)
        {
            script.Append("section '").Append(heading).Append("'\n").Append(Walkthrough.Section(page, heading));
        }

        return this;
    }

    /// <summary>Adds commands that the page does not have.</summary>
    public Machines Then(string commands)
    {
        script.Append(commands).Append('\n');
        return this;
    }

    /// <summary>Adds commands of the page that are run on another machine.</summary>
    public Machines Elsewhere(string machine, string commands)
    {
        script.Append("ssh ").Append(machine).Append(" \"$(cat <<'END OF COMMANDS'\n").Append(commands.TrimEnd('\n')).Append("\nEND OF COMMANDS\n)\"\n");
        return this;
    }

    /// <summary>Runs everything, which must succeed.</summary>
    /// <param name="programs">A folder of programs that is looked into first, or null.</param>
    public async Task<CommandResult> RunAsync(string? programs = null)
    {
        var text = script.ToString();
        foreach (var (written, here) in places)
        {
            Assert.Contains(written, text, StringComparison.Ordinal);
            text = text.Replace(written, here, StringComparison.Ordinal);
        }

        text = Paths().Replace(text, $"{root.Path}/here$0");
        var stand = Path.Combine(AppContext.BaseDirectory, "Operations", "machines.sh");
        var file = root.Write("script.sh", $". '{stand}'\n{text}");
        var environment = new Dictionary<string, string>(home.Environment)
        {
            ["ROOT"] = root.Path,
            ["PUBLISHED"] = Path.GetDirectoryName(GranaryServer.Program)!,
            ["PATH"] = $"{(programs is null ? "" : $"{programs}:")}{home.Environment["PATH"]}",
            ["AWS_CONFIG_FILE"] = On("here", "var/lib/granary/aws/config"),
            ["AWS_SHARED_CREDENTIALS_FILE"] = On("here", "var/lib/granary/aws/credentials"),
            ["AWS_EC2_METADATA_DISABLED"] = "true",
            ["AWS_MAX_ATTEMPTS"] = "1",
            ["AWS_PAGER"] = "",
        };
        var result = await Command.RunAsync("bash", [file], Walkthrough.Checkout(), environment, TimeSpan.FromMinutes(10));
        Assert.True(result.ExitCode == 0, $"{result.Everything}\n{Log()}");
        return result;
    }

    public void Dispose()
    {
        root.Dispose();
        home.Dispose();
    }

    private string Log() => string.Concat(Directory.EnumerateFiles(root.Path, "log", SearchOption.AllDirectories).Select(file => $"{file}:\n{File.ReadAllText(file)}\n"));

    [GeneratedRegex(@"(?<![\w/.-])/(?:opt|var/lib|backup|etc/systemd/system|usr/local/bin)/|(?<![\w/.-])/etc/granary\.env")]
    private static partial Regex Paths();
}
