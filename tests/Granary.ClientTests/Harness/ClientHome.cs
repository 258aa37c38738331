namespace Granary.ClientTests.Harness;

/// <summary>
/// A home directory for clients: no settings, no caches, no credentials but those that a test puts there. Several clients may
/// share it, as they do on a person's machine.
/// </summary>
public sealed class ClientHome : IDisposable
{
    private readonly TempDirectory _directory = new("home");

    public ClientHome()
    {
        var cache = _directory.Sub(".cache");
        Environment = new Dictionary<string, string>
        {
            ["HOME"] = _directory.Path,
            ["PATH"] = System.Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin",
            ["LANG"] = "C.UTF-8",
            ["TMPDIR"] = _directory.Sub("tmp"),
            ["XDG_CACHE_HOME"] = cache,
            ["npm_config_cache"] = System.IO.Path.Combine(cache, "npm"),
            ["npm_config_globalconfig"] = System.IO.Path.Combine(_directory.Path, "no-global-npmrc"),
            ["npm_config_update_notifier"] = "false",
            ["npm_config_audit"] = "false",
            ["npm_config_fund"] = "false",
            ["npm_config_fetch_retries"] = "0",
            ["YARN_CACHE_FOLDER"] = System.IO.Path.Combine(cache, "yarn"),
            ["BUN_INSTALL_CACHE_DIR"] = System.IO.Path.Combine(cache, "bun"),
            ["DO_NOT_TRACK"] = "1",
        };
    }

    public string Path => _directory.Path;

    public Dictionary<string, string> Environment { get; }

    /// <summary>A new, empty project folder.</summary>
    public string Project(string name) => _directory.Sub(name);

    public string Write(string name, string content) => _directory.Write(name, content);

    /// <summary>What <c>aws codeartifact login --tool npm</c> writes, without the cost of running it.</summary>
    public void LogIn(Uri repository, string token)
    {
        var noScheme = repository.AbsoluteUri[(repository.Scheme.Length + 1)..];
        Write(".npmrc", $"registry={repository.AbsoluteUri}\n{noScheme}:_authToken={token}\n");
    }

    public Task<CommandResult> RunAsync(IReadOnlyList<string> tool, string folder, params string[] arguments) =>
        Command.RunAsync(tool[0], [.. tool.Skip(1), .. arguments], folder, Environment);

    public Task<CommandResult> NpmAsync(string folder, params string[] arguments) => RunAsync(Tool.Npm, folder, arguments);

    /// <summary>Forgets everything that clients cached, so that the next install asks for all of it again.</summary>
    public void EmptyCaches()
    {
        var cache = System.IO.Path.Combine(Path, ".cache");
        Directory.Delete(cache, recursive: true);
        Directory.CreateDirectory(cache);
    }

    public void Dispose() => _directory.Dispose();
}
