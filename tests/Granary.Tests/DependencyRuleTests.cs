using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Granary.Tests;

/// <summary>The halves of the dependency rule that the compiler does not hold.</summary>
public sealed partial class DependencyRuleTests
{
    private static readonly string root = FindRoot();

    // SHA-256 of the public registries' domains, since no file of the repository names one.
    private static readonly HashSet<string> registries =
    [
        "8743857e3ea00fd1c64bbc68b8af241954ad2c285e7a60340eec7ea5dcb200db", "3ca29e55be4befa48f875d24c27f9bed32fe06588819ed6264084b6670a1ebb0",
        "87d14f070cb9686970d008f9f94e668075fd37620381409858bf040ae1271d51", "a4aa2ac280bb8d1a0ce7a1be5a7bfb10292b49fe9435ad5cff19f421f3c70e41",
        "8b5bb5eb9d758455b8635855cf8aaf05b68775e3f83f0291e800ef338fb9783c", "c3db8466ffcd858989be3a43536c07568731e95124fb23850abac30074fac4f3",
        "317d2d52829b78129d2c9e43d001899f0c8d30968bae00b848a47154df56b0ca", "4f247acdba6480ead77619606edee0be30f80bc591df5f8b4ff1d4f2b6f601e1",
        "b7414beeef75771cf9729eae05c8c9b56058a3a476502f5d372d305f3dbc777a", "f483c1237e51a1fae39e9aab3bda3727ac5af2744594ddc28875711f30d43f9d",
        "58f74c04b7d704be792c6b9ede1b54846082ac561fbdb38b4e7bb59aead1f62d", "b65cba6182c81ab1d094919b2d635fc7198a3a122e9362e658bf50f151c92969",
        "f65219c547f9c032a914ee1f7c955347b58b47d17eb867c6fe148595947e5a5a", "71741fe2460a615058687c4585f665af5e825968e51a512ffb14c6f2684a397d",
        "789e46d79514e28093cabe2bb4a0798266f584b0e508ef269ebabb6e57859290",
    ];

    [Fact]
    public void No_folder_of_a_format_names_another_one()
    {
        var folders = Directory.GetDirectories(Path.Combine(root, "src", "Granary.Formats"))
            .Where(folder => Path.GetFileName(folder) is not ("bin" or "obj")).ToDictionary(folder => Path.GetFileName(folder)!);
        Assert.Contains("Maven", folders.Keys);
        var faults = from folder in folders
                     from file in Sources(folder.Value)
                     from other in folders.Keys
                     where other != folder.Key && Regex.IsMatch(
                         file.Text, $@"Granary\.Formats\.{other}\b|\b{other}[A-Z][A-Za-z]*\b", RegexOptions.NonBacktracking)
                     select $"{file.Path} names {other}";
        Assert.Equal("", string.Join('\n', faults));
    }

    [Fact]
    public void Core_names_no_format() => Assert.Equal("", string.Join('\n',
        Sources(Path.Combine(root, "src", "Granary.Core")).Where(file => FormatName().IsMatch(file.Text)).Select(file => file.Path)));

    [Fact]
    public void No_source_names_a_public_registry()
    {
        var hosts = from file in Sources(Path.Combine(root, "src")).Concat(Sources(Path.Combine(root, "tests")))
                    from Match host in Host().Matches(file.Text)
                    where NamesRegistry(host.Value.ToLowerInvariant())
                    select $"{file.Path}: {host.Value}";
        Assert.Equal("", string.Join('\n', hosts));
        Assert.True(NamesRegistry("index." + string.Join('.', "crates", "io")));
    }

    private static bool NamesRegistry(string host)
    {
        var labels = host.Split('.');
        return Enumerable.Range(0, labels.Length - 1).Any(i =>
            registries.Contains(Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Join('.', labels[i..]))))));
    }

    private static IEnumerable<(string Path, string Text)> Sources(string folder) =>
        Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(path => (Path.GetRelativePath(root, path), File.ReadAllText(path)));

    /// <summary>The folder of the repository.</summary>
    internal static string Root() => root;

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Granary.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("These tests run from within the repository.");
        }

        return folder.FullName;
    }

    [GeneratedRegex(@"\b(npm|pypi|maven|nuget|cargo)\b", RegexOptions.IgnoreCase)]
    private static partial Regex FormatName();

    [GeneratedRegex(@"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")]
    private static partial Regex Host();
}
