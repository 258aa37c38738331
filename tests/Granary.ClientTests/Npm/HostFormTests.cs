using System.Text;
using System.Text.Json.Nodes;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Npm;

/// <summary>AWS's own form of the address, with the domain in the host's name.</summary>
public sealed class HostFormTests(SharedServer shared)
{
    private static readonly string Named = $"{GranaryServer.Domain}-{GranaryServer.Account}.d.codeartifact.us-east-1.localhost";

    [Fact]
    public async Task A_packument_and_its_tarball_are_served_under_the_name_that_was_asked()
    {
        var document = new PublishDocument($"@{SharedServer.Fresh("hostform")}/lib", "1.0.0");
        await shared.PublishAsync(document);

        var packument = await GetAsync($"/npm/my-repo/{document.Name}", shared.Token);
        var tarball = new Uri(JsonNode.Parse(packument.Body)!["versions"]!["1.0.0"]!["dist"]!["tarball"]!.GetValue<string>());
        var bytes = await GetAsync(tarball.AbsolutePath, shared.Token);

        Assert.Equal($"http://{Named}:{shared.Server.Http.Port}/npm/my-repo/{document.Name}/-/lib-1.0.0.tgz", tarball.OriginalString);
        Assert.Equal(200, bytes.Status);
        Assert.Equal(document.Tarball, Encoding.Latin1.GetBytes(bytes.Body));
    }

    [Fact]
    public async Task Npm_installs_and_publishes_through_it()
    {
        var tree = new MadeUpTree(shared.Source, SharedServer.Fresh("hostnpm"));
        using var home = shared.LoggedIn(new Uri($"http://{Named}:{shared.Server.Http.Port}/npm/my-repo/"));
        // Names below localhost are this machine (RFC 6761), but not every resolver knows it.
        home.Environment["NODE_OPTIONS"] = "--require=" + home.Write(
            "resolve.js",
            "const dns = require('dns'), { lookup } = dns; dns.lookup = (host, ...more) => lookup(host.endsWith('.localhost') ? '127.0.0.1' : host, ...more);");
        var own = $"@{tree.Prefix}-own/lib";

        (await home.NpmAsync(Clients.PackageFolder.ToPublish(home, own), "publish")).MustSucceed();
        var project = Clients.PackageFolder.ToInstall(home, "project", tree.App, own);
        (await home.NpmAsync(project, "install")).MustSucceed();

        tree.MustBeInstalledIn(project);
        Assert.Contains(Named, File.ReadAllText(Path.Combine(project, "package-lock.json")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("my-domain-123456789012.codeartifact.us-east-1.localhost", 200)]
    [InlineData("MY-DOMAIN-123456789012.D.CODEARTIFACT.us-east-1.localhost", 200)]
    [InlineData("my-domain-210987654321.d.codeartifact.us-east-1.localhost", 401)]
    [InlineData("no-domain-123456789012.d.codeartifact.us-east-1.localhost", 401)]
    public async Task Only_a_domain_of_the_token_is_answered(string host, int status)
    {
        Assert.Equal(status, (await GetAsync("/npm/my-repo/-/ping", shared.Token, host)).Status);
        Assert.Equal(401, (await GetAsync("/npm/my-repo/-/ping", null, host)).Status);
    }

    // get-repository-endpoint names the second for --endpoint-type dualstack.
    [Fact]
    public async Task Both_of_awss_forms_lead_to_the_same_package_under_the_name_that_was_asked()
    {
        var document = new PublishDocument(SharedServer.Fresh("bothforms"), "1.0.0");
        await shared.PublishAsync(document);
        foreach (var host in (string[])[Named, Named.Replace(".d.codeartifact.", ".codeartifact.", StringComparison.Ordinal)])
        {
            var packument = await GetAsync($"/npm/my-repo/{document.Name}", shared.Token, host);
            var tarball = (string)JsonNode.Parse(packument.Body)!["versions"]!["1.0.0"]!["dist"]!["tarball"]!;
            Assert.Equal($"http://{host}:{shared.Server.Http.Port}/npm/my-repo/{document.Name}/-/{document.FileName}", tarball);
            Assert.Equal(document.Tarball, Encoding.Latin1.GetBytes((await GetAsync(new Uri(tarball).AbsolutePath, shared.Token, host)).Body));
        }
    }

    [Theory]
    [InlineData("/npm/my-repo/../other/-/ping")]
    [InlineData("/npm/my-repo%2fother/-/ping")]
    [InlineData("//npm/my-repo/-/ping")]
    [InlineData("/npm/")]
    [InlineData("/npm")]
    [InlineData("/")]
    public async Task An_odd_path_is_refused_here_too(string path)
    {
        Assert.True((await GetAsync(path, shared.Token)).IsRefusal);
    }

    private Task<RawAnswer> GetAsync(string target, string? token, string? host = null) =>
        RawHttp.SendAsync(shared.Server.Http, "GET", target, token, $"Host: {host ?? Named}:{shared.Server.Http.Port}");
}
