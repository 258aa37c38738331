using System.Net;
using Granary.ClientTests.Clients;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Operations;

/// <summary>Quotas that the operator has set, and what real clients say of them.</summary>
public sealed class QuotaTests
{
    private const int Most = 4000;

    [Fact]
    public async Task A_published_asset_over_the_quota_is_refused_with_the_name_of_the_setting()
    {
        await using var source = new FakeNpmSource();
        await using var server = await GranaryServer.StartAsync(Quotas(("AssetSize", Most), ("PublishRequestSize", 20_000)).Concat(From(source)).ToDictionary());
        using var home = new ClientHome();
        var token = await new AwsCli(server, home).TokenAsync();
        home.LogIn(server.Npm(), token);
        (await home.NpmAsync(Filled(home, "fits", 2000), "publish")).MustSucceed();

        (await home.NpmAsync(Filled(home, "larger", 6000), "publish")).MustFail("413", "4,000 bytes", "Quotas:AssetSize");
        (await home.NpmAsync(Filled(home, "largest", 20_000), "publish")).MustFail("413", "20,000", "Quotas:PublishRequestSize");

        (await home.NpmAsync(home.Path, "view", "larger")).MustFail("E404");
    }

    [Fact]
    public async Task An_asset_of_a_public_source_over_the_quota_is_refused_and_not_kept()
    {
        await using var source = new FakeNpmSource();
        await using var server = await GranaryServer.StartAsync(Quotas(("AssetSize", Most)).Concat(From(source)).ToDictionary());
        using var home = new ClientHome();
        var aws = new AwsCli(server, home);
        var token = await aws.TokenAsync();
        var fits = source.Add(new FakePackage("fits").With("1.0.0", version => version.Padding = 1000));
        var larger = source.Add(new FakePackage("larger").With("1.0.0", version => version.Padding = 6000));
        var silent = source.Add(new FakePackage("silent").With("1.0.0", version => version.Padding = 200_000));
        source.Script(silent.TarballPath("1.0.0"), async exchange =>
        {
            // Whole, and without saying beforehand how long it is.
            var bytes = silent.Versions[0].Bytes;
            await exchange.HeadAsync(200, "Content-Type: application/octet-stream");
            await exchange.Stream.WriteAsync(bytes);
        });

        using (var request = server.Request(HttpMethod.Get, fits.TarballPath("1.0.0")[1..], token))
        {
            Assert.Equal(fits.Versions[0].Bytes, (await server.SendAsync(request)).Must(HttpStatusCode.OK).Body);
        }

        using (var request = server.Request(HttpMethod.Get, larger.TarballPath("1.0.0")[1..], token))
        {
            Assert.Contains("Quotas:AssetSize", (await server.SendAsync(request)).Must(HttpStatusCode.RequestEntityTooLarge).Text, StringComparison.Ordinal);
        }

        using (var request = server.Request(HttpMethod.Get, silent.TarballPath("1.0.0")[1..], token))
        {
            Assert.False((await server.SendAsync(request)).IsSuccess);
        }

        foreach (var name in (string[])["larger", "silent"])
        {
            await aws.RefusedAsync(
                "ResourceNotFoundException",
                "describe-package-version", "--domain", GranaryServer.Domain, "--repository", "npm-store", "--format", "npm", "--package", name, "--package-version", "1.0.0");
        }
    }

    [Fact]
    public async Task The_CLI_is_told_of_a_quota_by_its_name_and_a_higher_one_lets_it_through()
    {
        await using var server = await GranaryServer.StartAsync(Quotas(("DomainsPerAccount", 1), ("RepositoriesPerDomain", 2), ("TagsPerResource", 1)));
        using var home = new ClientHome();
        var aws = new AwsCli(server, home);

        var domain = await aws.RefusedAsync("ServiceQuotaExceededException", "create-domain", "--domain", "second");
        Assert.Contains("Quotas:DomainsPerAccount", domain.Everything, StringComparison.Ordinal);
        var repository = await aws.RefusedAsync("ServiceQuotaExceededException", "create-repository", "--domain", GranaryServer.Domain, "--repository", "third");
        Assert.Contains("Quotas:RepositoriesPerDomain", repository.Everything, StringComparison.Ordinal);

        await server.StopAsync();
        await server.StartAgainAsync(Quotas(("DomainsPerAccount", 2), ("RepositoriesPerDomain", 100)));

        await aws.RunAsync("create-domain", "--domain", "second", "--tags", "key=a,value=b");
        await aws.RunAsync("create-repository", "--domain", GranaryServer.Domain, "--repository", "third");
    }

    private static Dictionary<string, string> Quotas(params (string Name, int Value)[] quotas) =>
        quotas.ToDictionary(quota => $"GRANARY_Quotas__{quota.Name}", quota => $"{quota.Value}");

    private static Dictionary<string, string> From(FakeNpmSource source) => new() { ["ExternalConnections__public__npmjs"] = source.Address.ToString() };

    private static string Filled(ClientHome home, string name, int bytes)
    {
        var folder = PackageFolder.ToPublish(home, name);
        // As text, of which compression takes the quarter back that base64 has added.
        File.WriteAllText(Path.Combine(folder, "index.js"), $"// {Convert.ToBase64String(Tarball.Noise(bytes))}\n");
        return folder;
    }
}
