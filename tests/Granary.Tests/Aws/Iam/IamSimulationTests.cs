using Granary.Tests.ControlPlane;

namespace Granary.Tests.Aws.Iam;

public sealed class IamSimulationTests
{
    [Fact]
    public async Task A_simulation_says_what_a_users_policies_say()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        await iam.OkAsync("CreateUser", ("UserName", "bob"));
        await iam.OkAsync("CreateGroup", ("GroupName", "devs"));
        await iam.OkAsync("AddUserToGroup", ("GroupName", "devs"), ("UserName", "bob"));
        await iam.OkAsync("PutGroupPolicy", ("GroupName", "devs"), ("PolicyName", "g"), ("PolicyDocument", IamCaller.Policy("Allow", "iam:Get*")));
        await iam.OkAsync("PutUserPolicy", ("UserName", "bob"), ("PolicyName", "d"), ("PolicyDocument", IamCaller.Policy("Deny", "iam:GetRole")));
        await iam.OkAsync("AttachUserPolicy", ("UserName", "bob"), ("PolicyArn", "arn:aws:iam::aws:policy/AWSCodeArtifactReadOnlyAccess"));
        var bob = ("PolicySourceArn", "arn:aws:iam::111122223333:user/bob");
        var result = await iam.OkAsync(
            "SimulatePrincipalPolicy", bob, ("ActionNames.member.1", "iam:GetUser"), ("ActionNames.member.2", "iam:GetRole"), ("ActionNames.member.3", "iam:ListRoles"),
            ("ActionNames.member.4", "codeartifact:ListDomains"), ("ActionNames.member.5", "sts:GetServiceBearerToken"));
        Assert.Equal(["allowed", "explicitDeny", "implicitDeny", "allowed", "implicitDeny"], result.Each("EvalDecision"));
        Assert.Equal(["group_devs_g", "user_bob_d", "AWSCodeArtifactReadOnlyAccess"], result.Each("SourcePolicyId"));
        Assert.Equal(["group", "user", "aws-managed"], result.Each("SourcePolicyType"));
        Assert.Equal(["sts:AWSServiceName"], [.. result.Each("MissingContextValues").Where(text => text.Length > 0)]);
        var told = await iam.OkAsync(
            "SimulatePrincipalPolicy", bob, ("ActionNames.member.1", "sts:GetServiceBearerToken"), ("ContextEntries.member.1.ContextKeyName", "sts:AWSServiceName"),
            ("ContextEntries.member.1.ContextKeyValues.member.1", "codeartifact.amazonaws.com"), ("ContextEntries.member.1.ContextKeyType", "string"));
        Assert.Equal(["allowed"], told.Each("EvalDecision"));

        await iam.OkAsync("PutUserPermissionsBoundary", ("UserName", "bob"), ("PermissionsBoundary", "arn:aws:iam::aws:policy/AWSCodeArtifactReadOnlyAccess"));
        var bounded = await iam.OkAsync("SimulatePrincipalPolicy", bob, ("ActionNames.member.1", "iam:GetUser"), ("ActionNames.member.2", "codeartifact:ListDomains"));
        Assert.Equal(["implicitDeny", "allowed"], bounded.Each("EvalDecision"));
        Assert.Equal(["false", "true"], bounded.Each("AllowedByPermissionsBoundary"));
        var group = await iam.OkAsync("SimulatePrincipalPolicy", ("PolicySourceArn", "arn:aws:iam::111122223333:group/devs"), ("ActionNames.member.1", "iam:GetRole"));
        Assert.Equal(["allowed"], group.Each("EvalDecision"));
        (await iam.CallAsync("SimulatePrincipalPolicy", ("PolicySourceArn", "arn:aws:iam::111122223333:user/none"), ("ActionNames.member.1", "iam:GetRole"))).IsMissing();
        (await iam.CallAsync("SimulatePrincipalPolicy", bob)).Is(400, "ValidationError");
    }

    [Fact]
    public async Task Policies_are_tried_before_they_are_put()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        const string Resource = "arn:aws:codeartifact:eu-central-1:111122223333:repository/tools/shop";
        var allow = ("PolicyInputList.member.1", IamCaller.Policy("Allow", "codeartifact:*", Resource));
        var read = ("ActionNames.member.1", "codeartifact:ReadFromRepository");
        var result = await iam.OkAsync("SimulateCustomPolicy", allow, read, ("ResourceArns.member.1", Resource), ("ResourceArns.member.2", Resource + "2"));
        Assert.Equal(["allowed", "implicitDeny"], result.Each("EvalDecision"));
        Assert.Equal([Resource, Resource + "2"], result.Each("EvalResourceName"));
        Assert.Equal(["PolicyInputList.1"], result.Each("SourcePolicyId"));
        Assert.False(result.Has("PermissionsBoundaryDecisionDetail"));

        var bound = ("PermissionsBoundaryPolicyInputList.member.1", IamCaller.Policy("Allow", "iam:*"));
        result = await iam.OkAsync("SimulateCustomPolicy", allow, read, bound, ("ResourceArns.member.1", Resource));
        Assert.Equal(("implicitDeny", "false"), (result.Text("EvalDecision"), result.Text("AllowedByPermissionsBoundary")));

        const string Granted = """{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:user/eve"},"Action":"codeartifact:ReadFromRepository","Resource":"*"}]}""";
        (string, string)[] foreign =
            [read, ("ResourceArns.member.1", Resource), ("ResourcePolicy", Granted), ("CallerArn", "arn:aws:iam::444455556666:user/eve"), ("ResourceOwner", "arn:aws:iam::111122223333:root")];
        Assert.Equal("allowed", (await iam.OkAsync("SimulateCustomPolicy", [allow, .. foreign])).Text("EvalDecision"));
        Assert.Equal("implicitDeny", (await iam.OkAsync("SimulateCustomPolicy", [("PolicyInputList.member.1", IamCaller.Policy("Allow", "iam:*")), .. foreign])).Text("EvalDecision"));
        (await iam.CallAsync("SimulateCustomPolicy", allow, read, ("ResourcePolicy", Granted))).Is(400, "InvalidInput");
        (await iam.CallAsync("SimulateCustomPolicy", read)).Is(400, "ValidationError");
        (await iam.CallAsync("SimulateCustomPolicy", allow, read, ("ResourceArns.member.1", "x"))).Is(400, "InvalidInput");
        (await iam.CallAsync("SimulateCustomPolicy", ("PolicyInputList.member.1", "{}"), read)).Is(400, "MalformedPolicyDocument");
    }

    [Fact]
    public async Task An_account_is_summed_up_and_told_as_a_whole()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        await iam.OkAsync("CreateRole", ("RoleName", "ci"), ("AssumeRolePolicyDocument", IamCaller.Trust));
        await iam.OkAsync("PutRolePolicy", ("RoleName", "ci"), ("PolicyName", "p"), ("PolicyDocument", IamCaller.AllowAll));
        var summary = await iam.OkAsync("GetAccountSummary");
        Assert.Equal("1", summary.Each("value")[Array.IndexOf(summary.Each("key"), "Roles")]);
        var details = await iam.OkAsync("GetAccountAuthorizationDetails");
        Assert.Equal(["admin", "ci"], [.. details.Each("UserName"), .. details.Each("RoleName")]);
        Assert.Equal(IamCaller.AllowAll, Uri.UnescapeDataString(details.Each("PolicyDocument").Single()));
        Assert.Empty((await iam.OkAsync("GetAccountAuthorizationDetails", ("Filter.member.1", "Role"))).Each("UserName"));
    }
}
