using Granary.Server.Aws.Iam;
using Granary.Tests.ControlPlane;

namespace Granary.Tests.Aws.Iam;

public sealed class IamProtocolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(1000)]
    public async Task Every_list_comes_in_pages(int size)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        string[] names = ["a", "B", "c"];
        await iam.OkAsync("CreateUser", ("UserName", "u"));
        await iam.OkAsync("CreateGroup", ("GroupName", "g"));
        foreach (var name in names)
        {
            await iam.OkAsync("CreateUser", ("UserName", name), ("Path", "/p/"));
            await iam.OkAsync("CreateGroup", ("GroupName", name), ("Path", "/p/"));
            await iam.OkAsync("CreateRole", ("RoleName", name), ("Path", "/p/"), ("AssumeRolePolicyDocument", IamCaller.Trust));
            await iam.OkAsync("CreatePolicy", ("PolicyName", name), ("PolicyDocument", IamCaller.AllowAll));
            await iam.OkAsync("AddUserToGroup", ("GroupName", "g"), ("UserName", name));
            await iam.OkAsync("AddUserToGroup", ("GroupName", name), ("UserName", "u"));
            await iam.OkAsync("PutUserPolicy", ("UserName", "u"), ("PolicyName", name), ("PolicyDocument", IamCaller.AllowAll));
            await iam.OkAsync("AttachUserPolicy", ("UserName", "u"), ("PolicyArn", $"arn:aws:iam::111122223333:policy/{name}"));
            await iam.OkAsync("AttachRolePolicy", ("RoleName", name), ("PolicyArn", "arn:aws:iam::111122223333:policy/a"));
            await iam.OkAsync("CreatePolicyVersion", ("PolicyArn", "arn:aws:iam::111122223333:policy/a"), ("PolicyDocument", IamCaller.AllowAll));
            await iam.OkAsync("TagUser", ("UserName", "u"), ("Tags.member.1.Key", name), ("Tags.member.1.Value", ""));
        }

        Assert.Equal(names, await PagesAsync("ListUsers", "UserName", ("PathPrefix", "/p/")));
        Assert.Equal(names, await PagesAsync("ListGroups", "GroupName", ("PathPrefix", "/p/")));
        Assert.Equal(names, await PagesAsync("ListRoles", "RoleName", ("PathPrefix", "/p/")));
        Assert.Equal(names, await PagesAsync("GetGroup", "UserName", ("GroupName", "g")));
        Assert.Equal(names, await PagesAsync("ListGroupsForUser", "GroupName", ("UserName", "u")));
        Assert.Equal(names, await PagesAsync("ListPolicies", "PolicyName", ("Scope", "Local")));
        Assert.Equal(names.Length + 6, (await PagesAsync("ListPolicies", "Arn")).Distinct().Count());
        Assert.Equal(["B", "a", "c"], await PagesAsync("ListAttachedUserPolicies", "PolicyName", ("UserName", "u")));
        Assert.Equal(["B", "a", "c"], await PagesAsync("ListUserTags", "Key", ("UserName", "u")));
        Assert.Equal(["B", "a", "c"], await PagesAsync("ListUserPolicies", "member", ("UserName", "u")));
        Assert.Equal(["v4", "v3", "v2", "v1"], await PagesAsync("ListPolicyVersions", "VersionId", ("PolicyArn", "arn:aws:iam::111122223333:policy/a")));
        Assert.Equal(names.Order(), (await PagesAsync("ListEntitiesForPolicy", "RoleName", ("PolicyArn", "arn:aws:iam::111122223333:policy/a"))).Order());
        Assert.Equal(["iam:A", "iam:B"], await PagesAsync(
            "SimulateCustomPolicy", "EvalActionName", ("PolicyInputList.member.1", IamCaller.AllowAll), ("ActionNames.member.1", "iam:A"), ("ActionNames.member.2", "iam:B")));
        var details = await PagesAsync("GetAccountAuthorizationDetails", "PolicyVersionList");
        Assert.Equal(4, details.Length);

        async Task<string[]> PagesAsync(string action, string element, params (string, string)[] parameters)
        {
            var found = new List<string>();
            (string, string)[] more = [];
            do
            {
                var page = await iam.OkAsync(action, [.. parameters, ("MaxItems", $"{size}"), .. more]);
                found.AddRange(page.Each(element));
                Assert.Equal(page.IsTruncated, page.Has("Marker"));
                more = page.IsTruncated ? [("Marker", page.Text("Marker"))] : [];
            }
            while (more.Length > 0 && found.Count < 100);

            return [.. found];
        }
    }

    [Fact]
    public async Task A_marker_is_good_for_its_own_list_only()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        await iam.OkAsync("CreateUser", ("UserName", "bob"));
        var marker = (await iam.OkAsync("ListUsers", ("MaxItems", "1"))).Text("Marker");
        (await iam.CallAsync("ListRoles", ("Marker", marker))).Is(400, "ValidationError");
        (await iam.CallAsync("ListUsers", ("Marker", marker), ("PathPrefix", "/a"))).Is(400, "ValidationError");
        (await IamCaller.Stranger(host).CallAsync("ListUsers", ("Marker", marker))).Is(400, "ValidationError");
        (await iam.CallAsync("ListUsers", ("Marker", "x"))).Is(400, "ValidationError");
        (await iam.CallAsync("ListUsers", ("MaxItems", "0"))).Is(400, "ValidationError");
        (await iam.CallAsync("ListUsers", ("MaxItems", "1001"))).Is(400, "ValidationError");
    }

    [Theory]
    [InlineData("")]
    [InlineData("\u0001")]
    [InlineData("\uFFFE")]
    [InlineData("a\rb")]
    [InlineData("'; DROP TABLE identities; --")]
    [InlineData("ü😀")]
    [InlineData("../..")]
    [InlineData("arn:aws:iam::111122223333:policy/")]
    [InlineData("arn:aws:iam::111122223333:oidc-provider/x")]
    [InlineData("arn:aws:iam::111122223333:user/\u0001xxx")]
    [InlineData("{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"iam:\\u0001${\",\"Resource\":\"\\uD800\"}}")]
    [InlineData("{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"iam:*\",\"Resource\":\"\\u0002\"}}")]
    [InlineData("-1")]
    [InlineData("99999999999999999999999")]
    public async Task Nothing_that_a_client_sends_is_the_servers_fault(string value)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        (string, string)[] good =
        [
            ("UserName", "bob"), ("GroupName", "devs"), ("RoleName", "ci"), ("PolicyName", "p"), ("PolicyArn", "arn:aws:iam::111122223333:policy/p"), ("VersionId", "v1"),
            ("PolicyDocument", IamCaller.AllowAll), ("AssumeRolePolicyDocument", IamCaller.Trust), ("AccessKeyId", "AKIAEXAMPLE000000009"), ("Status", "Inactive"),
            ("Description", "d"), ("Url", "https://issuer.example"), ("ClientID", "c"), ("OpenIDConnectProviderArn", "arn:aws:iam::111122223333:oidc-provider/issuer.example"),
            ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v"), ("TagKeys.member.1", "k"), ("ActionNames.member.1", "iam:GetUser"),
            ("PolicyInputList.member.1", IamCaller.AllowAll), ("PolicySourceArn", "arn:aws:iam::111122223333:user/bob"), ("ResourceArns.member.1", "arn:aws:iam::1:user/x"),
            ("ContextEntries.member.1.ContextKeyName", "aws:SourceIp"), ("ContextEntries.member.1.ContextKeyValues.member.1", "x"), ("CallerArn", "arn:aws:iam::111122223333:user/bob"),
            ("Path", "/"), ("PathPrefix", "/"), ("MaxItems", "5"), ("MaxSessionDuration", "3600"), ("ThumbprintList.member.1", new string('a', 40)),
            ("ResourcePolicy", IamCaller.Trust.Replace("}]", ",\"Resource\":\"*\"}]", StringComparison.Ordinal)), ("ResourceOwner", "111122223333"), ("NewUserName", "bob"), ("NewPath", "/"),
        ];
        for (var i = 0; i < good.Length; i++)
        {
            var bad = good.Select((parameter, n) => n == i ? (parameter.Item1, value) : parameter).ToArray();
            foreach (var action in IamActions.All.Where((_, n) => (n + (7 * i) + value.Length) % 12 == 0))
            {
                var reply = await iam.CallAsync(action.Name, bad);
                Assert.True(reply.Status < 500, $"{action.Name} with {good[i].Item1}: {reply.Xml}");
            }
        }
    }

    [Fact]
    public async Task Actions_and_versions_that_are_not_there_are_refused()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        (await iam.CallAsync("CreateLoginProfile")).Is(400, "InvalidAction");
        (await iam.CallAsync("getUser")).Is(400, "InvalidAction");
        (await new IamCaller(host, "AKIAEXAMPLE000000009").CallAsync("GetUser")).Is(403, "InvalidClientTokenId");
        (await new IamCaller(host, secret: "wrong").CallAsync("GetUser")).Is(403, "SignatureDoesNotMatch");
        Assert.Equal(IamActions.All.Count, IamActions.All.Select(action => action.Name).Distinct().Count());
    }
}
