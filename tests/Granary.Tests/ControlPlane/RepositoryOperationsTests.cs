using Granary.Core;
using Granary.Core.Database;
using Granary.Core.Events;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Tests.ControlPlane;

public sealed class RepositoryOperationsTests
{
    [Fact]
    public async Task Creates_a_repository_with_upstreams_in_their_order_and_describes_it()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "store-b", "store-a");
        var created = (await host.PostAsync(
            "/v1/repository?domain=tools&domain-owner=111122223333&repository=My.Shop_1",
            """{"description":"Größe 😀","upstreams":[{"repositoryName":"store-b"},{"repositoryName":"store-a"}],"tags":[{"key":"k","value":""}]}""")).Ok();

        Assert.Equal("My.Shop_1", created.Text("repository", "name"));
        Assert.Equal("111122223333", created.Text("repository", "administratorAccount"));
        Assert.Equal("tools", created.Text("repository", "domainName"));
        Assert.Equal("111122223333", created.Text("repository", "domainOwner"));
        Assert.Equal("arn:aws:codeartifact:eu-central-1:111122223333:repository/tools/My.Shop_1", created.Text("repository", "arn"));
        Assert.Equal("Größe 😀", created.Text("repository", "description"));
        Assert.Equal("""[{"repositoryName":"store-b"},{"repositoryName":"store-a"}]""", created.At("repository", "upstreams")!.ToJsonString());
        Assert.Equal("[]", created.At("repository", "externalConnections")!.ToJsonString());
        Assert.Equal(1767323045.0, (double)created.At("repository", "createdTime")!);

        var described = (await host.GetAsync("/v1/repository?domain=tools&repository=My.Shop_1")).Ok();
        Assert.Equal(created.Body.ToJsonString(), described.Body.ToJsonString());
        var bare = (await host.GetAsync("/v1/repository?domain=tools&repository=store-a")).Ok();
        Assert.Null(bare.At("repository", "description"));
        Assert.Equal("[]", bare.At("repository", "upstreams")!.ToJsonString());
    }

    [Fact]
    public async Task Tells_a_missing_domain_from_a_missing_repository()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync();
        (await host.PostAsync("/v1/repository?domain=none&repository=shop")).Is(404, "ResourceNotFoundException").IsAbout("domain", "none");
        (await host.GetAsync("/v1/repository?domain=none&repository=shop")).Is(404, "ResourceNotFoundException").IsAbout("domain", "none");
        (await host.GetAsync("/v1/repository?domain=tools&repository=shop")).Is(404, "ResourceNotFoundException").IsAbout("repository", "shop");
        (await host.PutAsync("/v1/repository?domain=tools&repository=shop", "{}")).Is(404, "ResourceNotFoundException").IsAbout("repository", "shop");
        (await host.DeleteAsync("/v1/repository?domain=none&repository=shop")).Is(404, "ResourceNotFoundException").IsAbout("domain", "none");
        Assert.Equal("{}", (await host.DeleteAsync("/v1/repository?domain=tools&repository=shop")).Ok().Body.ToJsonString());
    }

    [Fact]
    public async Task Refuses_duplicates_missing_upstreams_and_more_than_the_quotas()
    {
        await using var host = await ControlPlaneHost.StartAsync(services => services.AddSingleton(new Quotas { RepositoriesPerDomain = 3, UpstreamsPerRepository = 1 }));
        await host.CreateDomainAsync("tools", "aa", "bb");
        (await host.PostAsync("/v1/repository?domain=tools&repository=aa")).Is(409, "ConflictException").IsAbout("repository", "aa");
        (await host.PostAsync("/v1/repository?domain=tools&repository=cc", Upstreams("none"))).Is(404, "ResourceNotFoundException").IsAbout("repository", "none");
        (await host.PostAsync("/v1/repository?domain=tools&repository=cc", Upstreams("aa", "bb"))).Is(402, "ServiceQuotaExceededException").IsAbout("repository", "cc");
        (await host.PostAsync("/v1/repository?domain=tools&repository=cc", Upstreams("cc"))).IsInvalid("OTHER");
        (await host.PostAsync("/v1/repository?domain=tools&repository=cc", Upstreams("aa"))).Ok();
        (await host.PostAsync("/v1/repository?domain=tools&repository=dd")).Is(402, "ServiceQuotaExceededException").IsAbout("repository", "dd");
    }

    [Fact]
    public async Task Updates_only_what_is_given_and_never_into_a_cycle()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "aa", "bb", "cc");
        (await host.PutAsync("/v1/repository?domain=tools&repository=bb", Upstreams("aa"))).Ok();
        (await host.PutAsync("/v1/repository?domain=tools&repository=cc", """{"description":"third","upstreams":[{"repositoryName":"bb"},{"repositoryName":"aa"}]}""")).Ok();

        (await host.PutAsync("/v1/repository?domain=tools&repository=aa", Upstreams("aa"))).IsInvalid("OTHER");
        (await host.PutAsync("/v1/repository?domain=tools&repository=aa", Upstreams("cc"))).IsInvalid("OTHER");
        (await host.PutAsync("/v1/repository?domain=tools&repository=cc", Upstreams("aa", "aa"))).IsInvalid("OTHER");
        Assert.Equal("[]", (await host.GetAsync("/v1/repository?domain=tools&repository=aa")).Ok().At("repository", "upstreams")!.ToJsonString());

        var same = (await host.PutAsync("/v1/repository?domain=tools&repository=cc", "")).Ok();
        Assert.Equal("third", same.Text("repository", "description"));
        Assert.Equal(["bb", "aa"], same.At("repository", "upstreams")!.AsArray().Select(u => (string)u!["repositoryName"]!));
        var cleared = (await host.PutAsync("/v1/repository?domain=tools&repository=cc", """{"description":"","upstreams":[]}""")).Ok();
        Assert.Equal("", cleared.Text("repository", "description"));
        Assert.Equal("[]", cleared.At("repository", "upstreams")!.ToJsonString());
        (await host.PutAsync("/v1/repository?domain=tools&repository=aa", Upstreams("cc"))).Ok();
    }

    [Fact]
    public async Task Deletes_a_repository_with_all_that_is_in_it_and_nothing_else()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop", "other", "below");
        (await host.PutAsync("/v1/repository?domain=tools&repository=below", Upstreams("shop", "other"))).Ok();
        (await host.PostAsync($"/v1/tag?resourceArn={Uri.EscapeDataString("arn:aws:codeartifact:eu-central-1:111122223333:repository/tools/shop")}", """{"tags":[{"key":"k","value":"v"}]}""")).Ok();
        for (var i = 0; i < 5; i++)
        {
            await host.PublishAsync("@scope/left", $"1.0.{i}", readme: "read me");
            await host.PublishAsync("right", $"1.0.{i}", "other", readme: "read me");
        }

        var before = (await host.ChangesAsync()).Max(c => c.Sequence);
        Assert.Equal("shop", (await host.DeleteAsync("/v1/repository?domain=tools&repository=shop")).Ok().Text("repository", "name"));

        await using var db = host.Service<GranaryDatabase>().Open();
        Assert.Equal(1, await db.Packages.CountAsync(TestContext.Current.CancellationToken));
        Assert.Equal(5, await db.PackageVersions.CountAsync(TestContext.Current.CancellationToken));
        Assert.Equal(5, await db.VersionAssets.CountAsync(TestContext.Current.CancellationToken));
        Assert.Equal(5, await db.VersionReadmes.CountAsync(TestContext.Current.CancellationToken));
        Assert.Equal(0, await db.ResourceTags.CountAsync(TestContext.Current.CancellationToken));
        var changes = (await host.ChangesAsync()).Where(c => c.Sequence > before).ToList();
        Assert.Equal(Enumerable.Range(0, 5).Select(i => $"1.0.{i}"), changes.Where(c => c.Kind == ChangeKind.VersionDeleted).Select(c => c.Version));
        Assert.All(changes.SkipLast(1), c => Assert.Equal(
            ("shop", "npm", "scope", "left", 1, true, Granary.Core.Packages.PackageVersionStatus.Deleted),
            (c.Repository, c.Format, c.Namespace, c.Package, c.AssetsRemoved, c.StatusChanged, c.Status)));
        Assert.Equal(ChangeKind.RepositoryDeleted, changes[^1].Kind);
        Assert.Equal(Enumerable.Range(1, 6).Select(i => before + i), changes.Select(c => c.Sequence));

        Assert.Equal(["other"], (await host.GetAsync("/v1/repository?domain=tools&repository=below")).Ok().At("repository", "upstreams")!.AsArray().Select(u => (string)u!["repositoryName"]!));
        (await host.PostAsync("/v1/repository?domain=tools&repository=shop")).Ok();
        Assert.Equal("[]", (await host.PostAsync("/v1/packages?domain=tools&repository=shop")).Ok().Body["packages"]!.ToJsonString());
        await host.PublishAsync("@scope/left", "1.0.0");
    }

    [Fact]
    public async Task Lists_by_administrator_and_by_prefix_with_case()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop-a", "Shop-b", "shop-c", "other");
        await host.CreateDomainAsync("more", "shop-z", "aa");
        (await host.CallAsync("POST", "/v1/domain?domain=theirs", key: ControlPlaneHost.StrangersKey)).Ok();
        (await host.CallAsync("POST", "/v1/repository?domain=theirs&repository=shop-t", key: ControlPlaneHost.StrangersKey)).Ok();

        var mine = (await host.PostAsync("/v1/repositories")).Ok();
        Assert.Equal(6, mine.Body["repositories"]!.AsArray().Count);
        Assert.Equal(["tools", "tools", "tools", "tools", "more", "more"], mine.Each("repositories", "domainName"));
        Assert.Equal(["shop-a", "shop-c", "shop-z"], (await host.PostAsync("/v1/repositories?repository-prefix=shop")).Ok().Each("repositories", "name"));
        Assert.Equal(["shop-a", "shop-c"], (await host.PostAsync("/v1/domain/repositories?domain=tools&repository-prefix=shop")).Ok().Each("repositories", "name"));
        Assert.Equal(4, (await host.PostAsync("/v1/domain/repositories?domain=tools&administrator-account=111122223333")).Ok().Body["repositories"]!.AsArray().Count);
        var none = (await host.PostAsync("/v1/domain/repositories?domain=tools&administrator-account=444455556666")).Ok();
        Assert.Equal("""{"repositories":[]}""", none.Body.ToJsonString());
        (await host.PostAsync("/v1/domain/repositories?domain=none")).Is(404, "ResourceNotFoundException").IsAbout("domain", "none");
    }

    [Fact]
    public async Task Answers_the_endpoint_under_the_address_that_was_asked()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        var expected = $"{host.Address.GetLeftPart(UriPartial.Authority)}/npm/d/tools-111122223333/shop/";
        foreach (var type in new[] { "", "&endpointType=ipv4", "&endpointType=dualstack" })
        {
            Assert.Equal(expected, (await host.GetAsync($"/v1/repository/endpoint?domain=tools&repository=shop&format=npm{type}")).Ok().Text("repositoryEndpoint"));
        }

        (await host.GetAsync("/v1/repository/endpoint?domain=tools&repository=shop&format=npm&endpointType=ipv6")).IsInvalid();
        (await host.GetAsync("/v1/repository/endpoint?domain=tools&repository=shop&format=NPM")).IsInvalid();
        (await host.GetAsync("/v1/repository/endpoint?domain=tools&repository=shop")).IsInvalid();
        (await host.GetAsync("/v1/repository/endpoint?domain=tools&repository=none&format=npm")).Is(404, "ResourceNotFoundException");
    }

    [Fact]
    public async Task Builds_no_address_from_a_host_that_is_not_the_servers()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        var request = host.Request("GET", "/v1/repository/endpoint?domain=tools&repository=shop&format=npm").Replacing("Host", "evil.example");
        (await host.SendAsync(request.With(("X-Forwarded-Host", "localhost")).Signed())).IsInvalid("OTHER");
        var local = host.Request("GET", request.Target).Replacing("Host", "tools.localhost:81");
        Assert.StartsWith("http://tools.localhost:81/npm/", (await host.SendAsync(local.Signed())).Ok().Text("repositoryEndpoint"), StringComparison.Ordinal);
    }

    private static string Upstreams(params string[] names) =>
        $$"""{"upstreams":[{{string.Join(',', names.Select(n => $$"""{"repositoryName":"{{n}}"}"""))}}]}""";
}
