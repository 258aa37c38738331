using System.Text;
using System.Text.Json.Nodes;
using Granary.Server.Events;
using Granary.Tests.Authentication;
using Granary.Tests.ControlPlane;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Tests.Aws.EventBridge;

/// <summary>Somebody with an access key, who signs what they send to EventBridge.</summary>
internal sealed class EventCaller(ControlPlaneHost host, string key = TestSigner.KeyId)
{
    public const string Pattern = """{"source":["aws.codeartifact"]}""";
    public const string Queue = "arn:aws:sqs:us-east-1:111122223333:packages";

    /// <summary>Leaves out what would go on with replays and events meanwhile.</summary>
    public static void WithoutDelivery(IServiceCollection services)
    {
        foreach (var keeper in services.Where(s => s.ImplementationType == typeof(EventKeeper)).ToList())
        {
            services.Remove(keeper);
        }
    }

    public static EventCaller Stranger(ControlPlaneHost host) => new(host, ControlPlaneHost.StrangersKey);

    public static string Arn(string resource, string account = ControlPlaneHost.Owner) => $"arn:aws:events:{TestSigner.Region}:{account}:{resource}";

    public static JsonObject Target(string id, string arn = Queue, params (string Name, JsonNode Value)[] members)
    {
        var target = new JsonObject { ["Id"] = id, ["Arn"] = arn };
        foreach (var (name, value) in members)
        {
            target[name] = value;
        }

        return target;
    }

    public Task<Reply> CallAsync(string operation, params (string Name, JsonNode? Value)[] members) =>
        SendAsync(operation, new JsonObject(members.Select(m => KeyValuePair.Create(m.Name, m.Value))).ToJsonString());

    public Task<Reply> SendAsync(string operation, string body) => host.SendAsync(
        host.Request("POST", "/", body).With(("X-Amz-Target", $"AWSEvents.{operation}")).Signed(new TestSigner { Key = key, Service = "events" }));

    /// <summary>A call that must succeed.</summary>
    public async Task<JsonNode> OkAsync(string operation, params (string Name, JsonNode? Value)[] members)
    {
        var reply = await CallAsync(operation, members);
        Assert.True(reply.Status == 200, $"{operation}: {reply.Status} {Encoding.UTF8.GetString(reply.Bytes)}");
        return reply.Body;
    }

    /// <summary>A call that must be refused under this name; answers the message.</summary>
    public async Task<string> RefusedAsync(string error, string operation, params (string Name, JsonNode? Value)[] members) =>
        Refused(error, await CallAsync(operation, members));

    public static string Refused(string error, Reply reply)
    {
        Assert.True((reply.Status, reply.Text("__type")) == (400, error), $"expected {error}, got {reply.Status}: {Encoding.UTF8.GetString(reply.Bytes)}");
        Assert.NotEmpty(reply.Message);
        return reply.Message;
    }

    public Task<JsonNode> PutRuleAsync(string name, string? bus = null) =>
        OkAsync("PutRule", [("Name", name), ("EventPattern", Pattern), .. bus is null ? [] : new (string, JsonNode?)[] { ("EventBusName", bus) }]);
}
