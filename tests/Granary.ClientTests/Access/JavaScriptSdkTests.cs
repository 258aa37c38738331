using System.Text.Json.Nodes;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Access;

/// <summary>AWS's JavaScript SDK as a signer, beside the AWS CLI and boto3, which the rest of the suite uses.</summary>
public sealed class JavaScriptSdkTests(SharedServer shared)
{
    [Fact]
    public async Task Each_kind_of_request_that_it_signs_is_understood()
    {
        var (key, secret) = shared.Server.Administrator;
        var answers = await RunAsync(key, secret);
        Assert.Equal(GranaryServer.Domain, answers["domain"]!.GetValue<string>());
        Assert.Contains(GranaryServer.Domain, answers["domains"]!.AsArray().Select(name => name!.GetValue<string>()));
        Assert.Equal(200, answers["tagged"]!.GetValue<int>());
        Assert.Equal(0, answers["packages"]!.GetValue<int>());
        Assert.Equal("ValidationException", answers["policy"]!.GetValue<string>());
        Assert.Equal("eyJ", answers["token"]!.GetValue<string>());
    }

    [Fact]
    public async Task Another_secret_and_a_token_that_belongs_to_no_key_are_refused()
    {
        var (key, secret) = shared.Server.Administrator;
        Assert.Equal("InvalidSignatureException", (await RunAsync(key, secret[..^4] + "AAAA"))["domain"]!.GetValue<string>());
        Assert.Equal("UnrecognizedClientException", (await RunAsync(key, secret, "a-token"))["domain"]!.GetValue<string>());
    }

    private async Task<JsonObject> RunAsync(string key, string secret, string token = "")
    {
        using var home = new ClientHome();
        var result = await home.RunAsync(Tool.JavaScriptSdk, home.Project("sdk"), shared.Server.Http.ToString(), key, secret, token);
        return JsonNode.Parse(result.MustSucceed().Output)!.AsObject();
    }
}
