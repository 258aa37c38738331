using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Granary.ClientTests.Clients;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Operations;

/// <summary>The nginx configuration of docs/operations.md, with the server behind it and clients in front of it.</summary>
public sealed class ProxyTests
{
    private const string Document = "docs/operations.md";
    private const string Name = "packages.example.localhost";

    [Fact]
    public async Task The_example_of_the_manual_works_as_it_stands()
    {
        using var directory = new TempDirectory("nginx");
        var port = FreePort.Take(1)[0];
        await using var source = new FakeNpmSource();
        await using var server = await GranaryServer.StartAsync(new Dictionary<string, string>
        {
            ["ExternalConnections__public__npmjs"] = source.Address.ToString(),
            ["GRANARY_PublicUrl"] = $"https://{Name}:{port}",
            ["GRANARY_TrustedProxies"] = "127.0.0.1",
        });
        await using var nginx = await StartAsync(directory, server, port);
        using var home = new ClientHome();
        var resolve = home.Write(
            "resolve.js",
            "const dns = require('dns'), { lookup } = dns; dns.lookup = (host, ...more) => lookup(host.endsWith('.localhost') ? '127.0.0.1' : host, ...more);");
        home.Environment["NODE_OPTIONS"] = $"--require={resolve}";
        home.Environment["NODE_EXTRA_CA_CERTS"] = server.AuthorityFile;
        var aws = new AwsCli(server, home);
        aws.Extra["AWS_CA_BUNDLE"] = server.AuthorityFile;
        // What AWS's clients sign holds the host that they know.
        string[] through = ["--endpoint-url", $"https://localhost:{port}"];

        var token = (string)(await aws.RunAsync(["get-authorization-token", "--domain", GranaryServer.Domain, .. through]))["authorizationToken"]!;
        var endpoint = (string)(await aws.RunAsync(
            ["get-repository-endpoint", "--domain", GranaryServer.Domain, "--repository", GranaryServer.Repository, "--format", "npm", .. through]))["repositoryEndpoint"]!;
        Assert.Equal($"https://{Name}:{port}/npm/d/{GranaryServer.Domain}-{GranaryServer.Account}/{GranaryServer.Repository}/", endpoint);

        home.LogIn(new Uri(endpoint), token);
        (await home.NpmAsync(PackageFolder.ToPublish(home, "@behind/nginx"), "publish")).MustSucceed();
        home.EmptyCaches();
        var project = PackageFolder.ToInstall(home, "project", "@behind/nginx");
        (await home.NpmAsync(project, "install")).MustSucceed();
        PackageFolder.MustHold(project, "@behind/nginx", "1.0.0");

        // nginx writes the address that it was reached from in place of what the client makes up.
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { X509CertificateLoader.LoadCertificateFromFile(server.AuthorityFile) },
            RevocationMode = X509RevocationMode.NoCheck,
        };
        using var http = new HttpClient(handler);
        using var spoofed = new HttpRequestMessage(HttpMethod.Get, new Uri($"https://localhost:{port}/npm/d/{GranaryServer.Domain}-{GranaryServer.Account}/{GranaryServer.Repository}/spoofed"));
        spoofed.Headers.Add("X-Forwarded-For", "203.0.113.7");
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.SendAsync(spoofed, TestContext.Current.CancellationToken)).StatusCode);
        var events = (await aws.RunServiceAsync("cloudtrail", ["lookup-events", .. through]))["Events"]!.AsArray().Select(e => JsonNode.Parse((string)e!["CloudTrailEvent"]!)!).ToList();
        Assert.NotEmpty(events);
        Assert.All(events, e => Assert.Equal("127.0.0.1", (string)e["sourceIPAddress"]!));
        Assert.Contains(events, e => (string?)e["additionalEventData"]?["requestUri"] == "/npm/spoofed");
    }

    private static async Task<Nginx> StartAsync(TempDirectory directory, GranaryServer server, int port)
    {
        var example = File.ReadAllText(Path.Combine(Root(), Document)).Split("```nginx\n")[1].Split("```")[0];
        var (certificate, key) = (Path.Combine(server.DataDirectory, "tls", "server.crt"), Path.Combine(server.DataDirectory, "tls", "server.key"));
        foreach (var (written, here) in ((string, string)[])
        [
            ("server 127.0.0.1:8080;", $"server 127.0.0.1:{server.Http.Port};"),
            ("listen 443 ssl;", $"listen 127.0.0.1:{port} ssl;"),
            ("/etc/ssl/packages.example.com.crt", certificate),
            ("/etc/ssl/packages.example.com.key", key),
        ])
        {
            Assert.Contains(written, example, StringComparison.Ordinal);
            example = example.Replace(written, here, StringComparison.Ordinal);
        }

        var folders = string.Concat(((string[])["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]).Select(name => $"{name}_temp_path {directory.Path}/{name};\n"));
        var file = directory.Write(
            "nginx.conf",
            $"daemon off;\npid {directory.Path}/pid;\nerror_log stderr;\n{(Environment.IsPrivilegedProcess ? "user root;\n" : "")}events {{ }}\nhttp {{\naccess_log off;\n{folders}{example}}}\n");
        var program = Tool.Find("nginx") ?? (File.Exists("/usr/sbin/nginx") ? "/usr/sbin/nginx" : Tool.Missing("nginx"));
        var nginx = new Nginx(Process.Start(new ProcessStartInfo(program, ["-p", directory.Path, "-c", file, "-e", "stderr"]))!);
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
                return nginx;
            }
            catch (SocketException) when (TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(10))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken);
            }
        }
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, Document)))
        {
            folder = Path.GetDirectoryName(folder.TrimEnd('/')) ?? throw new InvalidOperationException($"{Document} is in no folder above the tests.");
        }

        return folder;
    }

    private sealed class Nginx(Process process) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }
}
