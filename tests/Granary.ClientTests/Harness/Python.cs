namespace Granary.ClientTests.Harness;

/// <summary>Python's clients with no setting, no cache and no index but what a test names.</summary>
public static class Python
{
    /// <summary>The index-url of a repository, with the token in it.</summary>
    public static string IndexUrl(Uri endpoint, string token) => new UriBuilder(endpoint) { UserName = "aws", Password = token, Path = $"{endpoint.AbsolutePath}simple/" }.Uri.AbsoluteUri;

    /// <summary>Every Python with a pip on the machine: the one on the PATH and those that pyenv has.</summary>
    public static IReadOnlyList<string> Interpreters
    {
        get
        {
            var root = Environment.GetEnvironmentVariable("PYENV_ROOT") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".pyenv");
            var versions = Path.Combine(root, "versions");
            var found = Directory.Exists(versions) ? Directory.GetDirectories(versions).Select(version => Path.Combine(version, "bin", "python")).Where(File.Exists) : [];
            return [Tool.Python[0], .. found];
        }
    }

    /// <summary>Runs <c>pip</c> of the Python on the PATH, or of another.</summary>
    public static Task<CommandResult> PipAsync(this ClientHome home, string folder, string[] arguments, string? python = null)
    {
        Isolate(home);
        return home.RunAsync(python is null ? Tool.Python : [python], folder, ["-m", "pip", .. arguments]);
    }

    /// <summary>Installs into <c>site</c> below the folder out of one index, with an empty cache.</summary>
    public static Task<CommandResult> InstallAsync(this ClientHome home, string folder, string indexUrl, string[] arguments, string? python = null) =>
        home.PipAsync(folder, ["install", "--no-cache-dir", "--target", "site", "--index-url", indexUrl, .. arguments], python);

    /// <summary>What the installed module's mark says; null where it is not installed.</summary>
    public static string? MarkOf(string folder, string name)
    {
        var mark = Path.Combine(folder, "site", name.Replace('-', '_').Replace('.', '_'), "mark");
        return File.Exists(mark) ? File.ReadAllText(mark) : null;
    }

    /// <summary>Runs <c>twine upload</c> of files of the folder.</summary>
    public static Task<CommandResult> TwineAsync(this ClientHome home, string folder, Uri endpoint, string token, params string[] files)
    {
        Isolate(home);
        (home.Environment["TWINE_USERNAME"], home.Environment["TWINE_PASSWORD"], home.Environment["TWINE_REPOSITORY_URL"]) = ("aws", token, endpoint.AbsoluteUri);
        return home.RunAsync(Tool.Twine, folder, ["upload", "--non-interactive", "--disable-progress-bar", "--verbose", .. files]);
    }

    public static void Isolate(ClientHome home)
    {
        home.Environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1";
        home.Environment["PIP_NO_INPUT"] = "1";
        home.Environment["PIP_RETRIES"] = "0";
        home.Environment["PYTHONWARNINGS"] = "ignore";
        home.Environment["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring";
        home.Environment["SOURCE_DATE_EPOCH"] = "1577836800";
    }
}
