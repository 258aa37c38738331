using System.Text.Json.Nodes;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Access;

public sealed class IamTests(SharedServer shared)
{
    private const string Trust = """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}""";
    private const string Readers = """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"codeartifact:List*","Resource":"*"}]}""";

    private AwsCli Iam => shared.Aws.Of("iam");

    [Fact]
    public async Task A_user_may_what_is_attached_and_nothing_when_it_is_detached()
    {
        var (user, policy) = (SharedServer.Fresh("user"), SharedServer.Fresh("policy"));
        await Iam.RunAsync("create-user", "--user-name", user, "--tags", "Key=team,Value=red");
        var bob = await KeyAsync(user);
        await bob.RefusedAsync("AccessDeniedException", "list-domains");

        var arn = Text(await Iam.RunAsync("create-policy", "--policy-name", policy, "--policy-document", Readers), "Policy", "Arn");
        await Iam.RunAsync("attach-user-policy", "--user-name", user, "--policy-arn", arn);
        await bob.RunAsync("list-domains");
        await bob.RefusedAsync("AccessDeniedException", "describe-domain", "--domain", GranaryServer.Domain);
        await bob.Of("iam").RefusedAsync("AccessDenied", "list-users");

        await Iam.RefusedAsync("DeleteConflict", "delete-policy", "--policy-arn", arn);
        await Iam.RunAsync("detach-user-policy", "--user-name", user, "--policy-arn", arn);
        await bob.RefusedAsync("AccessDeniedException", "list-domains");
        await Iam.RunAsync("delete-policy", "--policy-arn", arn);
        await Iam.RefusedAsync("NoSuchEntity", "get-policy", "--policy-arn", arn);
    }

    [Fact]
    public async Task A_key_is_shown_once_and_is_good_until_it_is_inactive_or_gone()
    {
        var user = SharedServer.Fresh("user");
        await Iam.RunAsync("create-user", "--user-name", user);
        await Iam.RunAsync("attach-user-policy", "--user-name", user, "--policy-arn", "arn:aws:iam::aws:policy/AWSCodeArtifactAdminAccess");
        var bob = await KeyAsync(user);
        var key = bob.Extra["AWS_ACCESS_KEY_ID"];
        await bob.RunAsync("get-authorization-token", "--domain", GranaryServer.Domain);
        await Iam.RunAsync("update-access-key", "--user-name", user, "--access-key-id", key, "--status", "Inactive");
        await bob.RefusedAsync("UnrecognizedClientException", "list-domains");
        await Iam.RunAsync("update-access-key", "--user-name", user, "--access-key-id", key, "--status", "Active");
        await bob.RunAsync("list-domains");
        Assert.Equal("codeartifact", Text(await Iam.RunAsync("get-access-key-last-used", "--access-key-id", key), "AccessKeyLastUsed", "ServiceName"));
        await Iam.RunAsync("create-access-key", "--user-name", user);
        await Iam.RefusedAsync("LimitExceeded", "create-access-key", "--user-name", user);
        await Iam.RefusedAsync("DeleteConflict", "delete-user", "--user-name", user);

        foreach (var metadata in (await Iam.RunAsync("list-access-keys", "--user-name", user))["AccessKeyMetadata"]!.AsArray())
        {
            await Iam.RunAsync("delete-access-key", "--user-name", user, "--access-key-id", Text(metadata!, "AccessKeyId"));
        }

        await Iam.RunAsync("detach-user-policy", "--user-name", user, "--policy-arn", "arn:aws:iam::aws:policy/AWSCodeArtifactAdminAccess");
        await Iam.RunAsync("delete-user", "--user-name", user);
        await bob.RefusedAsync("UnrecognizedClientException", "list-domains");
        Assert.DoesNotContain(bob.Extra["AWS_SECRET_ACCESS_KEY"], shared.Server.ReadLog(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_group_gives_its_policies_to_its_users()
    {
        var (user, group) = (SharedServer.Fresh("user"), SharedServer.Fresh("group"));
        await Iam.RunAsync("create-user", "--user-name", user);
        await Iam.RunAsync("create-group", "--group-name", group);
        await Iam.RunAsync("put-group-policy", "--group-name", group, "--policy-name", "readers", "--policy-document", Readers);
        var document = (await Iam.RunAsync("get-group-policy", "--group-name", group, "--policy-name", "readers"))["PolicyDocument"]!;
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Readers), document));
        var bob = await KeyAsync(user);
        await Iam.RunAsync("add-user-to-group", "--group-name", group, "--user-name", user);
        await bob.RunAsync("list-domains");
        Assert.Equal(user, Text((await Iam.RunAsync("get-group", "--group-name", group))["Users"]![0]!, "UserName"));
        await Iam.RunAsync("put-user-permissions-boundary", "--user-name", user, "--permissions-boundary", "arn:aws:iam::aws:policy/IAMFullAccess");
        await bob.RefusedAsync("AccessDeniedException", "list-domains");
        await Iam.RunAsync("delete-user-permissions-boundary", "--user-name", user);
        await bob.RunAsync("list-domains");
        await Iam.RunAsync("remove-user-from-group", "--group-name", group, "--user-name", user);
        await bob.RefusedAsync("AccessDeniedException", "list-domains");
    }

