using System.Text.Json.Nodes;
using Granary.Core;
using Granary.Core.Events;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Tests.ControlPlane;

public sealed class DomainOperationsTests
{
    private const string Arn = "arn:aws:codeartifact:eu-central-1:111122223333:domain/tools";

    [Fact]
    public async Task Creates_a_domain_and_describes_it_with_what_it_holds()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var created = (await host.PostAsync("/v1/domain?domain=tools", """{"tags":[{"key":"team","value":"a b"}]}""")).Ok();

        Assert.Equal("tools", created.Text("domain", "name"));
        Assert.Equal("111122223333", created.Text("domain", "owner"));
        Assert.Equal(Arn, created.Text("domain", "arn"));
        Assert.Equal("Active", created.Text("domain", "status"));
        Assert.Equal(1767323045.0, (double)created.At("domain", "createdTime")!);
        Assert.Matches("^arn:aws:kms:eu-central-1:111122223333:key/[0-9a-f-]{36}$", created.Text("domain", "encryptionKey"));
        Assert.Equal(0, (int)created.At("domain", "repositoryCount")!);
        Assert.Equal(0, (long)created.At("domain", "assetSizeBytes")!);

        (await host.PostAsync("/v1/repository?domain=tools&repository=shop")).Ok();
        (await host.PostAsync("/v1/repository?domain=tools&repository=other")).Ok();
        await host.PublishAsync("left", "1.0.0", content: "12345");
        await host.PublishAsync("left", "2.0.0", content: "12345");
        await host.PublishAsync("right", "1.0.0", "other", content: "1234567");
        var described = (await host.GetAsync("/v1/domain?domain=tools&domain-owner=111122223333")).Ok();

        Assert.Equal(created.Text("domain", "encryptionKey"), described.Text("domain", "encryptionKey"));
        Assert.Equal(2, (int)described.At("domain", "repositoryCount")!);
        Assert.Equal(12, (long)described.At("domain", "assetSizeBytes")!);
        Assert.Matches("^arn:aws:s3:::assets-[0-9]{12}-eu-central-1$", described.Text("domain", "s3BucketArn"));
        Assert.Equal("a b", (string)(await host.PostAsync($"/v1/tags?resourceArn={Uri.EscapeDataString(Arn)}")).Ok().Body["tags"]![0]!["value"]!);
        Assert.Equal(ChangeKind.DomainCreated, (await host.ChangesAsync())[0].Kind);
    }

    [Fact]
    public async Task Refuses_a_name_that_the_account_has_and_gives_it_to_another_account()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync();
        (await host.PostAsync("/v1/domain?domain=tools")).Is(409, "ConflictException").IsAbout("domain", "tools");
        var other = (await host.CallAsync("POST", "/v1/domain?domain=tools", key: ControlPlaneHost.StrangersKey)).Ok();
        Assert.Equal(ControlPlaneHost.Stranger, other.Text("domain", "owner"));
    }

    [Fact]
    public async Task Refuses_a_key_that_the_account_does_not_have()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        (await host.PostAsync("/v1/domain?domain=tools", """{"encryptionKey":"alias/mine"}""")).IsInvalid("ENCRYPTION_KEY_ERROR");
        (await host.GetAsync("/v1/domain?domain=tools")).Is(404, "ResourceNotFoundException");
    }

    [Fact]
    public async Task Holds_the_quota_of_domains_whoever_comes_at_once()
    {
        await using var host = await ControlPlaneHost.StartAsync(services => services.AddSingleton(new Quotas { DomainsPerAccount = 3 }));
        var replies = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => host.PostAsync($"/v1/domain?domain=tools-{i}")));
        Assert.Equal(3, replies.Count(r => r.Status == 200));
        Assert.All(replies.Where(r => r.Status != 200), r => Assert.Contains("Quotas:DomainsPerAccount", r.Is(402, "ServiceQuotaExceededException").Message, StringComparison.Ordinal));
        (await host.CallAsync("POST", "/v1/domain?domain=mine", key: ControlPlaneHost.StrangersKey)).Ok();
    }

    [Fact]
    public async Task Lets_one_of_many_creations_of_one_name_win()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => host.PostAsync("/v1/domain?domain=tools")));
        Assert.Single(replies, r => r.Status == 200);
        Assert.All(replies.Where(r => r.Status != 200), r => r.Is(409, "ConflictException"));
    }

    [Fact]
    public async Task Lists_only_the_callers_own_domains_with_parameters_in_the_body()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        foreach (var domain in new[] { "cc", "aa", "bb" })
        {
            await host.CreateDomainAsync(domain);
        }

        (await host.CallAsync("POST", "/v1/domain?domain=theirs", key: ControlPlaneHost.StrangersKey)).Ok();
        var all = (await host.PostAsync("/v1/domains")).Ok();
        Assert.Equal(["aa", "bb", "cc"], all.Each("domains", "name"));
        Assert.Null(all.At("nextToken"));
        Assert.Null(all.Body["domains"]![0]!["repositoryCount"]);
        Assert.Equal("Active", (string)all.Body["domains"]![0]!["status"]!);

        var first = (await host.PostAsync("/v1/domains", """{"maxResults":2}""")).Ok();
        Assert.Equal(["aa", "bb"], first.Each("domains", "name"));
        var second = (await host.PostAsync("/v1/domains", new JsonObject { ["maxResults"] = 2, ["nextToken"] = first.Text("nextToken") }.ToJsonString())).Ok();
        Assert.Equal(["cc"], second.Each("domains", "name"));
        Assert.Null(second.At("nextToken"));
        (await host.PostAsync("/v1/domains", """{"maxResults":0}""")).IsInvalid();
        (await host.PostAsync("/v1/domains", """{"maxResults":1001}""")).IsInvalid();
        (await host.PostAsync("/v1/domains", """{"maxResults":"5"}""")).IsInvalid("CANNOT_PARSE");
    }

    [Fact]
    public async Task Deletes_an_empty_domain_at_once_and_frees_its_name()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        await host.GetAsync("/v1/domain?domain=tools");
        var refused = (await host.DeleteAsync("/v1/domain?domain=tools")).Is(409, "ConflictException").IsAbout("domain", "tools");
        Assert.Equal("Domain must contain 0 repositories before deletion", refused.Message);

        (await host.DeleteAsync("/v1/repository?domain=tools&repository=shop")).Ok();
        Assert.Equal("tools", (await host.DeleteAsync("/v1/domain?domain=tools")).Ok().Text("domain", "name"));
        var gone = (await host.GetAsync("/v1/domain?domain=tools")).Is(404, "ResourceNotFoundException").IsAbout("domain", "tools");
        Assert.Equal("Domain not found. Domain 'tools' owned by account '111122223333' does not exist", gone.Message);
        Assert.Null((await host.DeleteAsync("/v1/domain?domain=tools")).Ok().At("domain"));

        await host.CreateDomainAsync("tools", "shop");
        Assert.Equal(1, (int)(await host.GetAsync("/v1/domain?domain=tools")).Ok().At("domain", "repositoryCount")!);
    }
}
