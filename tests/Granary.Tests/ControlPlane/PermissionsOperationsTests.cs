using System.Text.Json;
using Granary.Core.Access.Identities;
using Granary.Core.Events;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.ControlPlane;

public sealed class PermissionsOperationsTests
{
    private const string Domain = "/v1/domain/permissions/policy";
    private const string Repository = "/v1/repository/permissions/policy";
    private const string Shop = "domain=tools&domain-owner=111122223333&repository=shop";
    private const string Stranger = "arn:aws:iam::444455556666:user/admin";

    [Fact]
    public async Task Keeps_the_document_to_the_letter_and_gives_each_put_a_revision()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        const string Document = "{ \"Statement\" :\n\t[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":[\"444455556666\"]},\"Action\":\"codeartifact:List*\"}]}";
        var first = (await PutRepositoryAsync(host, Document)).Ok();
        Assert.Equal(Document, first.Text("policy", "document"));
        Assert.Equal("arn:aws:codeartifact:eu-central-1:111122223333:repository/tools/shop", first.Text("policy", "resourceArn"));
        var revision = first.Text("policy", "revision");
        Assert.Equal(44, revision.Length);
        Assert.Equal(first.Bytes, (await host.GetAsync($"{Repository}?{Shop}")).Ok().Bytes);

        (await PutRepositoryAsync(host, Document, "another")).Is(409, "ConflictException").IsAbout("repository", "shop");
        var second = (await PutRepositoryAsync(host, Document, revision)).Ok();
        Assert.NotEqual(revision, second.Text("policy", "revision"));
        (await PutRepositoryAsync(host, Document, revision)).Is(409, "ConflictException");

        (await host.DeleteAsync($"/v1/repository/permissions/policies?{Shop}&policy-revision={Uri.EscapeDataString(revision)}")).Is(409, "ConflictException");
        Assert.Equal(second.Bytes, (await host.DeleteAsync($"/v1/repository/permissions/policies?{Shop}")).Ok().Bytes);
        (await host.GetAsync($"{Repository}?{Shop}")).Is(404, "ResourceNotFoundException").IsAbout("repository", "shop");
        (await host.DeleteAsync($"/v1/repository/permissions/policies?{Shop}")).Is(404, "ResourceNotFoundException");
    }

