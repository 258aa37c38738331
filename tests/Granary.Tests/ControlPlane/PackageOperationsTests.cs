using Granary.Core.Events;

namespace Granary.Tests.ControlPlane;

public sealed class PackageOperationsTests
{
    private const string Shop = "domain=tools&repository=shop";

    [Fact]
    public async Task Lists_packages_by_prefix_and_by_origin_control()
    {
        await using var host = await StartAsync();
        var all = (await host.PostAsync($"/v1/packages?{Shop}")).Ok();
        Assert.Equal(
            ["npm//Right", "npm//left", "npm//left-pad", "npm/acme/core", "npm/acme-labs/left"],
            Names(all));
        Assert.Equal(
            """{"format":"npm","package":"Right","originConfiguration":{"restrictions":{"publish":"ALLOW","upstream":"BLOCK"}}}""",
            all.Body["packages"]![0]!.ToJsonString());

        Assert.Equal(["npm//left", "npm//left-pad", "npm/acme-labs/left"], Names((await host.PostAsync($"/v1/packages?{Shop}&package-prefix=left")).Ok()));
        Assert.Equal(["npm/acme/core", "npm/acme-labs/left"], Names((await host.PostAsync($"/v1/packages?{Shop}&format=npm&namespace=acme")).Ok()));
        Assert.Equal(["npm/acme-labs/left"], Names((await host.PostAsync($"/v1/packages?{Shop}&format=npm&namespace=acme-&package-prefix=l")).Ok()));
        Assert.Equal(["npm//left-pad"], Names((await host.PostAsync($"/v1/packages?{Shop}&publish=BLOCK")).Ok()));
        Assert.Equal(["npm//left-pad"], Names((await host.PostAsync($"/v1/packages?{Shop}&upstream=ALLOW")).Ok()));
        Assert.Empty(Names((await host.PostAsync($"/v1/packages?{Shop}&upstream=ALLOW&publish=ALLOW")).Ok()));
        (await host.PostAsync($"/v1/packages?{Shop}&namespace=acme")).IsInvalid();
        (await host.PostAsync($"/v1/packages?{Shop}&publish=allow")).IsInvalid();
        (await host.PostAsync("/v1/packages?domain=tools&repository=none")).Is(404, "ResourceNotFoundException").IsAbout("repository", "none");
    }

    [Fact]
    public async Task Describes_a_package_under_the_name_that_it_has()
    {
        await using var host = await StartAsync();
        var scoped = (await host.GetAsync($"/v1/package?{Shop}&format=npm&namespace=acme&package=core")).Ok();
        Assert.Equal(
            """{"package":{"format":"npm","namespace":"acme","name":"core","originConfiguration":{"restrictions":{"publish":"ALLOW","upstream":"BLOCK"}}}}""",
            scoped.Body.ToJsonString());
        var missing = (await host.GetAsync($"/v1/package?{Shop}&format=npm&package=core")).Is(404, "ResourceNotFoundException").IsAbout("package", "core");
        Assert.Contains("Package = PackageCoordinate{packageType=npm, packageName=core}", missing.Message, StringComparison.Ordinal);
        (await host.GetAsync($"/v1/package?{Shop}&format=npm")).IsInvalid();
        (await host.GetAsync($"/v1/package?{Shop}&format=cobol&package=core")).IsInvalid();
        (await host.GetAsync($"/v1/package?{Shop}&format=npm&package=a%2Fb")).IsInvalid();
    }

    [Fact]
    public async Task Deletes_a_package_and_says_so_for_each_version()
    {
        await using var host = await StartAsync();
        await host.PublishAsync("left", "2.0.0");
        var deleted = (await host.DeleteAsync($"/v1/package?{Shop}&format=npm&package=left")).Ok();
        Assert.Equal("""{"deletedPackage":{"format":"npm","package":"left","originConfiguration":{"restrictions":{"publish":"ALLOW","upstream":"BLOCK"}}}}""", deleted.Body.ToJsonString());
        (await host.DeleteAsync($"/v1/package?{Shop}&format=npm&package=left")).Is(404, "ResourceNotFoundException").IsAbout("package", "left");
        Assert.Equal(["1.0.0", "2.0.0"], (await host.ChangesAsync()).Where(c => c.Kind == ChangeKind.VersionDeleted).Select(c => c.Version!));
        Assert.Equal(4, Names((await host.PostAsync($"/v1/packages?{Shop}")).Ok()).Length);
    }

    private static async Task<ControlPlaneHost> StartAsync()
    {
        var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop", "other");
        foreach (var package in new[] { "left", "Right", "@acme/core", "@acme-labs/left" })
        {
            await host.PublishAsync(package, "1.0.0");
        }

        await host.PublishAsync("left-pad", "1.0.0", connection: "public:npmjs");
        await host.PublishAsync("elsewhere", "1.0.0", "other");
        return host;
    }

    private static string[] Names(Reply reply) =>
        [.. reply.Body["packages"]!.AsArray().Select(p => $"{p!["format"]}/{p["namespace"]}/{p["package"]}")];
}
