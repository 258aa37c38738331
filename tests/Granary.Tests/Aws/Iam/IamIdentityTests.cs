using Granary.Tests.ControlPlane;

namespace Granary.Tests.Aws.Iam;

public sealed class IamIdentityTests
{
    [Fact]
    public async Task A_user_is_made_read_listed_renamed_and_deleted()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        var made = await iam.OkAsync("CreateUser", ("UserName", "Bob"), ("Path", "/team/a/"), ("Tags.member.1.Key", "cost"), ("Tags.member.1.Value", "x y"));
        Assert.Equal("arn:aws:iam::111122223333:user/team/a/Bob", made.Text("Arn"));
        Assert.StartsWith("AIDA", made.Text("UserId"), StringComparison.Ordinal);
        Assert.Equal("2026-01-02T03:04:05Z", made.Text("CreateDate"));
        Assert.Equal("x y", made.Text("Value"));

        (await iam.CallAsync("CreateUser", ("UserName", "bOB"))).Is(409, "EntityAlreadyExists");
        Assert.Equal(made.Text("UserId"), (await iam.OkAsync("GetUser", ("UserName", "Bob"))).Text("UserId"));
        Assert.Equal("admin", (await iam.OkAsync("GetUser")).Text("UserName"));
        Assert.Equal(["admin", "Bob"], (await iam.OkAsync("ListUsers")).Each("UserName"));
        Assert.Equal(["Bob"], (await iam.OkAsync("ListUsers", ("PathPrefix", "/team/"))).Each("UserName"));
        Assert.Empty((await iam.OkAsync("ListUsers", ("PathPrefix", "/TEAM/"))).Each("UserName"));

        await iam.OkAsync("UpdateUser", ("UserName", "Bob"), ("NewUserName", "bob"), ("NewPath", "/"));
        (await iam.CallAsync("UpdateUser", ("UserName", "bob"), ("NewUserName", "ADMIN"))).Is(409, "EntityAlreadyExists");
        Assert.Equal("arn:aws:iam::111122223333:user/bob", (await iam.OkAsync("GetUser", ("UserName", "bob"))).Text("Arn"));

