using Granary.Core.Upstreams;
using Granary.Formats;

namespace Granary.Tests.Formats;

/// <summary>A machine in a temporary folder: a home, an /etc, and a path with only the programs that a test writes.</summary>
internal sealed class TestMachine : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("granary-machine-");
    private readonly Dictionary<string, string> variables = [];

    public TestMachine()
    {
        Directory.CreateDirectory(Path.Combine(folder.FullName, "home"));
        variables["PATH"] = Path.Combine(folder.FullName, "bin");
    }

    public TimeSpan ToolTimeout { get; set; } = TimeSpan.FromSeconds(4);

    public string Home => Path.Combine(folder.FullName, "home");

    public ClientMachine Build() =>
        new(Home, variables) { SystemFolder = Path.Combine(folder.FullName, "etc"), ToolTimeout = ToolTimeout };

    public TestMachine Set(string variable, string value)
    {
        variables[variable] = value;
        return this;
    }

    /// <summary>Writes a file; the path is relative to the machine's folder (<c>home/…</c>, <c>etc/…</c>).</summary>
    public TestMachine Write(string path, string text)
    {
        var file = new FileInfo(Path.Combine(folder.FullName, path));
        file.Directory!.Create();
        File.WriteAllText(file.FullName, text);
        return this;
    }

    /// <summary>Puts a shell script on the path.</summary>
    public TestMachine Install(string tool, string script)
    {
        Write($"bin/{tool}", "#!/bin/sh\n" + script);
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The programs are shell scripts.");
#pragma warning disable CA1416 // Not reached on Windows.
        File.SetUnixFileMode(Path.Combine(folder.FullName, "bin", tool), UnixFileMode.UserRead | UnixFileMode.UserExecute);
#pragma warning restore CA1416
        return this;
    }

    public Task<Discovery> DiscoverAsync(IReadOnlyList<ExternalConnection> connections, string name) =>
        connections.Single(connection => connection.Name == name).Discover(Build(), TestContext.Current.CancellationToken);

    public static void AssertFound(Discovery found, string address, SourceCredentials? credentials = null)
    {
        Assert.True(found.Address is not null, found.Why);
        Assert.Equal(address, found.Address.AbsoluteUri);
        Assert.Equal(credentials, found.Credentials);
    }

    public static void AssertAbsent(Discovery found, string why)
    {
        Assert.Null(found.Address);
        Assert.Contains(why, found.Why, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Delete(recursive: true);
}
