using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Events;

/// <summary>Rules and targets by the AWS CLI, in few words.</summary>
internal static class EventServer
{
    /// <summary>What a server needs to send events to the machine itself.</summary>
    public static Dictionary<string, string> Settings(FakeNpmSource source) => new()
    {
        ["ExternalConnections__public__npmjs"] = source.Address.ToString(),
        ["Events__AllowedNetworks"] = "127.0.0.0/8",
    };

    /// <summary>An API destination at the address, with a connection of its own; answers its ARN.</summary>
    /// <param name="rate">Requests a second at most.</param>
    public static async Task<string> CreateDestinationAsync(AwsCli events, string name, Uri address, int rate = 300)
    {
        var connection = await events.RunAsync(
            "create-connection", "--name", name, "--authorization-type", "API_KEY",
            "--auth-parameters", """{"ApiKeyAuthParameters":{"ApiKeyName":"X-Key","ApiKeyValue":"of-the-receiver"}}""");
        var destination = await events.RunAsync(
            "create-api-destination", "--name", name, "--connection-arn", (string)connection["ConnectionArn"]!, "--http-method", "POST",
            // As a parameter of its own version 1 of the CLI fetches an address and sends what it finds there.
            "--cli-input-json", $$"""{"InvocationEndpoint":"{{address}}","InvocationRateLimitPerSecond":{{rate}}}""");
        return (string)destination["ApiDestinationArn"]!;
    }

    /// <summary>A rule with one target.</summary>
    /// <param name="more">More members of the target, as JSON, with a comma before them.</param>
    public static async Task PutRuleAsync(AwsCli events, string name, string pattern, string arn, string more = "")
    {
        await events.RunAsync("put-rule", "--name", name, "--event-pattern", pattern);
        var put = await events.RunAsync("put-targets", "--rule", name, "--targets", $$"""[{"Id":"{{name}}","Arn":"{{arn}}"{{more}}}]""");
        Assert.Equal(0, (int)put["FailedEntryCount"]!);
    }
}
