using Granary.Server.Aws.Iam;
using Granary.Tests.ControlPlane;

namespace Granary.Tests.Aws.Iam;

public sealed class IamPermissionTests
{
    private const string Policy = "arn:aws:iam::111122223333:policy/p";
    private const string Provider = "arn:aws:iam::111122223333:oidc-provider/issuer.example";

    // Enough parameters for every action: what an action does not know it passes over.
    private static readonly (string, string)[] Parameters =
    [
        ("UserName", "bob"), ("GroupName", "devs"), ("RoleName", "ci"), ("PolicyName", "p"), ("PolicyArn", Policy), ("VersionId", "v1"),
        ("PolicyDocument", IamCaller.AllowAll), ("AssumeRolePolicyDocument", IamCaller.Trust), ("AccessKeyId", "AKIAEXAMPLE000000001"),
        ("Status", "Inactive"), ("PermissionsBoundary", Policy), ("Description", "d"), ("Url", "https://issuer.example"), ("ClientID", "c"),
        ("OpenIDConnectProviderArn", Provider), ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v"), ("TagKeys.member.1", "k"),
        ("ActionNames.member.1", "iam:GetUser"), ("PolicyInputList.member.1", IamCaller.AllowAll), ("PolicySourceArn", "arn:aws:iam::111122223333:user/bob"),
    ];

    [Fact]
    public async Task Every_action_needs_its_own_permission_and_tells_nothing_without()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        var eve = await iam.CreateUserAsync("eve");
        var absent = new Dictionary<string, string>();
        foreach (var action in IamActions.All)
        {
            absent[action.Name] = (await eve.CallAsync(action.Name, Parameters)).IsDenied().Message;
        }