        await iam.OkAsync("DeleteUser", ("UserName", "bob"));
        (await iam.CallAsync("DeleteUser", ("UserName", "bob"))).IsMissing();
        (await iam.CallAsync("GetUser", ("UserName", "bob"))).IsMissing();
        (await iam.CallAsync("UpdateUser", ("UserName", "bob"))).IsMissing();
    }

    [Fact]
    public async Task What_has_something_of_its_own_is_not_deleted()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        await iam.OkAsync("CreateUser", ("UserName", "bob"));
        await iam.OkAsync("CreateGroup", ("GroupName", "devs"));
        await iam.OkAsync("CreateRole", ("RoleName", "ci"), ("AssumeRolePolicyDocument", IamCaller.Trust));
        const string Arn = "arn:aws:iam::aws:policy/IAMReadOnlyAccess";
        foreach (var (kind, name) in new[] { ("User", "bob"), ("Group", "devs"), ("Role", "ci") })
        {
            await iam.OkAsync($"Attach{kind}Policy", ($"{kind}Name", name), ("PolicyArn", Arn));
            (await iam.CallAsync($"Delete{kind}", ($"{kind}Name", name))).Is(409, "DeleteConflict");
            await iam.OkAsync($"Detach{kind}Policy", ($"{kind}Name", name), ("PolicyArn", Arn));
            await iam.OkAsync($"Put{kind}Policy", ($"{kind}Name", name), ("PolicyName", "p"), ("PolicyDocument", IamCaller.AllowAll));
            (await iam.CallAsync($"Delete{kind}", ($"{kind}Name", name))).Is(409, "DeleteConflict");
            await iam.OkAsync($"Delete{kind}Policy", ($"{kind}Name", name), ("PolicyName", "p"));
        }

        await iam.OkAsync("AddUserToGroup", ("GroupName", "devs"), ("UserName", "bob"));
        (await iam.CallAsync("DeleteUser", ("UserName", "bob"))).Is(409, "DeleteConflict");
        (await iam.CallAsync("DeleteGroup", ("GroupName", "devs"))).Is(409, "DeleteConflict");
        await iam.OkAsync("RemoveUserFromGroup", ("GroupName", "devs"), ("UserName", "bob"));
        var key = await iam.CreateKeyAsync("bob");
        (await iam.CallAsync("DeleteUser", ("UserName", "bob"))).Is(409, "DeleteConflict");
        await iam.OkAsync("DeleteAccessKey", ("UserName", "bob"), ("AccessKeyId", key.Key));

        await iam.OkAsync("DeleteUser", ("UserName", "bob"));
        await iam.OkAsync("DeleteGroup", ("GroupName", "devs"));
        await iam.OkAsync("DeleteRole", ("RoleName", "ci"));
    }

    [Fact]
    public async Task A_group_has_users_and_a_user_groups()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        Assert.Equal("arn:aws:iam::111122223333:group/x/devs", (await iam.OkAsync("CreateGroup", ("GroupName", "devs"), ("Path", "/x/"))).Text("Arn"));
        (await iam.CallAsync("CreateGroup", ("GroupName", "DEVS"))).Is(409, "EntityAlreadyExists");
        await iam.OkAsync("CreateUser", ("UserName", "bob"));
        await iam.OkAsync("AddUserToGroup", ("GroupName", "devs"), ("UserName", "bob"));
        await iam.OkAsync("AddUserToGroup", ("GroupName", "devs"), ("UserName", "bob"));
        Assert.Equal(["bob"], (await iam.OkAsync("GetGroup", ("GroupName", "devs"))).Each("UserName"));
        Assert.Equal(["devs"], (await iam.OkAsync("ListGroupsForUser", ("UserName", "bob"))).Each("GroupName"));
        await iam.OkAsync("UpdateGroup", ("GroupName", "devs"), ("NewGroupName", "makers"));
        Assert.Equal(["makers"], (await iam.OkAsync("ListGroups")).Each("GroupName"));
        (await iam.CallAsync("AddUserToGroup", ("GroupName", "devs"), ("UserName", "bob"))).IsMissing();
        (await iam.CallAsync("AddUserToGroup", ("GroupName", "makers"), ("UserName", "eve"))).IsMissing();
        await iam.OkAsync("RemoveUserFromGroup", ("GroupName", "makers"), ("UserName", "bob"));
        (await iam.CallAsync("RemoveUserFromGroup", ("GroupName", "makers"), ("UserName", "bob"))).IsMissing();
        for (var i = 0; i < 10; i++)
        {
            await iam.OkAsync("CreateGroup", ("GroupName", $"g{i}"));
            await iam.OkAsync("AddUserToGroup", ("GroupName", $"g{i}"), ("UserName", "bob"));
        }

        (await iam.CallAsync("AddUserToGroup", ("GroupName", "makers"), ("UserName", "bob"))).Is(409, "LimitExceeded");
    }

    [Fact]
    public async Task A_role_has_a_trust_policy_a_description_and_a_longest_session()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        var made = await iam.OkAsync(
            "CreateRole", ("RoleName", "ci"), ("AssumeRolePolicyDocument", IamCaller.Trust), ("Description", "for <builds> & ü\r\n"), ("MaxSessionDuration", "7200"));
        Assert.Equal("for <builds> & ü\r\n", made.Text("Description"));
        Assert.Equal(IamCaller.Trust, made.Document("AssumeRolePolicyDocument"));
        Assert.DoesNotContain("{", made.Text("AssumeRolePolicyDocument"), StringComparison.Ordinal);
        await iam.OkAsync("UpdateRole", ("RoleName", "ci"), ("MaxSessionDuration", "3600"));
        Assert.Equal("new", (await iam.OkAsync("UpdateRoleDescription", ("RoleName", "ci"), ("Description", "new"))).Text("Description"));
        var trust = IamCaller.Trust.Replace("111122223333", "444455556666", StringComparison.Ordinal);
        await iam.OkAsync("UpdateAssumeRolePolicy", ("RoleName", "ci"), ("PolicyDocument", trust));
        var read = await iam.OkAsync("GetRole", ("RoleName", "ci"));
        Assert.Equal(("3600", trust), (read.Text("MaxSessionDuration"), read.Document("AssumeRolePolicyDocument")));
        Assert.Equal(["ci"], (await iam.OkAsync("ListRoles")).Each("RoleName"));
        (await iam.CallAsync("UpdateAssumeRolePolicy", ("RoleName", "ci"), ("PolicyDocument", "{"))).Is(400, "MalformedPolicyDocument");
        (await iam.CallAsync("UpdateAssumeRolePolicy", ("RoleName", "ci"), ("PolicyDocument", IamCaller.AllowAll))).Is(400, "MalformedPolicyDocument");
        var wide = trust.Replace("sts:AssumeRole", "sts:" + new string('A', 2048), StringComparison.Ordinal);
        (await iam.CallAsync("UpdateAssumeRolePolicy", ("RoleName", "ci"), ("PolicyDocument", wide))).Is(409, "LimitExceeded");
        (await iam.CallAsync("UpdateRole", ("RoleName", "ci"), ("MaxSessionDuration", "43201"))).Is(400, "ValidationError");
        (await iam.CallAsync("CreateRole", ("RoleName", "none"))).Is(400, "ValidationError");
        Assert.Equal(trust, (await iam.OkAsync("GetRole", ("RoleName", "ci"))).Document("AssumeRolePolicyDocument"));
    }

    [Fact]
    public async Task Access_keys_are_two_and_show_their_secret_once()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        var bob = await iam.CreateUserAsync("bob");
        var second = await iam.OkAsync("CreateAccessKey", ("UserName", "bob"));
        Assert.Equal(40, second.Text("SecretAccessKey").Length);
        (await iam.CallAsync("CreateAccessKey", ("UserName", "bob"))).Is(409, "LimitExceeded");
        var list = await iam.OkAsync("ListAccessKeys", ("UserName", "bob"));
        Assert.Equal(new[] { bob.Key, second.Text("AccessKeyId") }.Order(StringComparer.Ordinal), list.Each("AccessKeyId"));
        Assert.False(list.Has("SecretAccessKey"));
        Assert.DoesNotContain(second.Text("SecretAccessKey"), list.Xml.ToString(), StringComparison.Ordinal);
        Assert.Equal("bob", (await iam.OkAsync("GetAccessKeyLastUsed", ("AccessKeyId", bob.Key))).Text("UserName"));
        await iam.OkAsync("UpdateAccessKey", ("UserName", "bob"), ("AccessKeyId", bob.Key), ("Status", "Inactive"));
        Assert.Contains("Inactive", (await iam.OkAsync("ListAccessKeys", ("UserName", "bob"))).Each("Status"));
        (await iam.CallAsync("UpdateAccessKey", ("UserName", "bob"), ("AccessKeyId", bob.Key), ("Status", "Expired"))).Is(400, "ValidationError");
        (await iam.CallAsync("UpdateAccessKey", ("UserName", "admin"), ("AccessKeyId", bob.Key), ("Status", "Active"))).IsMissing();
        (await iam.CallAsync("DeleteAccessKey", ("AccessKeyId", bob.Key))).IsMissing();
        await iam.OkAsync("DeleteAccessKey", ("UserName", "bob"), ("AccessKeyId", bob.Key));
        (await iam.CallAsync("GetAccessKeyLastUsed", ("AccessKeyId", bob.Key))).IsMissing();
        Assert.Equal([iam.Key], (await iam.OkAsync("ListAccessKeys")).Each("AccessKeyId"));
    }

    [Fact]
    public async Task A_key_tells_when_and_for_what_it_was_last_used()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        var bob = await iam.CreateUserAsync("bob");
        var unused = await iam.OkAsync("GetAccessKeyLastUsed", ("AccessKeyId", bob.Key));
        Assert.Equal((false, "N/A"), (unused.Has("LastUsedDate"), unused.Text("ServiceName")));
        (await bob.CallAsync("GetUser")).IsDenied();
        var used = await iam.OkAsync("GetAccessKeyLastUsed", ("AccessKeyId", bob.Key));
        Assert.Equal(("2026-01-02T03:04:00Z", "iam", "us-east-1"), (used.Text("LastUsedDate"), used.Text("ServiceName"), used.Text("Region")));
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        await bob.CodeArtifactAsync("POST", "/v1/domains");
        used = await iam.OkAsync("GetAccessKeyLastUsed", ("AccessKeyId", bob.Key));
        Assert.Equal(("2026-01-02T03:05:00Z", "codeartifact"), (used.Text("LastUsedDate"), used.Text("ServiceName")));
    }

    [Fact]
    public async Task Of_two_that_make_the_same_at_once_one_wins()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        var made = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => iam.CallAsync("CreateUser", ("UserName", i % 2 == 0 ? "bob" : "BOB"))));
        Assert.Single(made, reply => reply.Status == 200);
        Assert.All(made.Where(reply => reply.Status != 200), reply => reply.Is(409, "EntityAlreadyExists"));
        var keys = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => iam.CallAsync("CreateAccessKey", ("UserName", "bob"))));
        Assert.Equal(2, keys.Count(reply => reply.Status == 200));
        Assert.All(keys.Where(reply => reply.Status != 200), reply => reply.Is(409, "LimitExceeded"));
    }
}
