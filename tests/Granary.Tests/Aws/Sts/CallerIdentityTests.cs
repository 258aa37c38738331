using Granary.Tests.Authentication;

namespace Granary.Tests.Aws.Sts;

public sealed class CallerIdentityTests
{
    [Fact]
    public async Task Tells_a_user_without_any_permission_who_they_are()
    {
        await using var host = await StsHost.StartAsync();
        var user = await host.AddUserAsync("nobody");

        var reply = (await host.CallAsync("GetCallerIdentity", user)).Ok();

        Assert.Equal("arn:aws:iam::111122223333:user/nobody", reply["Arn"]);
        Assert.Equal("111122223333", reply["Account"]);
        Assert.Matches("^AIDA[A-Z2-7]{17}$", reply["UserId"]);
        Assert.True(Guid.TryParse(reply["RequestId"], out _));
    }

    [Fact]
    public async Task Tells_a_session_its_role_and_its_name()
    {
        await using var host = await StsHost.StartAsync();
        var role = await host.AddRoleAsync("ci", StsHost.Trust(StsHost.By(StsHost.Owner)), path: "/teams/build/");
        var session = (await host.AssumeAsync("teams/build/ci")).Ok().Session;

        var reply = (await host.CallAsync("GetCallerIdentity", session)).Ok();

        Assert.Equal("arn:aws:sts::111122223333:assumed-role/ci/build", reply["Arn"]);
        Assert.Equal($"{role.Id}:build", reply["UserId"]);
    }

    [Fact]
    public async Task Signatures_that_do_not_fit_are_refused_under_the_names_that_STS_gives_them()
    {
        await using var host = await StsHost.StartAsync();
        (await host.CallAsync("GetCallerIdentity", new(TestSigner.KeyId, "wrong"))).Is(403, "SignatureDoesNotMatch");
        (await host.CallAsync("GetCallerIdentity", new("AKIAEXAMPLE000000009", "wrong"))).Is(403, "InvalidClientTokenId");
        (await host.CallAsync("GetCallerIdentity", new(TestSigner.KeyId, TestSigner.Secret, "AAAA"))).Is(403, "InvalidClientTokenId");
    }

    [Theory]
    [InlineData("GetSessionToken")]
    [InlineData("getCallerIdentity")]
    public async Task Other_actions_do_not_exist(string action)
    {
        await using var host = await StsHost.StartAsync();
        (await host.CallAsync(action)).Is(400, "InvalidAction");
    }
}
