using Granary.Tests.ControlPlane;

namespace Granary.Tests.Aws.Iam;

/// <summary>What is changed here decides the very next request.</summary>
public sealed class IamEffectTests
{
    private const string Describe = "/v1/domain?domain=tools";

    [Fact]
    public async Task Attaching_allows_and_detaching_refuses_the_next_request()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync();
        var iam = new IamCaller(host);
        var bob = await iam.CreateUserAsync("bob");
        await IsRefusedAsync(bob);
        var arn = (await iam.OkAsync("CreatePolicy", ("PolicyName", "p"), ("PolicyDocument", IamCaller.Policy("Allow", "codeartifact:DescribeDomain")))).Text("Arn");
        await iam.OkAsync("AttachUserPolicy", ("UserName", "bob"), ("PolicyArn", arn));
        await IsAllowedAsync(bob);
        await iam.OkAsync("CreatePolicyVersion", ("PolicyArn", arn), ("PolicyDocument", IamCaller.Policy("Allow", "iam:*")), ("SetAsDefault", "true"));
        await IsRefusedAsync(bob);
        await iam.OkAsync("SetDefaultPolicyVersion", ("PolicyArn", arn), ("VersionId", "v1"));
        await IsAllowedAsync(bob);
        await iam.OkAsync("DetachUserPolicy", ("UserName", "bob"), ("PolicyArn", arn));
        await IsRefusedAsync(bob);
        await iam.OkAsync("PutUserPolicy", ("UserName", "bob"), ("PolicyName", "all"), ("PolicyDocument", IamCaller.AllowAll));
        await IsAllowedAsync(bob);
        await iam.OkAsync("PutUserPolicy", ("UserName", "bob"), ("PolicyName", "no"), ("PolicyDocument", IamCaller.Policy("Deny", "codeartifact:Describe*")));
        await IsRefusedAsync(bob);
        await iam.OkAsync("DeleteUserPolicy", ("UserName", "bob"), ("PolicyName", "no"));
        await IsAllowedAsync(bob);
    }

    [Fact]
    public async Task Groups_give_and_boundaries_take()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync();
        var iam = new IamCaller(host);
        var bob = await iam.CreateUserAsync("bob");
        await iam.OkAsync("CreateGroup", ("GroupName", "devs"));
        await iam.OkAsync("PutGroupPolicy", ("GroupName", "devs"), ("PolicyName", "all"), ("PolicyDocument", IamCaller.AllowAll));
        await iam.OkAsync("AddUserToGroup", ("GroupName", "devs"), ("UserName", "bob"));
        await IsAllowedAsync(bob);
        await iam.OkAsync("PutUserPermissionsBoundary", ("UserName", "bob"), ("PermissionsBoundary", "arn:aws:iam::aws:policy/IAMFullAccess"));
        Assert.Equal("arn:aws:iam::aws:policy/IAMFullAccess", (await iam.OkAsync("GetUser", ("UserName", "bob"))).Text("PermissionsBoundaryArn"));
        await IsRefusedAsync(bob);
        await iam.OkAsync("DeleteUserPermissionsBoundary", ("UserName", "bob"));
        await IsAllowedAsync(bob);
        await iam.OkAsync("RemoveUserFromGroup", ("GroupName", "devs"), ("UserName", "bob"));
        await IsRefusedAsync(bob);
        (await iam.CallAsync("PutUserPermissionsBoundary", ("UserName", "bob"), ("PermissionsBoundary", "arn:aws:iam::111122223333:policy/none"))).IsMissing();
        (await iam.CallAsync("PutUserPermissionsBoundary", ("UserName", "bob"), ("PermissionsBoundary", "no arn but long enough"))).Is(400, "InvalidInput");
    }

    [Fact]
    public async Task A_key_that_is_inactive_or_gone_signs_nothing()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync();
        var iam = new IamCaller(host);
        var bob = await iam.CreateUserAsync("bob");
        await iam.OkAsync("AttachUserPolicy", ("UserName", "bob"), ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess"));
        await IsAllowedAsync(bob);
        await iam.OkAsync("UpdateAccessKey", ("UserName", "bob"), ("AccessKeyId", bob.Key), ("Status", "Inactive"));
        (await bob.CallAsync("GetUser")).Is(403, "InvalidClientTokenId");
        await iam.OkAsync("UpdateAccessKey", ("UserName", "bob"), ("AccessKeyId", bob.Key), ("Status", "Active"));
        await bob.OkAsync("GetUser");
        await iam.OkAsync("DeleteAccessKey", ("UserName", "bob"), ("AccessKeyId", bob.Key));
        (await bob.CallAsync("GetUser")).Is(403, "InvalidClientTokenId");
        await IsRefusedAsync(bob);
    }

    [Fact]
    public async Task A_user_that_is_made_again_has_none_of_the_old_ones_rights()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync();
        var iam = new IamCaller(host);
        var bob = await iam.CreateUserAsync("bob");
        await iam.OkAsync("TagUser", ("UserName", "bob"), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "red"));
        await iam.OkAsync("PutUserPolicy", ("UserName", "bob"), ("PolicyName", "all"), ("PolicyDocument", IamCaller.AllowAll));
        var id = (await bob.OkAsync("GetUser")).Text("UserId");
        await iam.OkAsync("DeleteUserPolicy", ("UserName", "bob"), ("PolicyName", "all"));
        await iam.OkAsync("DeleteAccessKey", ("UserName", "bob"), ("AccessKeyId", bob.Key));
        await iam.OkAsync("DeleteUser", ("UserName", "bob"));
        var again = await iam.CreateUserAsync("bob");
        Assert.NotEqual(id, (await iam.OkAsync("GetUser", ("UserName", "bob"))).Text("UserId"));
        Assert.Empty((await iam.OkAsync("ListUserTags", ("UserName", "bob"))).Each("Key"));
        await IsRefusedAsync(again);
        (await bob.CallAsync("GetUser")).Is(403, "InvalidClientTokenId");
    }

    [Fact]
    public async Task A_session_acts_while_its_role_is_there()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync();
        var iam = new IamCaller(host);
        await iam.OkAsync("CreateRole", ("RoleName", "ci"), ("AssumeRolePolicyDocument", IamCaller.Trust));
        await iam.OkAsync("PutRolePolicy", ("RoleName", "ci"), ("PolicyName", "all"), ("PolicyDocument", IamCaller.AllowAll));
        var session = await iam.AssumeAsync("ci");
        await session.OkAsync("ListUsers");
        await IsAllowedAsync(session);
        (await session.CallAsync("GetUser")).Is(400, "ValidationError");
        (await session.CallAsync("CreateAccessKey")).Is(400, "ValidationError");
        await iam.OkAsync("PutRolePermissionsBoundary", ("RoleName", "ci"), ("PermissionsBoundary", "arn:aws:iam::aws:policy/IAMFullAccess"));
        await session.OkAsync("ListUsers");
        await IsRefusedAsync(session);
        await iam.OkAsync("DeleteRolePermissionsBoundary", ("RoleName", "ci"));
        await iam.OkAsync("DeleteRolePolicy", ("RoleName", "ci"), ("PolicyName", "all"));
        (await session.CallAsync("ListUsers")).IsDenied();
        await iam.OkAsync("DeleteRole", ("RoleName", "ci"));
        await iam.OkAsync("CreateRole", ("RoleName", "ci"), ("AssumeRolePolicyDocument", IamCaller.Trust));
        await iam.OkAsync("PutRolePolicy", ("RoleName", "ci"), ("PolicyName", "all"), ("PolicyDocument", IamCaller.AllowAll));
        (await session.CallAsync("ListUsers")).Is(403, "InvalidClientTokenId");
        await IsRefusedAsync(session);
    }

    private static async Task IsAllowedAsync(IamCaller caller) => Assert.Equal(200, await caller.CodeArtifactAsync("GET", Describe));

    private static async Task IsRefusedAsync(IamCaller caller) => Assert.Equal(403, await caller.CodeArtifactAsync("GET", Describe));
}
