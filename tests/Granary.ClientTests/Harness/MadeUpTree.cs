namespace Granary.ClientTests.Harness;

/// <summary>
/// A dependency tree of twelve made-up packages: ranges of several kinds, a scope, a shared dependency, a bin, a prerelease and a
/// deprecated package. Its names start with a prefix of the test's own.
/// </summary>
public sealed class MadeUpTree
{
    public MadeUpTree(FakeNpmSource source, string prefix)
    {
        Prefix = prefix;
        source.Add(Package("app", "1.0.0", "left ^1.0.0", "right ~2.0.0", "@/util *").With("1.1.0", Needs("left ^1.0.0", "right ~2.0.0", "@/util ^1.0.0", "cli ^1.0.0")));
        source.Add(Package("left", "1.0.0", "core ^1.0.0").With("1.2.0", Needs("core ^1.0.0", "words ^3.0.0")).With("2.0.0-beta.1"));
        source.Add(Package("right", "2.0.0", "core ^1.0.0").With("2.0.3", Needs("core ^1.0.0")).With("2.1.0"));
        source.Add(Package("@/util", "1.0.0", "numbers >=1.0.0 <2.0.0").With("1.4.2", Needs("numbers >=1.0.0 <2.0.0", "old 1.0.0")));
        source.Add(Package("core", "1.0.0", "leaf-a 1.0.0", "leaf-b ^0.1.0"));
        source.Add(Package("words", "3.0.0", "leaf-a 1.0.0"));
        source.Add(Package("numbers", "1.0.0").With("1.9.9").With("2.0.0"));
        source.Add(new FakePackage(Named("cli")).With("1.0.0", version => version.Bin = Named("say")));
        source.Add(new FakePackage(Named("old")).With("1.0.0", version => version.Deprecated = "made up to be old"));
        source.Add(Package("leaf-a", "1.0.0"));
        source.Add(Package("leaf-b", "0.1.0").With("0.1.5"));
        source.Add(Package("@/extra", "1.0.0", "leaf-b ^0.1.0"));
    }

    public string Prefix { get; }

    /// <summary>The package whose newest version needs ten of the others.</summary>
    public string App => Named("app");

    /// <summary>Every package that an install of <see cref="App"/> brings, with the version that its ranges lead to.</summary>
    public IReadOnlyDictionary<string, string> Installed => new Dictionary<string, string>
    {
        [App] = "1.1.0",
        [Named("left")] = "1.2.0",
        [Named("right")] = "2.0.3",
        [Named("@/util")] = "1.4.2",
        [Named("cli")] = "1.0.0",
        [Named("core")] = "1.0.0",
        [Named("words")] = "3.0.0",
        [Named("numbers")] = "1.9.9",
        [Named("old")] = "1.0.0",
        [Named("leaf-a")] = "1.0.0",
        [Named("leaf-b")] = "0.1.5",
    };

    /// <summary><c>left</c> becomes <c>prefix-left</c>, <c>@/util</c> becomes <c>@prefix/util</c>.</summary>
    public string Named(string name) => name.StartsWith("@/", StringComparison.Ordinal) ? $"@{Prefix}{name[1..]}" : $"{Prefix}-{name}";

    /// <summary>Fails unless the project holds the very bytes of every package of the tree.</summary>
    public void MustBeInstalledIn(string project)
    {
        foreach (var (name, version) in Installed)
        {
            Assert.Equal($"module.exports = '{name}@{version}';\n", File.ReadAllText(Find(project, name)));
        }
    }

    // pnpm keeps what is not asked for directly below node_modules/.pnpm.
    private static string Find(string project, string name)
    {
        var plain = Path.Combine(project, "node_modules", name, "index.js");
        return File.Exists(plain)
            ? plain
            : Directory.EnumerateFiles(Path.Combine(project, "node_modules"), "index.js", SearchOption.AllDirectories)
                .First(path => path.EndsWith($"node_modules/{name}/index.js", StringComparison.Ordinal));
    }

    private FakePackage Package(string name, string version, params string[] needs) => new FakePackage(Named(name)).With(version, Needs(needs));

    private Action<FakeVersion> Needs(params string[] needs) => version =>
    {
        foreach (var need in needs)
        {
            var space = need.IndexOf(' ', StringComparison.Ordinal);
            version.Dependencies[Named(need[..space])] = need[(space + 1)..];
        }
    };
}
