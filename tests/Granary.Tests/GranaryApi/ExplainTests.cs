using Granary.Core;
using Granary.Core.Domains;
using Granary.Core.Events;
using Granary.Core.Groups;
using Granary.Tests.ControlPlane;

namespace Granary.Tests.GranaryApi;

/// <summary>shop → store: what somebody is told about a version, for each thing that can become of it.</summary>
public sealed class ExplainTests : IAsyncLifetime
{
    private const string UserKey = "AKIAEXAMPLE00000USER";
    private const string Read = """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"codeartifact:Describe*","Resource":"*"}]}""";

    private ControlPlaneHost host = null!;

    public async ValueTask InitializeAsync()
    {
        host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "store");
        (await host.PostAsync("/v1/repository?domain=tools&repository=shop", """{"upstreams":[{"repositoryName":"store"}]}""")).Ok();
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task What_an_upstream_has_is_visible_and_said_to_be_kept()
    {
        await host.PublishAsync("left", "1.0.0", "store");

        var reply = await ExplainAsync();

        Assert.Equal("VISIBLE", reply.Text("outcome"));
        Assert.Equal("Version 1.0.0 is served from repository store. A download keeps it in shop as well.", reply.Text("summary"));
        Assert.Equal(["PERMISSION", "PACKAGE_GROUP", "ORIGIN_CONTROLS", "REPOSITORY", "REPOSITORY"], reply.Each("steps", "topic"));
        Assert.Equal(["ALLOWED", "STRONG", "NONE", "ABSENT", "Published"], reply.Each("steps", "finding"));
    }

    [Theory]
    [InlineData("Unlisted", "UNLISTED")]
    [InlineData("Archived", "HIDDEN")]
    public async Task The_nearest_status_decides(string status, string outcome)
    {
        await host.PublishAsync("left", "1.0.0", "store");
        await host.PublishAsync("left", "1.0.0", "shop", connection: "public:npmjs");
        (await host.PostAsync("/v1/package/versions/update_status?domain=tools&repository=shop&format=npm&package=left", $$"""{"versions":["1.0.0"],"targetStatus":"{{status}}"}""")).Ok();

        var reply = await ExplainAsync();

        Assert.Equal(outcome, reply.Text("outcome"));
        Assert.Contains("in repository shop", reply.Text("summary"), StringComparison.Ordinal);
        Assert.DoesNotContain("store", reply.Each("steps", "subject"));
    }

    [Fact]
    public async Task A_package_that_blocks_its_upstreams_is_named()
    {
        await host.PublishAsync("left", "1.0.0", "store");
        await host.PublishAsync("left", "2.0.0", "shop");

        var reply = await ExplainAsync();

        Assert.Equal("BLOCKED", reply.Text("outcome"));
        Assert.Contains("origin controls in shop have upstream = BLOCK", reply.Text("summary"), StringComparison.Ordinal);
        Assert.Equal("PACKAGE_BLOCKS_UPSTREAM", reply.Each("steps", "finding")[^1]);
    }

    [Fact]
    public async Task A_group_that_blocks_the_way_is_named()
    {
        await host.PublishAsync("left", "1.0.0", "store");
        await BlockAsync("/npm/*", OriginRestriction.InternalUpstream);

        var reply = await ExplainAsync();

        Assert.Equal("BLOCKED", reply.Text("outcome"));
        Assert.Contains("its package group /npm/* has INTERNAL_UPSTREAM = BLOCK", reply.Text("summary"), StringComparison.Ordinal);
        Assert.Equal("GROUP_BLOCKS_INTERNAL_UPSTREAM", reply.Each("steps", "finding")[^1]);
    }

