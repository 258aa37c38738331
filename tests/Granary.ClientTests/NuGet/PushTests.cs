using System.Net;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.NuGet;

/// <summary><c>dotnet nuget push</c> and <c>delete</c>.</summary>
[Collection(NuGetCollection.Name)]
public sealed class PushTests(NuGetShop shop)
{
    [Fact]
    public async Task Login_push_add_and_search_over_https_as_the_tutorial_has_it()
    {
        var id = SharedServer.Fresh("Acme.Tutorial");
        using var home = new NuGetHome();
        home.Client.Write(".nuget/NuGet/NuGet.Config", "<configuration><packageSources /></configuration>");
        home.Client.Environment["SSL_CERT_FILE"] = shop.Server.AuthorityFile;
        var aws = new AwsCli(shop.Server, home.Client) { Extra = { ["AWS_CA_BUNDLE"] = shop.Server.AuthorityFile } };
        (await aws.TryAsync(
            "login", "--tool", "dotnet", "--domain", GranaryServer.Domain, "--domain-owner", GranaryServer.Account, "--repository", GranaryServer.Repository,
            "--endpoint-url", shop.Server.Https.AbsoluteUri.TrimEnd('/'))).MustSucceed();
        const string Source = $"{GranaryServer.Domain}/{GranaryServer.Repository}";

        // Larger than what a server takes unasked: the first of the two times that the client sends it must be read to its end.
        (await home.DotnetAsync(home.Client.Path, "nuget", "push", home.Package(id, "1.0.0", padding: 40 << 20), "--source", Source)).MustSucceed();
        var project = home.Project("tutorial");
        (await home.DotnetAsync(project, "add", "package", id)).MustSucceed();
        Assert.Equal("1.0.0", NuGetHome.Locked(project)[id]);
        var found = (await home.DotnetAsync(project, "package", "search", id, "--source", Source)).MustSucceed();
        Assert.Contains(id, found.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_package_may_be_pushed_twice_and_another_of_its_version_may_not()
    {
        var id = SharedServer.Fresh("Acme.Twice");
        using var home = shop.Home();
        var file = home.Package(id, "1.0.0");
        (await home.PushAsync(file)).MustSucceed();
        (await home.PushAsync(file)).MustSucceed();

        var other = home.Package(id, "1.0.0", "<summary>Other</summary>");
        (await home.PushAsync(other)).MustFail("already exists");
        (await home.PushAsync(other, "--skip-duplicate")).MustSucceed();
        Assert.DoesNotContain("Other", (await shop.GetAsync($"flat/{id}/1.0.0/{id}.nuspec")).Must(HttpStatusCode.OK).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_pushes_of_one_version_at_once_one_succeeds()
    {
        var id = SharedServer.Fresh("acme.race");
        var pushes = Enumerable.Range(0, 8).Select(n => NuGetFile.Package(id, "1.0.0", $"<summary>{n}</summary>", padding: 200_000)).ToList();
        var answers = await Task.WhenAll(pushes.Select(package => shop.PushAsync(package)));

        Assert.Equal([HttpStatusCode.Created, .. Enumerable.Repeat(HttpStatusCode.Conflict, 7)], answers.Select(a => a.Status).Order());
        var winner = pushes[answers.Index().Single(a => a.Item.Status == HttpStatusCode.Created).Index];
        Assert.Equal(winner, (await shop.GetAsync($"flat/{id}/1.0.0/{id}.1.0.0.nupkg")).Must(HttpStatusCode.OK).Body);
    }

    [Fact]
    public async Task Whoever_has_no_valid_token_is_told_so_and_nothing_is_kept()
    {
        var id = SharedServer.Fresh("acme.unknown");
        using var home = shop.Home(token: "not-a-token");
        (await home.PushAsync(home.Package(id, "1.0.0"))).MustFail("401", "Unauthorized");
        Assert.Equal(HttpStatusCode.NotFound, (await shop.GetAsync($"flat/{id}/index.json")).Status);
    }

    [Fact]
    public async Task Delete_hides_a_version_from_search_and_from_whoever_asks_for_the_newest()
    {
        var id = SharedServer.Fresh("acme.deleted");
        await shop.PublishAsync(id, "1.0.0");
        await shop.PublishAsync(id, "1.1.0");
        using var home = shop.Home();
        (await home.DotnetAsync(home.Client.Path, "nuget", "delete", id, "1.1.0", "--source", "granary", "--api-key", "none", "--non-interactive")).MustSucceed();

        var project = home.Project("deleted");
        (await home.DotnetAsync(project, "add", "package", id)).MustSucceed();
        Assert.Equal("1.0.0", NuGetHome.Locked(project)[id]);
        var described = await shop.Aws.RunAsync("describe-package-version", "--domain", GranaryServer.Domain, "--repository", GranaryServer.Repository, "--format", "nuget", "--package", id, "--package-version", "1.1.0");
        Assert.Equal("Unlisted", (string?)described["packageVersion"]!["status"]);
    }

    [Fact]
    public async Task Symbols_go_with_their_package()
    {
        var id = SharedServer.Fresh("acme.symbols");
        using var home = shop.Home();
        var file = home.Package(id, "1.0.0");
        var symbols = NuGetFile.Package(id, "1.0.0", """<packageTypes><packageType name="SymbolsPackage" /></packageTypes>""");
        await File.WriteAllBytesAsync(Path.ChangeExtension(file, ".snupkg"), symbols, TestContext.Current.CancellationToken);

        (await home.PushAsync(file)).MustSucceed();

        Assert.Equal(symbols, (await shop.GetAsync($"flat/{id}/1.0.0/{id}.1.0.0.snupkg")).Must(HttpStatusCode.OK).Body);
    }
}
