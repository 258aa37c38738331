using Granary.Tests.ControlPlane;

namespace Granary.Tests.Aws.Iam;

public sealed class IamTagAndProviderTests
{
    private const string Provider = "arn:aws:iam::111122223333:oidc-provider/issuer.example/group";

    [Fact]
    public async Task Tags_are_set_replaced_and_removed_on_everything_that_has_them()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        await iam.OkAsync("CreateUser", ("UserName", "bob"));
        await iam.OkAsync("CreateRole", ("RoleName", "ci"), ("AssumeRolePolicyDocument", IamCaller.Trust));
        await iam.OkAsync("CreatePolicy", ("PolicyName", "p"), ("PolicyDocument", IamCaller.AllowAll));
        await iam.OkAsync("CreateOpenIDConnectProvider", ("Url", "https://issuer.example/group"));
        var subjects = new[]
        {
            ("User", ("UserName", "bob")), ("Role", ("RoleName", "ci")), ("Policy", ("PolicyArn", "arn:aws:iam::111122223333:policy/p")),
            ("OpenIDConnectProvider", ("OpenIDConnectProviderArn", Provider)),
        };
        foreach (var (what, who) in subjects)
        {
            await iam.OkAsync($"Tag{what}", who, ("Tags.member.1.Key", "Team"), ("Tags.member.1.Value", "red"), ("Tags.member.2.Key", "ключ"), ("Tags.member.2.Value", ""));
            await iam.OkAsync($"Tag{what}", who, ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "blue"));
            var tags = await iam.OkAsync($"List{what}Tags", who);
            Assert.Equal(["team", "ключ", "blue", ""], [.. tags.Each("Key"), .. tags.Each("Value")]);
            Assert.Contains("blue", (await iam.OkAsync($"Get{what}", who)).Each("Value"));
            await iam.OkAsync($"Untag{what}", who, ("TagKeys.member.1", "TEAM"), ("TagKeys.member.2", "none"));
            Assert.Equal(["ключ"], (await iam.OkAsync($"List{what}Tags", who)).Each("Key"));
            var many = Enumerable.Range(1, 50).SelectMany(i => new[] { ($"Tags.member.{i}.Key", $"k{i}"), ($"Tags.member.{i}.Value", "") });
            (await iam.CallAsync($"Tag{what}", [who, .. many])).Is(409, "LimitExceeded");
            (await iam.CallAsync($"Tag{what}", who, ("Tags.member.1.Key", "aws:x"), ("Tags.member.1.Value", ""))).Is(400, "InvalidInput");
            (await iam.CallAsync($"Tag{what}", who, ("Tags.member.1.Key", "x"), ("Tags.member.1.Value", ""), ("Tags.member.2.Key", "X"), ("Tags.member.2.Value", ""))).Is(400, "InvalidInput");
            (await iam.CallAsync($"Tag{what}", who, ("Tags.member.1.Key", "a{b"), ("Tags.member.1.Value", ""))).Is(400, "ValidationError");
            (await iam.CallAsync($"Tag{what}", who)).Is(400, "ValidationError");
        }
    }

    [Fact]
    public async Task A_provider_is_made_read_changed_and_deleted()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var iam = new IamCaller(host);
        var thumbprint = new string('A', 40);
        var made = await iam.OkAsync(
            "CreateOpenIDConnectProvider", ("Url", "https://issuer.example/group/"), ("ClientIDList.member.1", "sts.amazonaws.com"), ("ThumbprintList.member.1", thumbprint));
        Assert.Equal(Provider, made.Text("OpenIDConnectProviderArn"));
        (await iam.CallAsync("CreateOpenIDConnectProvider", ("Url", "https://issuer.example/group"))).Is(409, "EntityAlreadyExists");
        var arn = ("OpenIDConnectProviderArn", Provider);
        await iam.OkAsync("AddClientIDToOpenIDConnectProvider", arn, ("ClientID", "second"));
        await iam.OkAsync("AddClientIDToOpenIDConnectProvider", arn, ("ClientID", "second"));
        await iam.OkAsync("RemoveClientIDFromOpenIDConnectProvider", arn, ("ClientID", "none"));
        var read = await iam.OkAsync("GetOpenIDConnectProvider", arn);
        Assert.Equal(["sts.amazonaws.com", "second"], read.List("ClientIDList"));
        Assert.Equal([thumbprint.ToLowerInvariant()], read.List("ThumbprintList"));
        Assert.Equal("issuer.example/group", read.Text("Url"));
        await iam.OkAsync("RemoveClientIDFromOpenIDConnectProvider", arn, ("ClientID", "sts.amazonaws.com"));
        await iam.OkAsync("UpdateOpenIDConnectProviderThumbprint", arn, ("ThumbprintList.member.1", new string('b', 40)));
        read = await iam.OkAsync("GetOpenIDConnectProvider", arn);
        Assert.Equal(["second", new string('b', 40)], [.. read.List("ClientIDList"), .. read.List("ThumbprintList")]);
        Assert.Equal([Provider], (await iam.OkAsync("ListOpenIDConnectProviders")).Each("Arn"));
        (await iam.CallAsync("UpdateOpenIDConnectProviderThumbprint", [arn, .. Enumerable.Range(1, 6).Select(i => ($"ThumbprintList.member.{i}", new string((char)('0' + i), 40)))])).Is(409, "LimitExceeded");
        await iam.OkAsync("DeleteOpenIDConnectProvider", arn);
        (await iam.CallAsync("DeleteOpenIDConnectProvider", arn)).IsMissing();
        (await iam.CallAsync("GetOpenIDConnectProvider", ("OpenIDConnectProviderArn", "arn:aws:iam::111122223333:role/ci"))).Is(400, "InvalidInput");
    }

    [Theory]
    [InlineData("https://issuer.example", true)]
    [InlineData("http://127.0.0.1:8080/realms/x", true)]
    [InlineData("http://[::1]:8080", true)]
    [InlineData("http://localhost", true)]
    [InlineData("http://issuer.example", false)]
    [InlineData("http://127.0.0.1.issuer.example", false)]
    [InlineData("http://localhost@issuer.example", false)]
    [InlineData("https://user@issuer.example", false)]
    [InlineData("https://issuer.example?x=1", false)]
    [InlineData("https://issuer.example/#x", false)]
    [InlineData("https://ISSUER.example", false)]
    [InlineData("HTTPS://issuer.example", false)]
    [InlineData("https://", false)]
    [InlineData("file:///etc", false)]
    [InlineData("ftp://issuer.example", false)]
    [InlineData("issuer.example", false)]
    [InlineData("https://issuer.example/a b", false)]
    public async Task A_provider_has_an_address_of_https_or_of_this_machine(string url, bool accepted)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var reply = await new IamCaller(host).CallAsync("CreateOpenIDConnectProvider", ("Url", url));
        Assert.Equal(accepted, reply.Status == 200);
        if (!accepted)
        {
            reply.Is(400, "InvalidInput");
        }
    }
}