    [Fact]
    public async Task A_variation_of_a_group_s_name_is_told_from_it()
    {
        await host.PublishAsync("left_pad", "1.0.0", "store");
        await BlockAsync("/npm//left-pad$", OriginRestriction.Publish);

        var reply = await ExplainAsync(package: "left_pad");

        Assert.Equal(("BLOCKED", "WEAK"), (reply.Text("outcome"), reply.Each("steps", "finding")[1]));
        Assert.Contains("a variation of the package group /npm//left-pad$", reply.Text("summary"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_nobody_has_is_not_found()
    {
        await host.PublishAsync("left", "1.0.0", "store");

        Assert.Equal("NOT_FOUND", (await ExplainAsync(version: "9.0.0")).Text("outcome"));
        Assert.Equal("NOT_FOUND", (await ExplainAsync(package: "right")).Text("outcome"));
    }

    [Fact]
    public async Task A_source_without_an_address_leaves_it_unknown()
    {
        (await host.PostAsync("/v1/repository/external-connection?domain=tools&repository=store&external-connection=public:maven-clojars")).Ok();

        var reply = await ExplainAsync(package: "left&namespace=g", format: "maven");

        Assert.Equal("UNKNOWN", reply.Text("outcome"));
        Assert.Contains("knows no address for public:maven-clojars", reply.Text("summary"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_principal_s_permission_is_told_with_the_policies_that_decide()
    {
        await host.PublishAsync("left", "1.0.0", "shop");
        var user = await host.AddUserAsync(ControlPlaneHost.Owner, "ann", UserKey);
        var ann = $"arn:aws:iam::{ControlPlaneHost.Owner}:user/ann";

        var nothing = await ExplainAsync(more: $"&principal={ann}");
        Assert.Equal("DENIED", nothing.Text("outcome"));
        Assert.Contains("no policy allows codeartifact:ReadFromRepository", nothing.Text("summary"), StringComparison.Ordinal);
        Assert.Contains("Version 1.0.0 is served from repository shop", nothing.Text("summary"), StringComparison.Ordinal);

        await host.SetPolicyAsync(ControlPlaneHost.Owner, user, """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"codeartifact:Read*","Resource":"*"}]}""");
        var denied = await ExplainAsync(more: $"&principal={ann}");
        Assert.Contains("a policy denies codeartifact:ReadFromRepository (policy ", denied.Text("summary"), StringComparison.Ordinal);

        await host.SetPolicyAsync(ControlPlaneHost.Owner, user, """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"codeartifact:*","Resource":"*"}]}""");
        Assert.Equal("VISIBLE", (await ExplainAsync(more: $"&principal={ann}")).Text("outcome"));
    }

    [Fact]
    public async Task To_ask_for_another_needs_the_right_to_simulate_them()
    {
        await host.PublishAsync("left", "1.0.0", "shop");
        var user = await host.AddUserAsync(ControlPlaneHost.Owner, "ann", UserKey);
        await host.SetPolicyAsync(ControlPlaneHost.Owner, user, Read);
        var admin = $"arn:aws:iam::{ControlPlaneHost.Owner}:user/admin";

        Assert.Equal("DENIED", (await ExplainAsync(key: UserKey)).Text("outcome"));
        Assert.Contains("iam:SimulatePrincipalPolicy", (await CallAsync(more: $"&principal={admin}", key: UserKey)).Is(403, "AccessDeniedException").Message, StringComparison.Ordinal);
        (await CallAsync(more: "&principal=ann")).IsInvalid();
        (await CallAsync(more: $"&principal=arn:aws:iam::{ControlPlaneHost.Owner}:user/nobody")).Is(404, "ResourceNotFoundException");
    }

    [Theory]
    [InlineData("domain")]
    [InlineData("repository")]
    [InlineData("format")]
    [InlineData("package")]
    [InlineData("version")]
    public async Task What_is_required_is_missed_by_name(string parameter)
    {
        var query = string.Join('&', "domain=tools&repository=shop&format=npm&package=left&version=1.0.0".Split('&').Where(p => !p.StartsWith(parameter, StringComparison.Ordinal)));

        Assert.Contains($"'{parameter}'", (await host.GetAsync($"/granary/v1/explain?{query}")).IsInvalid().Message, StringComparison.Ordinal);
    }

    private async Task<Reply> ExplainAsync(string package = "left", string version = "1.0.0", string format = "npm", string more = "", string? key = null) =>
        (await CallAsync(package, version, format, more, key)).Ok();

    private Task<Reply> CallAsync(string package = "left", string version = "1.0.0", string format = "npm", string more = "", string? key = null)
    {
        var target = $"/granary/v1/explain?domain=tools&repository=shop&format={format}&package={package}&version={version}{more}";
        return key is null ? host.GetAsync(target) : host.CallAsync("GET", target, key: key);
    }

    private async Task BlockAsync(string pattern, OriginRestriction restriction)
    {
        var groups = new PackageGroupStore(host.Service<ChangeLog>(), host.Service<Quotas>());
        var (domain, _) = await host.FindAsync("tools", "shop");
        await groups.CreateAsync(domain, new(PackageGroupPattern.Parse(pattern), null, null, new Dictionary<string, string>()), "arn:test", default);
        var group = (await host.Service<DomainDirectory>().FindAsync(ControlPlaneHost.Owner, "tools", default))!.Groups.Find(pattern)!.Group;
        await groups.ConfigureAsync(domain, group, new(new Dictionary<OriginRestriction, RestrictionMode> { [restriction] = RestrictionMode.Block }, [], []), "arn:test", default);
    }
}
