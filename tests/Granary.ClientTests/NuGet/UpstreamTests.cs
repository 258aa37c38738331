using System.Net;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.NuGet;

/// <summary>Packages of a public source: fetched once, verified, kept.</summary>
[Collection(NuGetCollection.Name)]
public sealed class UpstreamTests(NuGetShop shop)
{
    [Fact]
    public async Task Private_and_public_packages_restore_together_and_again_without_the_source()
    {
        var (mine, direct, deep) = (SharedServer.Fresh("Acme.Mine"), SharedServer.Fresh("Public.Direct"), SharedServer.Fresh("Public.Deep"));
        await using var source = new FakeNuGetSource();
        await source.SwitchOnAsync();
        source.Add(deep, "3.0.0", "3.1.0");
        source.Add(new FakeNuGetVersion(direct, "1.0.0", NuGetFile.Package(direct, "1.0.0", NuGetFile.DependsOn(deep, "3.0.0"))));
        await using var server = await GranaryServer.StartAsync(new Dictionary<string, string> { ["ExternalConnections__public__nuget-org"] = source.Address.ToString() });
        using var home = new NuGetHome();
        var aws = new AwsCli(server, home.Client);
        await aws.CreateRepositoryAsync("store");
        await aws.RunAsync("associate-external-connection", "--domain", GranaryServer.Domain, "--repository", "store", "--external-connection", NuGetShop.Connection);
        await aws.CreateRepositoryAsync("shop", "store");
        home.Use(new Uri(server.Http, $"nuget/d/{GranaryServer.Domain}-{GranaryServer.Account}/shop/v3/index.json"), await aws.TokenAsync());
        (await home.PushAsync(home.Package(mine, "1.0.0", NuGetFile.DependsOn(direct, "1.0.0")))).MustSucceed();
        source.Add(mine, "9.0.0");
        var project = home.Project("mixed", (mine, "*"), (deep, "[3.1.0]"));

        (await home.DotnetAsync(project, "restore")).MustSucceed();
        var locked = NuGetHome.Locked(project);
        Assert.Equal(("1.0.0", "1.0.0", "3.1.0"), (locked[mine], locked[direct], locked[deep]));

        await source.SwitchOffAsync();
        home.EmptyCaches();
        (await home.DotnetAsync(project, "restore", "--locked-mode")).MustSucceed();
        Assert.Equal(2, source.Requests.Count(path => path.EndsWith(".nupkg", StringComparison.Ordinal)));
        foreach (var (repository, id) in new[] { ("shop", deep), ("store", deep), ("shop", direct) })
        {
            var versions = await aws.RunAsync("list-package-versions", "--domain", GranaryServer.Domain, "--repository", repository, "--format", "nuget", "--package", id);
            var version = Assert.Single(versions["versions"]!.AsArray())!;
            Assert.Equal(NuGetShop.Connection, (string?)version["origin"]!["domainEntryPoint"]!["externalConnectionName"]);
        }
    }

