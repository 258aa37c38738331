using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Core.Database;
using Granary.Tests.Authentication;
using Granary.Tests.ControlPlane;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Aws.EventBridge;

/// <summary>Events that somebody puts on a bus.</summary>
public sealed class PutEventsTests
{
    [Fact]
    public async Task What_has_no_fault_is_taken_whole_and_the_rest_is_told_of()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var events = new EventCaller(host);
        await events.OkAsync("CreateArchive", ("ArchiveName", "a"), ("EventSourceArn", EventCaller.Arn("event-bus/default")));
        var put = await events.OkAsync("PutEvents", ("Entries", new JsonArray(
            Entry(("Time", 1_700_000_000.5), ("Resources", new JsonArray("r")), ("Detail", """{ "deep": {"ü": [1.50, null]} }""")),
            Entry(("Source", "aws.codeartifact")),
            Entry(("Source", null)),
            Entry(("DetailType", "")),
            Entry(("DetailType", new string('x', 129))),
            Entry(("Detail", "[]")),
            Entry(("Detail", """{"a":""")),
            Entry(("Detail", string.Concat(Enumerable.Repeat("""{"a":""", 62)) + "1" + new string('}', 62))),
            Entry(("EventBusName", "none")),
            Entry(("Time", -1)))));
        Assert.Equal(9, (int)put["FailedEntryCount"]!);
        Assert.Equal(
            [null, "NotAuthorizedForSourceException", "InvalidArgument", "InvalidArgument", "InvalidArgument", "MalformedDetail", "MalformedDetail", "MalformedDetail", "InvalidArgument", "InvalidArgument"],
            put["Entries"]!.AsArray().Select(e => (string?)e!["ErrorCode"]));
        Assert.All(put["Entries"]!.AsArray().Skip(1), e => Assert.NotEmpty((string)e!["ErrorMessage"]!));

        var taken = JsonElement.Parse(Assert.Single(await TakenAsync(host)));
        Assert.Equal((string)put["Entries"]![0]!["EventId"]!, taken.GetProperty("id").GetString());
        Assert.Equal(
            ("0", "sold", "shop", ControlPlaneHost.Owner, "2023-11-14T22:13:20Z", TestSigner.Region, """["r"]""", """{ "deep": {"ü": [1.50, null]} }"""),
            (Text("version"), Text("detail-type"), Text("source"), Text("account"), Text("time"), Text("region"), taken.GetProperty("resources").GetRawText(), taken.GetProperty("detail").GetRawText()));

        string Text(string name) => taken.GetProperty(name).GetString()!;
    }

    [Fact]
    public async Task Limits_are_held_and_nothing_of_such_a_request_is_taken()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var events = new EventCaller(host);
        await events.RefusedAsync("ValidationException", "PutEvents", ("Entries", new JsonArray()));
        await events.RefusedAsync("ValidationException", "PutEvents");
        await events.RefusedAsync("ValidationException", "PutEvents", ("Entries", new JsonArray([.. Enumerable.Range(0, 11).Select(_ => Entry())])));
        await events.RefusedAsync("ValidationException", "PutEvents", ("Entries", new JsonArray(Entry())), ("EndpointId", "a.b"));
        var large = new JsonObject { ["x"] = new string('x', 200 << 10) }.ToJsonString();
        await events.RefusedAsync("ValidationException", "PutEvents", ("Entries", new JsonArray(Entry(("Detail", large)), Entry(("Detail", large)))));
        Assert.Empty(await TakenAsync(host));
        await events.OkAsync("CreateArchive", ("ArchiveName", "a"), ("EventSourceArn", EventCaller.Arn("event-bus/default")));
        await events.OkAsync("PutEvents", ("Entries", new JsonArray(Entry(("Detail", large)))));
        Assert.Single(await TakenAsync(host));
    }

    [Fact]
    public async Task Another_accounts_bus_takes_what_both_sides_allow()
    {
        const string Key = "AKIAEXAMPLE000000009";
        await using var host = await ControlPlaneHost.StartAsync();
        var id = await host.AddUserAsync(ControlPlaneHost.Owner, "eve", Key);
        var (eve, stranger) = (new EventCaller(host, Key), EventCaller.Stranger(host));
        var entries = new JsonArray(Entry(("EventBusName", EventCaller.Arn("event-bus/default", ControlPlaneHost.Stranger))), Entry());
        await host.SetPolicyAsync(ControlPlaneHost.Owner, id, """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"events:PutEvents","Resource":"*","Condition":{"StringEquals":{"events:source":"shop"}}}]}""");
        await eve.RefusedAsync("AccessDeniedException", "PutEvents", ("Entries", entries.DeepClone()));
        await stranger.OkAsync("PutPermission", ("StatementId", "s"), ("Action", "events:PutEvents"), ("Principal", ControlPlaneHost.Owner));
        Assert.Empty(await TakenAsync(host));
        Assert.Equal(0, (int)(await eve.OkAsync("PutEvents", ("Entries", entries.DeepClone())))["FailedEntryCount"]!);
        await eve.RefusedAsync("AccessDeniedException", "PutEvents", ("Entries", new JsonArray(Entry(("Source", "other")))));
        await host.SetPolicyAsync(ControlPlaneHost.Owner, id, null);
        await eve.RefusedAsync("AccessDeniedException", "PutEvents", ("Entries", entries.DeepClone()));
    }

    private static JsonObject Entry(params (string Name, JsonNode? Value)[] members)
    {
        var entry = new JsonObject { ["Source"] = "shop", ["DetailType"] = "sold", ["Detail"] = "{}" };
        foreach (var (name, value) in members)
        {
            entry[name] = value;
        }

        return entry;
    }

    /// <summary>The events that were taken, whether or not they have been compared with rules and archives since.</summary>
    private static async Task<IReadOnlyList<string>> TakenAsync(ControlPlaneHost host)
    {
        await using var db = host.Service<GranaryDatabase>().Open();
        var incoming = await db.IncomingEvents.AsNoTracking().Select(e => e.Event).ToListAsync(TestContext.Current.CancellationToken);
        var archived = await db.ArchivedEvents.AsNoTracking().Select(e => e.Event).ToListAsync(TestContext.Current.CancellationToken);
        return [.. incoming.Union(archived)];
    }
}
