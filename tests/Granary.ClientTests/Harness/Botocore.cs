using System.Text.Json;

namespace Granary.ClientTests.Harness;

/// <summary>A Python with botocore, which has the API's model.</summary>
/// <param name="Python">The interpreter.</param>
/// <param name="Version">Of botocore.</param>
/// <param name="Operations">How many operations of CodeArtifact its model has.</param>
/// <param name="IsDebian">Whether it is the distribution's package, whose age nobody here can change.</param>
public sealed record Botocore(string Python, Version Version, int Operations, bool IsDebian)
{
    private const string Question = """
        import json
        import botocore, botocore.session
        model = botocore.session.get_session().get_service_model("codeartifact")
        print(json.dumps({"version": botocore.__version__, "operations": len(model.operation_names), "debian": "/dist-packages/" in botocore.__file__}))
        """;

    /// <summary>
    /// The newest of the models that this machine's Pythons have: those on the PATH, and those that pyenv keeps beside them. Where
    /// none has one this fails and never skips: nothing else here holds the whole API against its model.
    /// </summary>
    public static async Task<Botocore> FindAsync()
    {
        var found = new List<Botocore>();
        foreach (var python in await PythonsAsync())
        {
            if (await AskAsync(python) is { } botocore)
            {
                found.Add(botocore);
            }
        }

        var newest = found.OrderBy(b => b.Operations).ThenBy(b => b.Version).LastOrDefault();
        return newest ?? throw new InvalidOperationException("No python3 here has botocore. Run the tests through ./test, which installs what they need.");
    }

    private static async Task<IEnumerable<string>> PythonsAsync()
    {
        var folders = Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).ToList();
        if (Tool.Find("pyenv") is { } pyenv && await RunAsync(pyenv, "root") is { ExitCode: 0 } root)
        {
            var versions = Path.Combine(root.Output.Trim(), "versions");
            folders.AddRange(Directory.Exists(versions) ? Directory.EnumerateDirectories(versions).Select(version => Path.Combine(version, "bin")) : []);
        }

        return folders.Select(folder => Path.Combine(folder, "python3")).Where(File.Exists).Distinct(StringComparer.Ordinal);
    }

    private static async Task<Botocore?> AskAsync(string python)
    {
        if (await RunAsync(python, "-c", Question) is not { ExitCode: 0 } said)
        {
            return null;
        }

        using var document = JsonDocument.Parse(said.Output);
        var answer = document.RootElement;
        return new Botocore(python, Version.Parse(answer.GetProperty("version").GetString()!), answer.GetProperty("operations").GetInt32(), answer.GetProperty("debian").GetBoolean());
    }

    private static Task<CommandResult> RunAsync(string program, params string[] arguments) =>
        Command.RunAsync(program, arguments, Path.GetTempPath(), new Dictionary<string, string> { ["PATH"] = Environment.GetEnvironmentVariable("PATH")! });
}
