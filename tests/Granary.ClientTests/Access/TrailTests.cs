using System.Text.Json.Nodes;
using Granary.ClientTests.Clients;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Access;

/// <summary>What the audit trail says of what real clients did, and the commands that read it.</summary>
public sealed class TrailTests(SharedServer shared)
{
    [Fact]
    public async Task Lookup_events_shows_what_npm_did()
    {
        var name = SharedServer.Fresh("trailed");
        using var home = shared.LoggedIn();
        (await home.NpmAsync(PackageFolder.ToPublish(home, name), "publish")).MustSucceed();
        // What npm packed it would install without asking.
        home.EmptyCaches();
        (await home.NpmAsync(PackageFolder.ToInstall(home, "project", name), "install")).MustSucceed();
        (await home.NpmAsync(home.Project("project"), "view", $"{name}-missing")).MustFail();

        var events = await LookUpAsync("ResourceName", name);
        Assert.Contains(events, e => Is(e, "PublishPackageVersion", readOnly: "false"));
        Assert.Contains(events, e => Is(e, "ReadFromRepository", readOnly: "true"));
        var publish = Record(events.First(e => (string)e["EventName"]! == "PublishPackageVersion"));
        Assert.Equal(("1.0.0", "PUT", $"/npm/{name}"), (
            (string)publish["requestParameters"]!["packageVersion"]!, (string)publish["additionalEventData"]!["httpMethod"]!, (string)publish["additionalEventData"]!["requestUri"]!));
        Assert.Equal(("IAMUser", "admin", "127.0.0.1"), (
            (string)publish["userIdentity"]!["type"]!, (string)publish["userIdentity"]!["userName"]!, (string)publish["sourceIPAddress"]!));
        Assert.Contains("npm/", (string)publish["userAgent"]!, StringComparison.Ordinal);
        var tarball = events.Select(Record).First(r => ((string)r["additionalEventData"]!["requestUri"]!).EndsWith(".tgz", StringComparison.Ordinal));
        Assert.Equal("1.0.0", (string)tarball["requestParameters"]!["packageVersion"]!);
        Assert.Contains(await LookUpAsync("ResourceName", $"{name}-missing"), e => (string?)Record(e)["errorCode"] == "ResourceNotFoundException");
        Assert.DoesNotContain(shared.Token, string.Concat(events.Select(e => e.ToJsonString())), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lookup_events_shows_refusals_and_pages()
    {
        var domain = SharedServer.Fresh("trail-pages");
        for (var i = 0; i < 3; i++)
        {
            await shared.Aws.RefusedAsync("ResourceNotFoundException", "describe-domain", "--domain", domain);
        }

        var events = await LookUpAsync("ResourceName", domain, "--page-size", "1");
        Assert.Equal(3, events.Count);
        Assert.All(events, e => Assert.Equal("ResourceNotFoundException", (string)Record(e)["errorCode"]!));
        Assert.Equal(3, events.Select(e => (string)e["EventId"]!).Distinct().Count());
        var one = (string)events[1]["EventId"]!;
        Assert.Equal(one, (string)Assert.Single(await LookUpAsync("EventId", one))["EventId"]!);
        (await shared.Aws.TryServiceAsync("cloudtrail", "lookup-events", "--start-time", "2001-01-01", "--end-time", "2000-01-01")).MustFail("InvalidTimeRangeException");
    }

    [Fact]
    public async Task Audit_verify_and_export_work_beside_the_running_server()
    {
        var name = SharedServer.Fresh("trail-export");
        await shared.PublishAsync(new PublishDocument(name, "1.0.0"));
        using var home = new ClientHome();

        var verified = (await AuditAsync(home, "verify")).MustSucceed();
        Assert.Contains("intact", verified.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("FAULTY", verified.Output, StringComparison.Ordinal);

        var exported = (await AuditAsync(home, "export", "--account", GranaryServer.Account)).MustSucceed();
        var records = exported.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Contains(records, r => (string)r["eventName"]! == "PublishPackageVersion" && (string?)r["requestParameters"]!["packageName"] == name);
        Assert.All(records, r => Assert.Equal(GranaryServer.Account, (string)r["recipientAccountId"]!));
        Assert.Empty((await AuditAsync(home, "export", "--to", "2001-01-01")).MustSucceed().Output.Trim());
        (await AuditAsync(home, "export", "--from", "yesterday")).MustFail("--from");
    }

    [Fact]
    public async Task A_kill_loses_no_record_of_a_change_and_breaks_no_chain()
    {
        await using var source = new FakeNpmSource();
        await using var server = await GranaryServer.StartAsync(source);
        using var home = new ClientHome();
        var token = await new AwsCli(server, home).TokenAsync();
        for (var i = 0; i < 20; i++)
        {
            using var request = server.Request(HttpMethod.Put, $"kept-{i}", token);
            request.Content = PublishDocument.ContentOf(new PublishDocument($"kept-{i}", "1.0.0").Root.ToJsonString());
            Assert.True((await server.SendAsync(request)).IsSuccess);
        }

        await server.KillAsync();
        (await AuditAsync(home, "verify", server)).MustSucceed();
        var exported = (await AuditAsync(home, "export", server)).MustSucceed().Output;
        Assert.All(Enumerable.Range(0, 20), i => Assert.Contains($"\"packageName\":\"kept-{i}\"", exported, StringComparison.Ordinal));
        await server.StartAgainAsync();
        (await AuditAsync(home, "verify", server)).MustSucceed();
    }

    private static Task<CommandResult> AuditAsync(ClientHome home, string command, GranaryServer server) =>
        Command.RunAsync(GranaryServer.Program, ["audit", command, "--data", server.DataDirectory], home.Path, home.Environment);

    private Task<CommandResult> AuditAsync(ClientHome home, string command, params string[] arguments) =>
        Command.RunAsync(GranaryServer.Program, ["audit", command, "--data", shared.Server.DataDirectory, .. arguments], home.Path, home.Environment);

    private async Task<List<JsonObject>> LookUpAsync(string attribute, string value, params string[] more)
    {
        var result = (await shared.Aws.TryServiceAsync(
            "cloudtrail", ["lookup-events", "--lookup-attributes", $"AttributeKey={attribute},AttributeValue={value}", .. more, "--output", "json"])).MustSucceed();
        return [.. JsonNode.Parse(result.Output)!["Events"]!.AsArray().Select(e => e!.AsObject())];
    }

    private static bool Is(JsonObject told, string name, string readOnly) => (string)told["EventName"]! == name && (string)told["ReadOnly"]! == readOnly;

    private static JsonNode Record(JsonObject told) => JsonNode.Parse((string)told["CloudTrailEvent"]!)!;
}