        await iam.OkAsync("CreateUser", ("UserName", "bob"), ("Path", "/hidden/"));
        await iam.OkAsync("CreateGroup", ("GroupName", "devs"), ("Path", "/hidden/"));
        await iam.OkAsync("CreateRole", ("RoleName", "ci"), ("Path", "/hidden/"), ("AssumeRolePolicyDocument", IamCaller.Trust));
        await iam.OkAsync("CreatePolicy", ("PolicyName", "p"), ("PolicyDocument", IamCaller.AllowAll));
        await iam.OkAsync("CreateOpenIDConnectProvider", ("Url", "https://issuer.example"));
        foreach (var action in IamActions.All)
        {
            Assert.Equal(absent[action.Name], (await eve.CallAsync(action.Name, Parameters)).IsDenied().Message);
        }
    }

    [Fact]
    public async Task Every_action_is_refused_to_who_may_do_all_others()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        var eve = await iam.CreateUserAsync("eve");
        foreach (var action in IamActions.All)
        {
            await iam.OkAsync("PutUserPolicy", ("UserName", "eve"), ("PolicyName", "p"), ("PolicyDocument", $$"""{"Statement":[{"Effect":"Allow","NotAction":"iam:{{action.Name}}","Resource":"*"}]}"""));
            (await eve.CallAsync(action.Name, Parameters)).IsDenied();
        }
    }

    [Fact]
    public async Task Every_action_is_allowed_by_its_own_permission_and_denied_whatever_else_allows_it()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        var eve = await iam.CreateUserAsync("eve");
        await iam.CreateUserAsync("bob");
        // Those that take something away last, so that the others find something.
        foreach (var action in IamActions.All.OrderBy(a => a.Name.StartsWith("De", StringComparison.Ordinal)))
        {
            await LetAsync($$"""{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"iam:{{action.Name}}","Resource":"*"}""");
            (await eve.CallAsync(action.Name, Parameters)).IsDenied();
            // What is made with tags is tagged, which is a permission of its own.
            await LetAsync($$"""{"Effect":"Allow","Action":["iam:{{action.Name}}","iam:Tag*"],"Resource":"*"}""");
            var reply = await eve.CallAsync(action.Name, Parameters);
            Assert.True(reply.Status is not 403 and < 500, $"{action.Name}: {reply.Status}");
        }

        Task LetAsync(string statements) => iam.OkAsync(
            "PutUserPolicy", ("UserName", "eve"), ("PolicyName", "p"), ("PolicyDocument", $$"""{"Statement":[{{statements}}]}"""));
    }

    [Fact]
    public async Task Permissions_are_for_paths_policies_boundaries_and_tags()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        var eve = await iam.CreateUserAsync("eve");
        await iam.OkAsync("CreateUser", ("UserName", "bob"), ("Path", "/team/"), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "red"));
        await iam.OkAsync("CreateUser", ("UserName", "ann"));

        await LetAsync("iam:*", "arn:aws:iam::111122223333:user/team/*");
        await eve.OkAsync("GetUser", ("UserName", "bob"));
        await eve.OkAsync("ListUsers", ("PathPrefix", "/team/"));
        (await eve.CallAsync("ListUsers")).IsDenied();
        (await eve.CallAsync("GetUser", ("UserName", "ann"))).IsDenied();
        (await eve.CallAsync("CreateUser", ("UserName", "x"))).IsDenied();
        await eve.OkAsync("CreateUser", ("UserName", "x"), ("Path", "/team/"));
        (await eve.CallAsync("UpdateUser", ("UserName", "x"), ("NewPath", "/"))).IsDenied();
        await eve.OkAsync("UpdateUser", ("UserName", "x"), ("NewUserName", "y"));

        await LetAsync("iam:AttachUserPolicy", "*", """{"ArnEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/IAMReadOnlyAccess"}}""");
        await eve.OkAsync("AttachUserPolicy", ("UserName", "bob"), ("PolicyArn", "arn:aws:iam::aws:policy/IAMReadOnlyAccess"));
        (await eve.CallAsync("AttachUserPolicy", ("UserName", "eve"), ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess"))).IsDenied();

        const string Bound = "arn:aws:iam::aws:policy/IAMReadOnlyAccess";
        await LetAsync("iam:*", "*", $$$"""{"StringEquals":{"iam:PermissionsBoundary":"{{{Bound}}}"}}""");
        (await eve.CallAsync("CreateUser", ("UserName", "z"))).IsDenied();
        (await eve.CallAsync("CreateUser", ("UserName", "z"), ("PermissionsBoundary", "arn:aws:iam::aws:policy/AdministratorAccess"))).IsDenied();
        await eve.OkAsync("CreateUser", ("UserName", "z"), ("PermissionsBoundary", Bound));
        await eve.OkAsync("AttachUserPolicy", ("UserName", "z"), ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess"));
        (await eve.CallAsync("PutUserPolicy", ("UserName", "bob"), ("PolicyName", "p"), ("PolicyDocument", IamCaller.AllowAll))).IsDenied();
        (await eve.CallAsync("PutUserPermissionsBoundary", ("UserName", "z"), ("PermissionsBoundary", "arn:aws:iam::aws:policy/AdministratorAccess"))).IsDenied();

        await LetAsync("iam:*", "*", """{"StringEquals":{"aws:ResourceTag/team":"red"}}""");
        await eve.OkAsync("GetUser", ("UserName", "bob"));
        (await eve.CallAsync("GetUser", ("UserName", "ann"))).IsDenied();

        await LetAsync("iam:CreateUser", "*");
        (await eve.CallAsync("CreateUser", ("UserName", "t"), ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v"))).IsDenied();
        await LetAsync("iam:*", "*", """{"ForAllValues:StringEquals":{"aws:TagKeys":["k"]},"StringEquals":{"aws:RequestTag/k":"v"}}""");
        await eve.OkAsync("CreateUser", ("UserName", "t"), ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v"));
        (await eve.CallAsync("TagUser", ("UserName", "t"), ("Tags.member.1.Key", "other"), ("Tags.member.1.Value", "v"))).IsDenied();

        Task LetAsync(string action, string resource, string condition = "{}") => iam.OkAsync(
            "PutUserPolicy",
            ("UserName", "eve"),
            ("PolicyName", "p"),
            ("PolicyDocument", $$"""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"{{action}}","Resource":"{{resource}}","Condition":{{condition}}}]}"""));
    }

    [Fact]
    public async Task Accounts_do_not_see_or_touch_each_others_things()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var (iam, stranger) = (new IamCaller(host), IamCaller.Stranger(host));
        var bob = await iam.CreateUserAsync("bob");
        await iam.OkAsync("CreatePolicy", ("PolicyName", "p"), ("PolicyDocument", IamCaller.AllowAll));
        await iam.OkAsync("CreateOpenIDConnectProvider", ("Url", "https://issuer.example"));
        (await stranger.CallAsync("GetUser", ("UserName", "bob"))).IsMissing();
        (await stranger.CallAsync("DeleteUser", ("UserName", "bob"))).IsMissing();
        (await stranger.CallAsync("GetPolicy", ("PolicyArn", Policy))).IsMissing();
        (await stranger.CallAsync("DeletePolicy", ("PolicyArn", Policy))).IsMissing();
        (await stranger.CallAsync("AttachUserPolicy", ("UserName", "admin"), ("PolicyArn", Policy))).IsMissing();
        (await stranger.CallAsync("GetOpenIDConnectProvider", ("OpenIDConnectProviderArn", Provider))).IsMissing();
        (await stranger.CallAsync("GetAccessKeyLastUsed", ("AccessKeyId", bob.Key))).IsMissing();
        (await stranger.CallAsync("UpdateAccessKey", ("AccessKeyId", bob.Key), ("Status", "Inactive"))).IsMissing();
        (await stranger.CallAsync("SimulatePrincipalPolicy", ("PolicySourceArn", "arn:aws:iam::111122223333:user/bob"), ("ActionNames.member.1", "iam:GetUser"))).IsMissing();
        Assert.Equal(["admin"], (await stranger.OkAsync("ListUsers")).Each("UserName"));
        Assert.Empty((await stranger.OkAsync("ListPolicies", ("Scope", "Local"))).Each("Arn"));
        Assert.Empty((await stranger.OkAsync("ListOpenIDConnectProviders")).Each("Arn"));
        await stranger.OkAsync("CreateUser", ("UserName", "bob"));
        (await bob.CallAsync("ListUsers")).IsDenied();
    }
}
