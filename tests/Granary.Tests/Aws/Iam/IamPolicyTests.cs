using Granary.Tests.ControlPlane;

namespace Granary.Tests.Aws.Iam;

public sealed class IamPolicyTests
{
    private const string Arn = "arn:aws:iam::111122223333:policy/team/readers";
    private const string OfAws = "arn:aws:iam::aws:policy/AWSCodeArtifactReadOnlyAccess";

    [Fact]
    public async Task A_policy_has_up_to_five_versions_of_which_one_counts()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        var made = await CreateAsync(iam);
        Assert.Equal((Arn, "v1", "0"), (made.Text("Arn"), made.Text("DefaultVersionId"), made.Text("AttachmentCount")));
        Assert.StartsWith("ANPA", made.Text("PolicyId"), StringComparison.Ordinal);
        (await iam.CallAsync("CreatePolicy", ("PolicyName", "READERS"), ("PolicyDocument", IamCaller.AllowAll))).Is(409, "EntityAlreadyExists");
        for (var i = 2; i <= 5; i++)
        {
            var version = await iam.OkAsync("CreatePolicyVersion", ("PolicyArn", Arn), ("PolicyDocument", IamCaller.Policy("Deny", $"iam:V{i}")), ("SetAsDefault", i == 3 ? "true" : "false"));
            Assert.Equal(($"v{i}", i == 3 ? "true" : "false"), (version.Text("VersionId"), version.Text("IsDefaultVersion")));
        }

        (await iam.CallAsync("CreatePolicyVersion", ("PolicyArn", Arn), ("PolicyDocument", IamCaller.AllowAll))).Is(409, "LimitExceeded");
        Assert.Equal(["v5", "v4", "v3", "v2", "v1"], (await iam.OkAsync("ListPolicyVersions", ("PolicyArn", Arn))).Each("VersionId"));
        Assert.Equal(IamCaller.Policy("Deny", "iam:V4"), (await iam.OkAsync("GetPolicyVersion", ("PolicyArn", Arn), ("VersionId", "v4"))).Document("Document"));
        Assert.Equal("v3", (await iam.OkAsync("GetPolicy", ("PolicyArn", Arn))).Text("DefaultVersionId"));
        (await iam.CallAsync("DeletePolicyVersion", ("PolicyArn", Arn), ("VersionId", "v3"))).Is(409, "DeleteConflict");
        await iam.OkAsync("SetDefaultPolicyVersion", ("PolicyArn", Arn), ("VersionId", "v5"));
        await iam.OkAsync("DeletePolicyVersion", ("PolicyArn", Arn), ("VersionId", "v3"));
        (await iam.CallAsync("GetPolicyVersion", ("PolicyArn", Arn), ("VersionId", "v3"))).IsMissing();
        (await iam.CallAsync("SetDefaultPolicyVersion", ("PolicyArn", Arn), ("VersionId", "v3"))).IsMissing();
        (await iam.CallAsync("GetPolicyVersion", ("PolicyArn", Arn), ("VersionId", "v99999999999999999999"))).IsMissing();
        Assert.Equal("v6", (await iam.OkAsync("CreatePolicyVersion", ("PolicyArn", Arn), ("PolicyDocument", IamCaller.AllowAll))).Text("VersionId"));
        (await iam.CallAsync("DeletePolicy", ("PolicyArn", Arn))).Is(409, "DeleteConflict");
        foreach (var version in new[] { "v1", "v2", "v4", "v6" })
        {
            await iam.OkAsync("DeletePolicyVersion", ("PolicyArn", Arn), ("VersionId", version));
        }

