using System.Net;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.NuGet;

/// <summary><c>dotnet restore</c> of private packages.</summary>
[Collection(NuGetCollection.Name)]
public sealed class RestoreTests(NuGetShop shop)
{
    [Fact]
    public async Task Restores_floating_versions_with_what_they_depend_on_and_the_same_again_from_the_lock_file()
    {
        var (upper, lower) = (SharedServer.Fresh("Acme.Upper"), SharedServer.Fresh("Acme.Lower"));
        await shop.PublishAsync(lower, "2.0.0");
        await shop.PublishAsync(lower, "2.1.0-beta.1");
        await shop.PublishAsync(upper, "1.2.0", NuGetFile.DependsOn(lower, "2.0.0"));
        await shop.PublishAsync(upper, "1.10.0", NuGetFile.DependsOn(lower, "2.0.0"));
        await shop.PublishAsync(upper, "2.0.0", NuGetFile.DependsOn(lower, "2.0.0"));
        using var home = shop.Home();
        var project = home.Project("floating", (upper, "1.*"));

        (await home.DotnetAsync(project, "restore")).MustSucceed();
        Assert.Equal(("1.10.0", "2.0.0"), (NuGetHome.Locked(project)[upper], NuGetHome.Locked(project)[lower]));

        await shop.PublishAsync(upper, "1.11.0", NuGetFile.DependsOn(lower, "2.0.0"));
        home.EmptyCaches();
        (await home.DotnetAsync(project, "restore", "--locked-mode")).MustSucceed();
        Assert.Equal("1.10.0", NuGetHome.Locked(project)[upper]);
        (await home.DotnetAsync(project, "restore", "--force-evaluate", "--no-http-cache")).MustSucceed();
        Assert.Equal("1.11.0", NuGetHome.Locked(project)[upper]);
    }

    [Fact]
    public async Task A_locked_version_still_restores_when_it_is_unlisted_and_not_when_it_is_archived()
    {
        var id = SharedServer.Fresh("acme.status");
        await shop.PublishAsync(id, "1.0.0");
        await shop.PublishAsync(id, "1.1.0");
        using var home = shop.Home();
        var project = home.Project("status", (id, "1.1.0"));
        (await home.DotnetAsync(project, "restore")).MustSucceed();

        await shop.SetStatusAsync(id, "1.1.0", "Unlisted");
        home.EmptyCaches();
        (await home.DotnetAsync(project, "restore", "--locked-mode")).MustSucceed();
        var found = (await home.DotnetAsync(project, "package", "search", id, "--exact-match", "--format", "json")).MustSucceed();
        Assert.DoesNotContain("1.1.0", found.Output, StringComparison.Ordinal);

        await shop.SetStatusAsync(id, "1.1.0", "Archived");
        home.EmptyCaches();
        (await home.DotnetAsync(project, "restore", "--locked-mode")).MustFail("NU1102", "NU1603", "NU1004", "NU1101");
        Assert.Equal(HttpStatusCode.NotFound, (await shop.GetAsync($"flat/{id}/1.1.0/{id}.1.1.0.nupkg")).Status);
    }

    [Fact]
    public async Task A_wrong_password_restores_nothing()
    {
        var id = SharedServer.Fresh("acme.secret");
        await shop.PublishAsync(id, "1.0.0");
        using var home = shop.Home(token: "not-a-token");
        (await home.DotnetAsync(home.Project("secret", (id, "1.0.0")), "restore")).MustFail("401", "NU1301");
    }
}
