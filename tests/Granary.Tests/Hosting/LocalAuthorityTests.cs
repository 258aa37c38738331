using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Granary.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Granary.Tests.Hosting;

public sealed class LocalAuthorityTests : IDisposable
{
    private const string PythonClient = """
        import socket, ssl, sys
        context = ssl.create_default_context(cafile=sys.argv[1])
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        with socket.create_connection((sys.argv[2], int(sys.argv[3]))) as plain:
            with context.wrap_socket(plain, server_hostname=sys.argv[4]) as secure:
                secure.sendall(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
                print(secure.recv(12).decode())
        """;

    private const string NodeClient = """
        const [address, servername] = process.argv.slice(1);
        require('https').get(address, { servername }, r => { console.log(r.statusCode); process.exit(0); }).on('error', e => { console.error(e); process.exit(1); });
        """;

    private readonly string directory = Directory.CreateTempSubdirectory("granary-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Authority => LocalAuthority.AuthorityPath(directory);

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task Dotnet_node_python_and_curl_accept_it_when_they_trust_the_authority_alone()
    {
        using var certificate = LocalAuthority.LoadOrCreate(directory, [], TimeProvider.System);
        await using var app = await ListenAsync(certificate);
        var port = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;

        using var client = TrustingOnly(Authority);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri($"https://localhost:{port}/"), Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri($"https://127.0.0.1:{port}/"), Cancellation)).StatusCode);

        foreach (var name in (string[])["localhost", "127.0.0.1"])
        {
            var python = await ClientProcess.RunAsync("python3", ["-c", PythonClient, Authority, "127.0.0.1", $"{port}", name]);
            Assert.True(python.Output.StartsWith("HTTP/1.1 200", StringComparison.Ordinal), python.Errors);
            var curl = await ClientProcess.RunAsync(
                "curl", ["-sS", "--cacert", Authority, "-o", "/dev/null", "-w", "%{http_code}", $"https://{name}:{port}/"]);
            Assert.True(curl.Output == "200", curl.Errors);
        }

        string[] node = ["-e", NodeClient, $"https://127.0.0.1:{port}/", "localhost"];
        var trusting = await ClientProcess.RunAsync("node", node, "", ("NODE_EXTRA_CA_CERTS", Authority));
        Assert.True(trusting.Output.Trim() == "200", trusting.Errors);
        Assert.NotEqual(0, (await ClientProcess.RunAsync("node", node)).ExitCode);
    }

    [Fact]
    public async Task Openssl_accepts_it_by_its_strict_rules_for_each_of_its_names()
    {
        using var certificate = LocalAuthority.LoadOrCreate(directory, ["Registry.Example.com", "*.d.example.com", "10.1.2.3", "::1"], TimeProvider.System);
        string[] verify = ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", Authority];
        var server = Path.Combine(directory, "tls", "server.crt");
        string[][] names =
        [
            ["-verify_hostname", "localhost"], ["-verify_hostname", "registry.example.com"], ["-verify_hostname", "my-domain-123456789012.d.example.com"],
            ["-verify_ip", "127.0.0.1"], ["-verify_ip", "::1"], ["-verify_ip", "10.1.2.3"],
        ];
        foreach (var name in names)
        {
            var (exitCode, output, errors) = await ClientProcess.RunAsync("openssl", [.. verify, .. name, server]);
            Assert.True(exitCode == 0, output + errors);
        }

        Assert.NotEqual(0, (await ClientProcess.RunAsync("openssl", [.. verify, "-verify_hostname", "other.example.com", server])).ExitCode);
        var authority = await ClientProcess.RunAsync("openssl", ["verify", "-x509_strict", "-CAfile", Authority, Authority]);
        Assert.True(authority.ExitCode == 0, authority.Output + authority.Errors);
    }

    [Fact]
    public void Stays_the_same_until_it_has_to_change()
    {
        var clock = new ManualTime(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        using var first = LocalAuthority.LoadOrCreate(directory, [], clock);
        var authority = File.ReadAllText(Authority);
        Assert.Equal(first.Thumbprint, Thumbprint(clock));

        var withName = Thumbprint(clock, "registry.example.com");
        Assert.NotEqual(first.Thumbprint, withName);
        // A name that is no longer asked for is no reason.
        Assert.Equal(withName, Thumbprint(clock));

        clock.Advance(TimeSpan.FromDays(769));
        Assert.Equal(withName, Thumbprint(clock));
        clock.Advance(TimeSpan.FromDays(2));
        Assert.NotEqual(withName, Thumbprint(clock));
        Assert.Equal(authority, File.ReadAllText(Authority));

        clock.Advance(TimeSpan.FromDays(2850));
        Assert.NotEqual(withName, Thumbprint(clock));
        Assert.Equal(authority, File.ReadAllText(Authority));
        clock.Advance(TimeSpan.FromDays(10));
        Assert.NotEqual(withName, Thumbprint(clock));
        Assert.NotEqual(authority, File.ReadAllText(Authority));
    }

    [Theory]
    [InlineData("server.crt")]
    [InlineData("server.key")]
    [InlineData("ca.crt")]
    [InlineData("ca.key")]
    public void A_file_that_is_missing_damaged_or_of_another_pair_is_made_anew(string name)
    {
        var path = Path.Combine(directory, "tls", name);
        Assert.NotEmpty(Thumbprint(TimeProvider.System));
        var other = Path.Combine(directory, "other");
        using (LocalAuthority.LoadOrCreate(other, [], TimeProvider.System))
        {
        }

        foreach (var damage in (Action[])[() => File.Delete(path), () => File.WriteAllText(path, "x"), () => File.Copy(Path.Combine(other, "tls", name), path, true)])
        {
            damage();
            using var certificate = LocalAuthority.LoadOrCreate(directory, [], TimeProvider.System);
            using var authority = X509CertificateLoader.LoadCertificateFromFile(Authority);
            using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
            chain.ChainPolicy.CustomTrustStore.Add(authority);
            Assert.True(chain.Build(certificate));
            Assert.True(certificate.HasPrivateKey);
        }
    }

    [Fact]
    public void Keys_are_for_their_owner_alone_and_certificates_for_everyone()
    {
        Assert.NotEmpty(Thumbprint(TimeProvider.System));
        if (!OperatingSystem.IsWindows())
        {
            foreach (var name in (string[])["ca", "server"])
            {
                var path = Path.Combine(directory, "tls", name);
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path + ".key"));
                Assert.True(File.GetUnixFileMode(path + ".crt").HasFlag(UnixFileMode.OtherRead));
            }
        }
    }

    [Fact]
    public void A_name_that_cannot_be_certified_is_told() =>
        Assert.Contains("two words", Assert.Throws<InvalidDataException>(() => Thumbprint(TimeProvider.System, "two words")).Message, StringComparison.Ordinal);

    [Fact]
    public void Takes_a_configured_certificate_as_pem_with_its_chain_or_as_pkcs12()
    {
        using var issued = LocalAuthority.LoadOrCreate(directory, [], TimeProvider.System);
        var (certificate, key) = (Path.Combine(directory, "tls", "server.crt"), Path.Combine(directory, "tls", "server.key"));
        var full = Path.Combine(directory, "full.pem");
        File.WriteAllText(full, File.ReadAllText(certificate) + File.ReadAllText(Authority) + File.ReadAllText(key));
        var bundle = Path.Combine(directory, "server.pfx");
        File.WriteAllBytes(bundle, issued.Export(X509ContentType.Pkcs12, "sesame"));
        var sealedKey = Path.Combine(directory, "sealed.key");
        using (var plain = issued.GetECDsaPrivateKey()!)
        {
            File.WriteAllText(sealedKey, plain.ExportEncryptedPkcs8PrivateKeyPem("sesame", new(
                System.Security.Cryptography.PbeEncryptionAlgorithm.Aes256Cbc, System.Security.Cryptography.HashAlgorithmName.SHA256, 1000)));
        }

        ConfiguredCertificate[] loaded =
        [
            ConfiguredCertificate.Load(certificate, key), ConfiguredCertificate.Load(full),
            ConfiguredCertificate.Load(bundle, password: "sesame"), ConfiguredCertificate.Load(certificate, sealedKey, "sesame"),
        ];
        Assert.All(loaded, one => Assert.Equal(issued.Thumbprint, one.Certificate.Thumbprint));
        Assert.All(loaded, one => Assert.True(one.Certificate.HasPrivateKey));
        Assert.Equal([0, 1, 0, 0], loaded.Select(one => one.Chain.Count));

        Assert.Throws<InvalidDataException>(() => ConfiguredCertificate.Load(bundle, password: "wrong"));
        Assert.Throws<InvalidDataException>(() => ConfiguredCertificate.Load(certificate, sealedKey, "wrong"));
        Assert.Throws<InvalidDataException>(() => ConfiguredCertificate.Load(certificate, Path.Combine(directory, "tls", "ca.key")));
        Assert.Throws<InvalidDataException>(() => ConfiguredCertificate.Load(Path.Combine(directory, "absent.pem")));
    }

    private string Thumbprint(TimeProvider clock, params string[] names)
    {
        using var certificate = LocalAuthority.LoadOrCreate(directory, names, clock);
        return certificate.Thumbprint;
    }

    private static async Task<WebApplication> ListenAsync(X509Certificate2 certificate)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        var app = builder.Build();
        app.Run(context => context.Response.WriteAsync("ok"));
        await app.StartAsync(Cancellation);
        return app;
    }

    private static HttpClient TrustingOnly(string authority)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(authority));
        return new HttpClient(new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy } });
    }
}
