using Granary.ClientTests.Harness;

namespace Granary.ClientTests.ControlPlane;

public sealed class DomainTests(SharedServer shared)
{
    [Fact]
    public async Task A_domain_is_created_described_listed_and_deleted()
    {
        var name = SharedServer.Fresh("domain");

        var created = (await shared.Aws.RunAsync("create-domain", "--domain", name, "--tags", "key=team,value=red"))["domain"]!;
        var described = (await shared.Aws.RunAsync("describe-domain", "--domain", name, "--domain-owner", GranaryServer.Account))["domain"]!;
        var listed = (await shared.Aws.RunAsync("list-domains"))["domains"]!.AsArray();

        Assert.Equal($"arn:aws:codeartifact:us-east-1:{GranaryServer.Account}:domain/{name}", created["arn"]!.GetValue<string>());
        Assert.Equal("Active", described["status"]!.GetValue<string>());
        Assert.Equal(GranaryServer.Account, described["owner"]!.GetValue<string>());
        Assert.Equal(0, described["repositoryCount"]!.GetValue<int>());
        Assert.Contains(listed, domain => domain!["name"]!.GetValue<string>() == name);
        await shared.Aws.RefusedAsync("ConflictException", "create-domain", "--domain", name);

        await shared.Aws.RunAsync("delete-domain", "--domain", name);

        await shared.Aws.RefusedAsync("ResourceNotFoundException", "describe-domain", "--domain", name);
    }

    [Fact]
    public async Task A_domain_with_a_repository_is_not_deleted()
    {
        var refusal = await shared.Aws.RefusedAsync("ConflictException", "delete-domain", "--domain", GranaryServer.Domain);

        Assert.Contains("Domain must contain 0 repositories before deletion", refusal.Everything, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Domains_keep_their_packages_apart()
    {
        var domain = SharedServer.Fresh("apart");
        await shared.Aws.RunAsync("create-domain", "--domain", domain);
        await shared.Aws.RunAsync("create-repository", "--domain", domain, "--repository", GranaryServer.Repository);
        var name = SharedServer.Fresh("mine");
        await shared.PublishAsync(new PublishDocument(name, "1.0.0"));
        var token = await shared.Aws.TokenAsync(domain);

        using var there = shared.Server.Request(HttpMethod.Get, name, token, shared.Server.Npm(domain: domain));
        (await shared.SendAsync(there)).Must(System.Net.HttpStatusCode.NotFound);
        using var crossed = shared.Server.Request(HttpMethod.Get, name, token);

        // A token is for the domain that it was asked for.
        Assert.True((await shared.SendAsync(crossed)).IsRefusal);
    }

    [Fact]
    public async Task Tags_are_added_listed_and_removed()
    {
        var name = SharedServer.Fresh("tags");
        var arn = (await shared.Aws.RunAsync("create-domain", "--domain", name))["domain"]!["arn"]!.GetValue<string>();

        await shared.Aws.RunAsync("tag-resource", "--resource-arn", arn, "--tags", "key=a,value=1", "key=b,value=2");
        await shared.Aws.RunAsync("untag-resource", "--resource-arn", arn, "--tag-keys", "a");
        var tags = (await shared.Aws.RunAsync("list-tags-for-resource", "--resource-arn", arn))["tags"]!.AsArray();

        Assert.Equal("b", Assert.Single(tags)!["key"]!.GetValue<string>());
    }

    [Fact]
    public async Task Domains_come_in_pages()
    {
        var prefix = SharedServer.Fresh("paged");
        for (var i = 0; i < 3; i++)
        {
            await shared.Aws.RunAsync("create-domain", "--domain", $"{prefix}-{i}");
        }

        var names = new List<string>();
        string[] more = [];
        do
        {
            var page = await shared.Aws.RunAsync(["list-domains", "--no-paginate", "--max-results", "2", .. more]);
            Assert.True(page["domains"]!.AsArray().Count <= 2);
            names.AddRange(page["domains"]!.AsArray().Select(domain => domain!["name"]!.GetValue<string>()));
            more = page["nextToken"] is { } token ? ["--next-token", token.GetValue<string>()] : [];
        }
        while (more.Length > 0 && names.Count < 200);

        Assert.Equal(names.Count, names.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(3, names.Count(name => name.StartsWith(prefix, StringComparison.Ordinal)));
        await shared.Aws.RefusedAsync("ValidationException", "list-domains", "--no-paginate", "--next-token", "bm90IG91cnM");
    }
}
