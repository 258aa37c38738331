using System.Security.Cryptography;
using Granary.ClientTests.Clients;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Operations;

/// <summary>An encrypted domain as its operator and its users have it: commands as in the documentation, npm as it is.</summary>
public sealed class EncryptionTests
{
    private const string Name = "@acme/secret";

    [Fact]
    public async Task Packages_of_an_encrypted_domain_lie_nowhere_plain_and_are_refused_while_its_key_is_disabled()
    {
        await using var server = await GranaryServer.StartAsync(new Dictionary<string, string> { ["Encryption__KeyCache"] = "0" });
        using var home = new ClientHome();
        var aws = new AwsCli(server, home);
        var arn = (await KeysAsync(server, home, "create", "--alias", "alias/assets")).MustSucceed().Output.Trim();
        var created = await aws.RunAsync("create-domain", "--domain", "vault", "--encryption-key", "alias/assets");
        Assert.Equal(arn, (string)created["domain"]!["encryptionKey"]!);
        Assert.Equal(arn, (string)(await aws.RunAsync("describe-domain", "--domain", "vault"))["domain"]!["encryptionKey"]!);
        await aws.RefusedAsync("ValidationException", "create-domain", "--domain", "other", "--encryption-key", "alias/none");
        await aws.RunAsync("create-repository", "--domain", "vault", "--repository", "shop");

        var tarball = await PackAsync(home);
        home.LogIn(server.Npm("shop", "vault"), await aws.TokenAsync("vault"));
        (await home.NpmAsync(home.Path, "publish", tarball)).MustSucceed();
        Assert.Empty(FilesWith(server, tarball));
        await InstallAsync(home, "first");
        Assert.Empty(FilesWith(server, tarball));

        (await KeysAsync(server, home, "disable", "alias/assets")).MustSucceed();
        Assert.Contains($"{arn}\talias/assets\tdisabled", (await KeysAsync(server, home, "list")).MustSucceed().Output, StringComparison.Ordinal);
        home.EmptyCaches();
        (await home.NpmAsync(PackageFolder.ToInstall(home, "second", Name), "install")).MustFail("400", $"{arn} is disabled");
        Assert.Contains("the key of arn:aws:codeartifact", (await GranaryAsync(server, home, "doctor")).MustFail("is disabled").Output, StringComparison.Ordinal);

        (await KeysAsync(server, home, "enable", arn)).MustSucceed();
        await InstallAsync(home, "third");

        // The same bytes, where nobody asked for encryption: it is not for want of looking that nothing was found.
        await aws.CreateRepositoryAsync("shop");
        home.LogIn(server.Npm("shop"), await aws.TokenAsync());
        (await home.NpmAsync(home.Path, "publish", tarball)).MustSucceed();
        Assert.Single(FilesWith(server, tarball));
    }

    private static Task<CommandResult> KeysAsync(GranaryServer server, ClientHome home, params string[] arguments) =>
        GranaryAsync(server, home, ["keys", "encryption", .. arguments]);

    private static Task<CommandResult> GranaryAsync(GranaryServer server, ClientHome home, params string[] arguments) =>
        home.RunAsync([GranaryServer.Program], home.Path, [.. arguments, "--data", server.DataDirectory]);

    /// <summary>A tarball larger than what a server keeps in memory, of bytes that do not compress.</summary>
    private static async Task<string> PackAsync(ClientHome home)
    {
        var folder = PackageFolder.ToPublish(home, Name);
        await File.WriteAllBytesAsync(Path.Combine(folder, "index.js"), [.. "module.exports = '@acme/secret@1.0.0';\n//"u8, .. RandomNumberGenerator.GetBytes(400_000)]);
        (await home.NpmAsync(folder, "pack")).MustSucceed();
        return Directory.GetFiles(folder, "*.tgz").Single();
    }

    private static async Task InstallAsync(ClientHome home, string project)
    {
        home.EmptyCaches();
        var folder = PackageFolder.ToInstall(home, project, Name);
        (await home.NpmAsync(folder, "install")).MustSucceed();
        Assert.True(new FileInfo(Path.Combine(folder, "node_modules", Name, "index.js")).Length > 400_000);
    }

    /// <summary>The files of the server, the database and what is arriving among them, that hold any of some pieces of the tarball.</summary>
    private static List<string> FilesWith(GranaryServer server, string tarball)
    {
        var bytes = File.ReadAllBytes(tarball);
        var pieces = Enumerable.Range(0, 20).Select(n => bytes.AsMemory(n * (bytes.Length - 64) / 20, 32)).ToList();
        return [.. Directory.GetFiles(server.DataDirectory, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)).Where(Holds)];

        bool Holds(string file)
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            return pieces.Exists(piece => content.AsSpan().IndexOf(piece.Span) >= 0);
        }
    }
}