    [Fact]
    public async Task Of_two_who_replace_one_revision_one_wins()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        for (var round = 0; round < 5; round++)
        {
            var revision = (await PutRepositoryAsync(host, Allow(Stranger, "codeartifact:ListPackages"))).Ok().Text("policy", "revision");
            var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => PutRepositoryAsync(host, Allow(Stranger, "codeartifact:ListPackages"), revision)));
            Assert.Single(replies, r => r.Status == 200);
            Assert.Equal(7, replies.Count(r => r.Status == 409));
        }
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("not a policy")]
    [InlineData("""{"Statement":[]}""")]
    [InlineData("""{"Statement":{"Effect":"Allow","Action":"codeartifact:*","Resource":"*"}}""")]
    [InlineData("""{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::ACCOUNT-B:root"},"Action":"codeartifact:*"}}""")]
    [InlineData("""{"Statement":{"Effect":"Allow","Principal":{"AWS":[]},"Action":"codeartifact:*"}}""")]
    [InlineData("""{"Statement":{"Effect":"Allow","Principal":"*","NotPrincipal":"*","Action":"codeartifact:*"}}""")]
    [InlineData("""{"Statement":{"Effect":"Allow","NotPrincipal":{"AWS":"444455556666"},"Action":"codeartifact:*"}}""")]
    [InlineData("""{"Statement":{"Effect":"Permit","Principal":"*","Action":"codeartifact:*"}}""")]
    [InlineData("""{"Statement":{"Effect":"Allow","Principal":"*","Action":"codeartifact:*","Colour":"red"}}""")]
    [InlineData("""{"Effect":"Allow","Principal":"*","Action":"codeartifact:*","Colour":"red"}""")]
    [InlineData("""{"Version":"2013-01-01","Statement":{"Effect":"Allow","Principal":"*","Action":"codeartifact:*"}}""")]
    public async Task Refuses_what_is_no_policy_and_keeps_the_one_that_was_there(string document)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        var before = (await PutRepositoryAsync(host, Allow(Stranger, "codeartifact:ListPackages"))).Ok();
        (await PutRepositoryAsync(host, document)).IsInvalid();
        (await PutDomainAsync(host, document)).IsInvalid();
        Assert.Equal(before.Bytes, (await host.GetAsync($"{Repository}?{Shop}")).Ok().Bytes);
        (await host.GetAsync($"{Domain}?domain=tools")).Is(404, "ResourceNotFoundException");
    }

    [Fact]
    public async Task Takes_at_most_7168_characters()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        var policy = Allow(Stranger, "codeartifact:ListPackages");
        (await PutRepositoryAsync(host, policy + new string(' ', 7168 - policy.Length))).Ok();
        (await PutRepositoryAsync(host, policy + new string(' ', 7169 - policy.Length))).IsInvalid();
    }

    [Fact]
    public async Task Lets_another_account_in_at_once_and_out_at_once()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop", "attic");
        (await ListAsync(host, "shop")).Is(403, "AccessDeniedException");
        (await PutRepositoryAsync(host, Allow(Stranger, "codeartifact:ListPackages"))).Ok();
        (await ListAsync(host, "shop")).Ok();
        (await ListAsync(host, "attic")).Is(403, "AccessDeniedException");
        (await host.DeleteAsync($"/v1/repository/permissions/policies?{Shop}")).Ok();
        (await ListAsync(host, "shop")).Is(403, "AccessDeniedException");
    }

    [Fact]
    public async Task A_domain_policy_has_a_say_in_its_repositories()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop", "attic");
        (await PutDomainAsync(host, Allow("444455556666", "codeartifact:ListPackages"))).Ok();
        (await ListAsync(host, "shop")).Ok();
        (await ListAsync(host, "attic")).Ok();

        // What denies outweighs, wherever it stands.
        (await PutRepositoryAsync(host, """{"Statement":{"Effect":"Deny","Principal":"*","Action":"codeartifact:ListPackages"}}""")).Ok();
        (await ListAsync(host, "shop")).Is(403, "AccessDeniedException");
        (await host.PostAsync($"/v1/packages?{Shop}")).Is(403, "AccessDeniedException");
        (await ListAsync(host, "attic")).Ok();
    }

    [Fact]
    public async Task Nobody_locks_themselves_out()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        const string Nothing = """{"Statement":{"Effect":"Deny","Principal":"*","Action":"*"}}""";
        (await PutRepositoryAsync(host, Nothing)).Ok();
        (await host.GetAsync($"{Repository}?{Shop}")).Is(403, "AccessDeniedException");
        (await PutRepositoryAsync(host, Allow(Stranger, "codeartifact:ListPackages"))).Ok();
        (await host.GetAsync($"{Repository}?{Shop}")).Ok();

        (await PutDomainAsync(host, Nothing)).Ok();
        (await host.GetAsync("/v1/domain?domain=tools")).Is(403, "AccessDeniedException");
        (await PutRepositoryAsync(host, Allow(Stranger, "codeartifact:ListPackages"))).Is(403, "AccessDeniedException");
        (await PutDomainAsync(host, Allow(Stranger, "codeartifact:ListPackages"))).Ok();
        (await host.GetAsync("/v1/domain?domain=tools")).Ok();
    }

    [Fact]
    public async Task A_policy_gives_nobody_the_right_to_replace_it()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        (await PutRepositoryAsync(host, Allow(Stranger, "codeartifact:*"))).Ok();
        (await PutRepositoryAsync(host, Allow(Stranger, "codeartifact:*"), key: ControlPlaneHost.StrangersKey)).Is(403, "AccessDeniedException");
        (await PutDomainAsync(host, Allow(Stranger, "codeartifact:*"))).Ok();
        (await PutDomainAsync(host, Allow(Stranger, "codeartifact:*"), key: ControlPlaneHost.StrangersKey)).Is(403, "AccessDeniedException");
        // The domain's word is enough for the repository's policy.
        (await PutRepositoryAsync(host, Allow(Stranger, "codeartifact:*"), key: ControlPlaneHost.StrangersKey)).Ok();
    }

    [Fact]
    public async Task The_account_that_created_a_repository_in_anothers_domain_needs_its_own_policies_alone()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools");
        (await PutDomainAsync(host, Allow(Stranger, "codeartifact:CreateRepository"))).Ok();
        (await host.CallAsync("POST", "/v1/repository?domain=tools&domain-owner=111122223333&repository=theirs", key: ControlPlaneHost.StrangersKey)).Ok();
        (await host.DeleteAsync($"{Domain}?domain=tools")).Ok();
        (await ListAsync(host, "theirs")).Ok();
        // So does the domain's owner.
        (await host.PostAsync("/v1/packages?domain=tools&repository=theirs")).Ok();
    }

    [Theory]
    [InlineData("domain")]
    [InlineData("repository")]
    public async Task Nothing_of_a_policy_is_left_for_what_is_made_anew_under_the_name(string kind)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        (await (kind == "domain" ? PutDomainAsync(host, Allow(Stranger, "codeartifact:ListPackages")) : PutRepositoryAsync(host, Allow(Stranger, "codeartifact:ListPackages")))).Ok();
        (await ListAsync(host, "shop")).Ok();
        (await host.DeleteAsync("/v1/repository?domain=tools&repository=shop")).Ok();
        if (kind == "domain")
        {
            (await host.DeleteAsync("/v1/domain?domain=tools")).Ok();
            (await host.PostAsync("/v1/domain?domain=tools")).Ok();
        }

        (await host.PostAsync("/v1/repository?domain=tools&repository=shop")).Ok();
        (await ListAsync(host, "shop")).Is(403, "AccessDeniedException");
        (await host.GetAsync(kind == "domain" ? $"{Domain}?domain=tools" : $"{Repository}?{Shop}")).Is(404, "ResourceNotFoundException");
    }

    [Fact]
    public async Task A_user_who_is_made_anew_under_the_name_has_not_the_grants_of_the_old_one()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        (await PutRepositoryAsync(host, Allow(Stranger, "codeartifact:ListPackages"))).Ok();
        (await ListAsync(host, "shop")).Ok();
        await host.Service<ChangeLog>().WriteAccountAsync(
            ControlPlaneHost.Stranger,
            "arn:test",
            async db =>
            {
                var old = await db.Identities.SingleAsync(i => i.AccountId == ControlPlaneHost.Stranger, CancellationToken.None);
                var key = await db.AccessKeys.SingleAsync(k => k.AccountId == ControlPlaneHost.Stranger, CancellationToken.None);
                db.Identities.Remove(old);
                await db.SaveChangesAsync(CancellationToken.None);
                var id = UniqueId.Of(IdentityKind.User);
                db.Identities.Add(new Identity { AccountId = old.AccountId, Id = id, Kind = old.Kind, Name = old.Name, NameKey = old.NameKey, Path = old.Path, CreatedAt = old.CreatedAt });
                db.PolicyAttachments.Add(new PolicyAttachment { AccountId = old.AccountId, IdentityId = id, PolicyArn = AwsPolicies.Administrator, AttachedAt = old.CreatedAt });
                db.AccessKeys.Remove(key);
                db.AccessKeys.Add(new Granary.Core.Access.AccessKey { Id = "AKIAEXAMPLE000000003", AccountId = old.AccountId, UserId = id, SealedSecret = host.Service<Granary.Server.Authentication.SecretSeal>().Seal(Authentication.TestSigner.Secret, "AKIAEXAMPLE000000003"), Active = true, CreatedAt = old.CreatedAt });
                return true;
            },
            TestContext.Current.CancellationToken);
        (await host.CallAsync("POST", $"/v1/packages?{Shop}", key: "AKIAEXAMPLE000000003")).Is(403, "AccessDeniedException");
        // Put again it means who has the name now.
        (await PutRepositoryAsync(host, Allow(Stranger, "codeartifact:ListPackages"))).Ok();
        (await host.CallAsync("POST", $"/v1/packages?{Shop}", key: "AKIAEXAMPLE000000003")).Ok();
    }

    [Fact]
    public async Task Takes_a_lone_statement()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        const string Statement = """{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::444455556666:root","arn:aws:iam::777788889999:root"]},"Action":"codeartifact:ListPackages"}""";
        Assert.Equal(Statement, (await PutRepositoryAsync(host, Statement)).Ok().Text("policy", "document"));
        (await ListAsync(host, "shop")).Ok();
    }

    private static Task<Reply> ListAsync(ControlPlaneHost host, string repository) =>
        host.CallAsync("POST", $"/v1/packages?domain=tools&domain-owner=111122223333&repository={repository}", key: ControlPlaneHost.StrangersKey);

    private static string Allow(string principal, string action) =>
        $$"""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"{{principal}}"},"Action":"{{action}}","Resource":"*"}]}""";

    private static Task<Reply> PutRepositoryAsync(ControlPlaneHost host, string document, string? revision = null, string key = Authentication.TestSigner.KeyId) =>
        host.CallAsync("PUT", $"{Repository}?{Shop}", Body(document, revision), key);

    private static Task<Reply> PutDomainAsync(ControlPlaneHost host, string document, string? revision = null, string key = Authentication.TestSigner.KeyId) =>
        host.CallAsync("PUT", Domain, Body(document, revision)[..^1] + ",\"domain\":\"tools\",\"domainOwner\":\"111122223333\"}", key);

    private static string Body(string document, string? revision) =>
        revision is null
            ? JsonSerializer.Serialize(new { policyDocument = document })
            : JsonSerializer.Serialize(new { policyDocument = document, policyRevision = revision });
}