    [Fact]
    public async Task Roles_policies_and_providers_are_managed()
    {
        var name = SharedServer.Fresh("role");
        var role = (await Iam.RunAsync("create-role", "--role-name", name, "--assume-role-policy-document", Trust, "--description", "für Bauten"))["Role"]!;
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Trust), role["AssumeRolePolicyDocument"]));
        await Iam.RunAsync("update-role", "--role-name", name, "--max-session-duration", "7200");
        Assert.Equal("7200", Text(await Iam.RunAsync("get-role", "--role-name", name), "Role", "MaxSessionDuration"));
        await Iam.RefusedAsync("EntityAlreadyExists", "create-role", "--role-name", name.ToUpperInvariant(), "--assume-role-policy-document", Trust);
        await Iam.RefusedAsync("MalformedPolicyDocument", "update-assume-role-policy", "--role-name", name, "--policy-document", Readers);
        await Iam.RunAsync("tag-role", "--role-name", name, "--tags", "Key=team,Value=red");
        Assert.Equal("red", Text((await Iam.RunAsync("list-role-tags", "--role-name", name))["Tags"]![0]!, "Value"));
        await Iam.RunAsync("delete-role", "--role-name", name);

        var policy = Text(await Iam.RunAsync("create-policy", "--policy-name", name, "--policy-document", Readers), "Policy", "Arn");
        await Iam.RunAsync("create-policy-version", "--policy-arn", policy, "--policy-document", Readers, "--set-as-default");
        Assert.Equal("v2", Text(await Iam.RunAsync("get-policy", "--policy-arn", policy), "Policy", "DefaultVersionId"));
        await Iam.RunAsync("delete-policy-version", "--policy-arn", policy, "--version-id", "v1");

        var provider = Text(await Iam.RunAsync("create-open-id-connect-provider", "--url", $"https://{name}.example", "--client-id-list", "sts.amazonaws.com", "--thumbprint-list"), "OpenIDConnectProviderArn");
        Assert.Equal($"{name}.example", Text(await Iam.RunAsync("get-open-id-connect-provider", "--open-id-connect-provider-arn", provider), "Url"));
        await Iam.RunAsync("delete-open-id-connect-provider", "--open-id-connect-provider-arn", provider);
    }

    [Fact]
    public async Task Lists_come_in_pages_and_simulations_tell_the_decision()
    {
        var path = $"/{SharedServer.Fresh("paged")}/";
        var names = new[] { SharedServer.Fresh("user"), SharedServer.Fresh("user"), SharedServer.Fresh("user") };
        foreach (var name in names)
        {
            await Iam.RunAsync("create-user", "--user-name", name, "--path", path);
        }

        var users = (await Iam.RunAsync("list-users", "--path-prefix", path, "--page-size", "1"))["Users"]!.AsArray();
        Assert.Equal(names.Order(StringComparer.Ordinal), users.Select(user => Text(user!, "UserName")));
        var first = await Iam.RunAsync("list-users", "--path-prefix", path, "--max-items", "2");
        Assert.Equal(2, first["Users"]!.AsArray().Count);
        Assert.Single((await Iam.RunAsync("list-users", "--path-prefix", path, "--starting-token", Text(first, "NextToken")))["Users"]!.AsArray());

        var simulated = await Iam.RunAsync("simulate-custom-policy", "--policy-input-list", Readers, "--action-names", "codeartifact:ListDomains", "iam:GetUser");
        Assert.Equal(["allowed", "implicitDeny"], simulated["EvaluationResults"]!.AsArray().Select(result => Text(result!, "EvalDecision")));
    }

    private async Task<AwsCli> KeyAsync(string user)
    {
        var key = (await Iam.RunAsync("create-access-key", "--user-name", user))["AccessKey"]!;
        return shared.Aws.As(Text(key, "AccessKeyId"), Text(key, "SecretAccessKey"));
    }

    private static string Text(JsonNode node, params string[] path) => path.Aggregate(node, (found, name) => found[name]!).ToString();
}