    [Fact]
    public async Task A_registration_in_pages_is_listed_whole_with_the_dates_and_marks_of_the_source()
    {
        var id = SharedServer.Fresh("public.paged");
        for (var minor = 0; minor < 12; minor++)
        {
            shop.Source.Add(new FakeNuGetVersion(id, $"1.{minor}.0", NuGetFile.Package(id, $"1.{minor}.0")) { Listed = minor != 3, Published = minor == 4 ? "1900-01-01T00:00:00+00:00" : $"2020-01-{minor + 1:00}T00:00:00Z" });
        }

        var repository = await shop.ConnectedAsync();
        var versions = (await shop.GetAsync($"flat/{id}/index.json", repository)).Must(HttpStatusCode.OK).Json["versions"]!.AsArray();
        Assert.Equal(Enumerable.Range(0, 12).Select(minor => $"1.{minor}.0"), versions.Select(v => (string)v!));
        var leaves = (await shop.GetAsync($"registration/{id}/index.json", repository)).Must(HttpStatusCode.OK).Json["items"]![0]!["items"]!.AsArray();
        Assert.Equal("2020-01-12T00:00:00Z", (string?)leaves[11]!["catalogEntry"]!["published"]);
        Assert.False((bool)leaves[3]!["catalogEntry"]!["listed"]!);
        Assert.Null(leaves[4]!["catalogEntry"]!["published"]);
        Assert.All(leaves, leaf => Assert.StartsWith(shop.Server.Http.ToString(), (string?)leaf!["packageContent"], StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, (await shop.GetAsync($"flat/{id}/1.3.0/{id}.1.3.0.nupkg", repository)).Status);
        Assert.False((bool)(await shop.GetAsync($"registration/{id}/1.3.0.json", repository)).Json["catalogEntry"]!["listed"]!);
    }

    [Fact]
    public async Task What_is_not_what_its_source_says_is_not_kept()
    {
        var id = SharedServer.Fresh("public.liar");
        var good = NuGetFile.Package(id, "1.0.0");
        shop.Source.Add(new FakeNuGetVersion(id, "1.0.0", good) { PackageHash = FakeNuGetSource.HashOf(good) });
        shop.Source.Add(new FakeNuGetVersion(id, "1.1.0", NuGetFile.Package(id, "1.1.0")) { PackageHash = FakeNuGetSource.HashOf(good) });
        shop.Source.Add(new FakeNuGetVersion(id, "1.2.0", NuGetFile.Package(id, "9.9.9")));
        shop.Source.Add(new FakeNuGetVersion(id, "1.3.0", NuGetFile.Package("victim", "1.3.0")));
        shop.Source.Add(new FakeNuGetVersion(id, "1.4.0", [.. NuGetFile.Package(id, "1.4.0"), 0]));
        shop.Source.Add(new FakeNuGetVersion(id, "1.5.0", "no package"u8.ToArray()));
        var repository = await shop.ConnectedAsync();

        Assert.Equal(good, (await shop.GetAsync($"flat/{id}/1.0.0/{id}.1.0.0.nupkg", repository)).Must(HttpStatusCode.OK).Body);
        foreach (var version in (string[])["1.1.0", "1.2.0", "1.3.0", "1.4.0", "1.5.0"])
        {
            var answer = await shop.GetAsync($"flat/{id}/{version}/{id}.{version}.nupkg", repository);
            Assert.True(answer.Status == HttpStatusCode.BadGateway || answer.Cut, $"{version}: {answer}");
        }

        var kept = await shop.Aws.RunAsync("list-package-versions", "--domain", GranaryServer.Domain, "--repository", repository, "--format", "nuget", "--package", id);
        Assert.Equal(["1.0.0"], kept["versions"]!.AsArray().Select(v => (string)v!["version"]!));
    }

    [Fact]
    public async Task A_name_that_is_the_own_or_blocked_is_told_to_no_source()
    {
        var (mine, blocked) = (SharedServer.Fresh("acme.own"), SharedServer.Fresh("acme.blocked"));
        var repository = await shop.ConnectedAsync();
        await shop.Aws.RunAsync(
            "put-package-origin-configuration", "--domain", GranaryServer.Domain, "--repository", repository, "--format", "nuget", "--package", mine, "--restrictions", "publish=ALLOW,upstream=BLOCK");
        await shop.Aws.RunAsync("create-package-group", "--domain", GranaryServer.Domain, "--package-group", $"/nuget//{blocked}$");
        await shop.Aws.RunAsync("update-package-group-origin-configuration", "--domain", GranaryServer.Domain, "--package-group", $"/nuget//{blocked}$", "--restrictions", "EXTERNAL_UPSTREAM=BLOCK");
        shop.Source.Add(mine, "9.0.0");
        shop.Source.Add(blocked, "9.0.0");
        await shop.PublishAsync(mine, "1.0.0", repository: repository);

        Assert.Equal(["1.0.0"], (await shop.GetAsync($"flat/{mine}/index.json", repository)).Json["versions"]!.AsArray().Select(v => (string)v!));
        Assert.Equal(HttpStatusCode.NotFound, (await shop.GetAsync($"flat/{mine}/9.0.0/{mine}.9.0.0.nupkg", repository)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await shop.GetAsync($"registration/{blocked}/index.json", repository)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await shop.GetAsync($"flat/{blocked}/9.0.0/{blocked}.9.0.0.nupkg", repository)).Status);
        Assert.False(shop.Source.Met(mine) || shop.Source.Met(blocked), string.Join('\n', shop.Source.Requests));
    }

    [Fact]
    public async Task A_version_of_the_source_is_not_published_over()
    {
        var id = SharedServer.Fresh("public.taken");
        shop.Source.Add(id, "1.0.0");
        var repository = await shop.ConnectedAsync();
        (await shop.PushAsync(NuGetFile.Package(id, "1.0.0"), repository)).Must(HttpStatusCode.Conflict);
        Assert.Equal($"The public {id}", (string?)(await shop.GetAsync($"registration/{id}/1.0.0.json", repository)).Must(HttpStatusCode.OK).Json["catalogEntry"]!["description"]);
    }
}
