namespace Granary.ClientTests.Harness;

/// <summary>
/// Where the real clients are: npm and aws on the PATH, the others where <c>./test</c> installed them
/// (<c>GRANARY_CLIENTS</c>, a folder with a <c>node_modules</c>).
/// </summary>
public static class Tool
{
    public static IReadOnlyList<string> Npm => [OnPath("npm")];

    public static IReadOnlyList<string> Aws => [OnPath("aws")];

    public static IReadOnlyList<string> YarnClassic => [OnPath("node"), Installed("yarn/bin/yarn.js")];

    public static IReadOnlyList<string> YarnBerry => [OnPath("node"), Installed("@yarnpkg/cli-dist/bin/yarn.js")];

    public static IReadOnlyList<string> Pnpm => [Installed(".bin/pnpm")];

    public static IReadOnlyList<string> Python => [OnPath("python3")];

    /// <summary>The Python that apt's packages are for, with setuptools and the front end that builds without an index.</summary>
    public static IReadOnlyList<string> SystemPython => [File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : OnPath("python3")];

    public static IReadOnlyList<string> Twine => [OnPath("twine")];

    public static IReadOnlyList<string> Poetry => [OnPath("poetry")];

    public static IReadOnlyList<string> Flit => [OnPath("flit")];

    /// <summary>An OpenID Connect issuer, for which the port is still to be named.</summary>
    public static IReadOnlyList<string> Issuer =>
        [OnPath("node"), Path.Combine(AppContext.BaseDirectory, "clients", "issuer.mjs"), Path.GetFullPath(Path.Combine(Installed("oidc-provider/package.json"), "..", ".."))];

    /// <summary>Calls of AWS's JavaScript SDK; see the script for what is still to be named.</summary>
    public static IReadOnlyList<string> JavaScriptSdk =>
        [OnPath("node"), Path.Combine(AppContext.BaseDirectory, "clients", "sdk.mjs"), Path.GetFullPath(Path.Combine(Installed("@aws-sdk/client-codeartifact/package.json"), "..", "..", ".."))];

    /// <summary>Every command of AWS's JavaScript SDK once as it works and once as it fails.</summary>
    public static IReadOnlyList<string> EveryCommand =>
        [JavaScriptSdk[0], Path.Combine(AppContext.BaseDirectory, "clients", "conformance.mjs"), JavaScriptSdk[2]];

    public static IReadOnlyList<string> Maven => [OnPath("mvn")];

    public static IReadOnlyList<string> Gradle => [OnPath("gradle")];

    public static IReadOnlyList<string> Bun => [Installed(".bin/bun")];

    /// <summary>Skips the test on a person's machine that lacks the client; where CI=true the client must be there.</summary>
    public static string Missing(string name)
    {
        var message = $"{name} is not installed. Run the tests through ./test, which installs what they need.";
        if (Environment.GetEnvironmentVariable("CI") == "true")
        {
            Assert.Fail(message);
        }

        Assert.Skip(message);
        return message;
    }

    /// <summary>The full path of a program on the PATH, or null.</summary>
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);

    private static string OnPath(string name) => Find(name) ?? Missing(name);

    private static string Installed(string relative)
    {
        var folder = Environment.GetEnvironmentVariable("GRANARY_CLIENTS");
        var path = folder is null ? null : Path.Combine(folder, "node_modules", relative);
        return path is not null && File.Exists(path) ? path : Missing(relative);
    }
}