        await iam.OkAsync("DeletePolicy", ("PolicyArn", Arn));
        (await iam.CallAsync("GetPolicy", ("PolicyArn", Arn))).IsMissing();
    }

    [Fact]
    public async Task A_policy_that_is_in_use_is_not_deleted()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        await CreateAsync(iam);
        await iam.OkAsync("CreateUser", ("UserName", "bob"), ("PermissionsBoundary", Arn));
        await iam.OkAsync("CreateRole", ("RoleName", "ci"), ("AssumeRolePolicyDocument", IamCaller.Trust));
        await iam.OkAsync("AttachRolePolicy", ("RoleName", "ci"), ("PolicyArn", Arn));
        (await iam.CallAsync("DeletePolicy", ("PolicyArn", Arn))).Is(409, "DeleteConflict");
        var read = await iam.OkAsync("GetPolicy", ("PolicyArn", Arn));
        Assert.Equal(("1", "1"), (read.Text("AttachmentCount"), read.Text("PermissionsBoundaryUsageCount")));
        var entities = await iam.OkAsync("ListEntitiesForPolicy", ("PolicyArn", Arn));
        Assert.Equal(["bob", "ci"], [.. entities.Each("UserName"), .. entities.Each("RoleName")]);
        Assert.Empty((await iam.OkAsync("ListEntitiesForPolicy", ("PolicyArn", Arn), ("PolicyUsageFilter", "PermissionsPolicy"))).Each("UserName"));
        Assert.Empty((await iam.OkAsync("ListEntitiesForPolicy", ("PolicyArn", Arn), ("EntityFilter", "User"))).Each("RoleName"));
        Assert.Equal([Arn], (await iam.OkAsync("ListPolicies", ("PolicyUsageFilter", "PermissionsBoundary"))).Each("Arn"));
        await iam.OkAsync("DetachRolePolicy", ("RoleName", "ci"), ("PolicyArn", Arn));
        (await iam.CallAsync("DeletePolicy", ("PolicyArn", Arn))).Is(409, "DeleteConflict");
        await iam.OkAsync("DeleteUserPermissionsBoundary", ("UserName", "bob"));
        await iam.OkAsync("DeletePolicy", ("PolicyArn", Arn));
    }

    [Fact]
    public async Task Policies_are_listed_by_scope_path_and_use()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        await CreateAsync(iam);
        await iam.OkAsync("CreatePolicy", ("PolicyName", "Abc"), ("PolicyDocument", IamCaller.AllowAll));
        Assert.Equal(["Abc", "readers"], (await iam.OkAsync("ListPolicies", ("Scope", "Local"))).Each("PolicyName"));
        Assert.Contains("AdministratorAccess", (await iam.OkAsync("ListPolicies", ("Scope", "AWS"))).Each("PolicyName"));
        Assert.Equal(["readers"], (await iam.OkAsync("ListPolicies", ("PathPrefix", "/team/"))).Each("PolicyName"));
        Assert.Equal(["AdministratorAccess"], (await iam.OkAsync("ListPolicies", ("OnlyAttached", "true"))).Each("PolicyName"));
        var ofAws = await iam.OkAsync("GetPolicy", ("PolicyArn", OfAws));
        Assert.Equal("v1", ofAws.Text("DefaultVersionId"));
        Assert.Contains("codeartifact:Get*", (await iam.OkAsync("GetPolicyVersion", ("PolicyArn", OfAws), ("VersionId", "v1"))).Document("Document"), StringComparison.Ordinal);
        (await iam.CallAsync("GetPolicyVersion", ("PolicyArn", OfAws), ("VersionId", "v2"))).IsMissing();
        Assert.Equal(["v1"], (await iam.OkAsync("ListPolicyVersions", ("PolicyArn", OfAws))).Each("VersionId"));
    }

    [Fact]
    public async Task AWSs_own_policies_cannot_be_changed()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        (await iam.CallAsync("DeletePolicy", ("PolicyArn", OfAws))).IsDenied();
        (await iam.CallAsync("CreatePolicyVersion", ("PolicyArn", OfAws), ("PolicyDocument", IamCaller.AllowAll))).IsDenied();
        (await iam.CallAsync("SetDefaultPolicyVersion", ("PolicyArn", OfAws), ("VersionId", "v1"))).IsDenied();
        (await iam.CallAsync("TagPolicy", ("PolicyArn", OfAws), ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v"))).IsDenied();
    }

    [Theory]
    [InlineData("User")]
    [InlineData("Group")]
    [InlineData("Role")]
    public async Task Policies_are_attached_and_put_inline(string kind)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        await CreateAsync(iam);
        var who = ($"{kind}Name", "it");
        await iam.OkAsync($"Create{kind}", kind == "Role" ? [who, ("AssumeRolePolicyDocument", IamCaller.Trust)] : [who]);
        await iam.OkAsync($"Attach{kind}Policy", who, ("PolicyArn", Arn));
        await iam.OkAsync($"Attach{kind}Policy", who, ("PolicyArn", Arn));
        await iam.OkAsync($"Attach{kind}Policy", who, ("PolicyArn", OfAws));
        Assert.Equal(["readers", "AWSCodeArtifactReadOnlyAccess"], (await iam.OkAsync($"ListAttached{kind}Policies", who)).Each("PolicyName"));
        Assert.Equal([Arn], (await iam.OkAsync($"ListAttached{kind}Policies", who, ("PathPrefix", "/team/"))).Each("PolicyArn"));
        await iam.OkAsync($"Detach{kind}Policy", who, ("PolicyArn", Arn));
        (await iam.CallAsync($"Detach{kind}Policy", who, ("PolicyArn", Arn))).IsMissing();
        (await iam.CallAsync($"Attach{kind}Policy", who, ("PolicyArn", Arn + "x"))).IsMissing();
        (await iam.CallAsync($"Attach{kind}Policy", who, ("PolicyArn", "arn:aws:iam::111122223333:policy/readers"))).IsMissing();
        (await iam.CallAsync($"Attach{kind}Policy", who, ("PolicyArn", "arn:aws:iam::111122223333:user/readers"))).Is(400, "InvalidInput");
        (await iam.CallAsync($"Attach{kind}Policy", ($"{kind}Name", "none"), ("PolicyArn", Arn))).IsMissing();

        await iam.OkAsync($"Put{kind}Policy", who, ("PolicyName", "p1"), ("PolicyDocument", IamCaller.AllowAll));
        await iam.OkAsync($"Put{kind}Policy", who, ("PolicyName", "p1"), ("PolicyDocument", IamCaller.Policy("Deny", "iam:*")));
        var inline = await iam.OkAsync($"Get{kind}Policy", who, ("PolicyName", "p1"));
        Assert.Equal(("it", IamCaller.Policy("Deny", "iam:*")), (inline.Text($"{kind}Name"), inline.Document("PolicyDocument")));
        Assert.Equal(["p1"], (await iam.OkAsync($"List{kind}Policies", who)).List("PolicyNames"));
        (await iam.CallAsync($"Put{kind}Policy", who, ("PolicyName", "p2"), ("PolicyDocument", "{}"))).Is(400, "MalformedPolicyDocument");
        (await iam.CallAsync($"Put{kind}Policy", who, ("PolicyName", "p2"), ("PolicyDocument", ""))).Is(400, "ValidationError");
        (await iam.CallAsync($"Get{kind}Policy", who, ("PolicyName", "p2"))).IsMissing();
        (await iam.CallAsync($"Delete{kind}Policy", who, ("PolicyName", "p2"))).IsMissing();
        await iam.OkAsync($"Delete{kind}Policy", who, ("PolicyName", "p1"));
    }

    [Theory]
    [InlineData("User", 2048)]
    [InlineData("Group", 5120)]
    [InlineData("Role", 10240)]
    public async Task Inline_policies_together_have_a_size_that_leaves_white_space_out(string kind, int most)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        var who = ($"{kind}Name", "it");
        await iam.OkAsync($"Create{kind}", kind == "Role" ? [who, ("AssumeRolePolicyDocument", IamCaller.Trust)] : [who]);
        var half = Sized(most / 2);
        await iam.OkAsync($"Put{kind}Policy", who, ("PolicyName", "a"), ("PolicyDocument", half.Replace(":", " :\n\t ", StringComparison.Ordinal).Replace("iam :\n\t ", "iam:", StringComparison.Ordinal)));
        await iam.OkAsync($"Put{kind}Policy", who, ("PolicyName", "b"), ("PolicyDocument", half));
        (await iam.CallAsync($"Put{kind}Policy", who, ("PolicyName", "b"), ("PolicyDocument", Sized((most / 2) + 1)))).Is(409, "LimitExceeded");
        (await iam.CallAsync($"Put{kind}Policy", who, ("PolicyName", "c"), ("PolicyDocument", IamCaller.AllowAll))).Is(409, "LimitExceeded");
        Assert.Equal(half, (await iam.OkAsync($"Get{kind}Policy", who, ("PolicyName", "b"))).Document("PolicyDocument"));
    }

    [Fact]
    public async Task A_managed_policy_has_at_most_6144_characters()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        await iam.OkAsync("CreatePolicy", ("PolicyName", "a"), ("PolicyDocument", Sized(6144)));
        (await iam.CallAsync("CreatePolicy", ("PolicyName", "b"), ("PolicyDocument", Sized(6145)))).Is(409, "LimitExceeded");
        (await iam.CallAsync("CreatePolicy", ("PolicyName", "b"), ("PolicyDocument", """{"Statement":[{"Effect":"Allow","Action":"\u0001","Resource":"*"}]}"""))).Is(400, "MalformedPolicyDocument");
    }

    private static string Sized(int length)
    {
        var empty = IamCaller.Policy("Allow", "iam:").Length;
        return IamCaller.Policy("Allow", "iam:" + new string('A', length - empty));
    }

    private static Task<IamReply> CreateAsync(IamCaller iam) =>
        iam.OkAsync("CreatePolicy", ("PolicyName", "readers"), ("Path", "/team/"), ("PolicyDocument", IamCaller.Policy("Allow", "codeartifact:List*")), ("Description", "reads"));
}
