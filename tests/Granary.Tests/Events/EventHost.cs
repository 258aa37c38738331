using System.Net;
using System.Text.Json.Nodes;
using Granary.Core.Database;
using Granary.Core.Events.Delivery;
using Granary.Server.Events.Targets;
using Granary.Tests.Authentication;
using Granary.Tests.Aws.EventBridge;
using Granary.Tests.ControlPlane;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Tests.Events;

/// <summary>A whole server that sends to loopback, and whose clock only a test moves.</summary>
internal sealed class EventHost : IAsyncDisposable
{
    /// <summary>What every request to a web hook proves itself with.</summary>
    public const string Secret = "key-that-nobody-else-sees";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly ControlPlaneHost host;

    private EventHost(ControlPlaneHost host) => (this.host, Events) = (host, new EventCaller(host));

    public EventCaller Events { get; }

    /// <summary>Somebody of another account.</summary>
    public EventCaller Stranger => EventCaller.Stranger(host);

    public DateTimeOffset Now => host.Clock.GetUtcNow();

    public DeadLetters DeadLetters => new(host.Service<GranaryDatabase>());

    /// <param name="queues">Who answers for SQS.</param>
    public static async Task<EventHost> StartAsync(Engine engine, Uri? queues = null, TimeSpan? timeout = null, Action<IServiceCollection>? configure = null)
    {
        var targets = new EventTargetOptions
        {
            AllowedNetworks = [IPNetwork.Parse("127.0.0.0/8")],
            Timeout = timeout ?? TimeSpan.FromSeconds(20),
            Endpoints = queues is null ? new Dictionary<string, Uri>() : new Dictionary<string, Uri> { ["sqs"] = queues },
            AccessKeyId = "AKIAEXAMPLE",
            SecretAccessKey = TestSigner.Secret,
        };
        var host = await ControlPlaneHost.StartAsync(configure, options => options with { EventTargets = targets }, engine);
        await host.CreateDomainAsync("tools", "shop");
        return new EventHost(host);
    }

    /// <summary>Another target of a rule that asks for every event, which is made where it is not there.</summary>
    public Task PutTargetAsync(string rule, string id, Uri address, params (string Name, JsonNode Value)[] members) =>
        PutTargetAsync(Events, rule, id, address, null, members);

    /// <param name="owner">Whose rule it is.</param>
    /// <param name="bus">The rule's; null for the default one.</param>
    public static async Task PutTargetAsync(EventCaller owner, string rule, string id, Uri address, string? bus, params (string Name, JsonNode Value)[] members)
    {
        var connection = await owner.OkAsync(
            "CreateConnection", ("Name", id), ("AuthorizationType", "API_KEY"),
            ("AuthParameters", JsonNode.Parse($$$"""{"ApiKeyAuthParameters":{"ApiKeyName":"X-Key","ApiKeyValue":"{{{Secret}}}"}}""")));
        var destination = await owner.OkAsync(
            "CreateApiDestination", ("Name", id), ("ConnectionArn", (string)connection["ConnectionArn"]!), ("InvocationEndpoint", $"{address}"), ("HttpMethod", "POST"));
        await owner.PutRuleAsync(rule, bus);
        await owner.OkAsync(
            "PutTargets", ("Rule", rule), ("EventBusName", bus ?? "default"), ("Targets", new JsonArray(EventCaller.Target(id, (string)destination["ApiDestinationArn"]!, members))));
    }

    public Task PublishAsync(string package, string version) => host.PublishAsync(package, version);

    /// <summary>So many versions of each of so many packages, one of each package after the other.</summary>
    public async Task PublishAsync(int packages, int versions)
    {
        for (var version = 0; version < versions; version++)
        {
            for (var package = 0; package < packages; package++)
            {
                await host.PublishAsync($"p{package}", $"1.{version}.0");
            }
        }
    }

    /// <summary>Moves the clock, and has everything tried again that is due by then and has been tried before.</summary>
    public async Task StepAsync(TimeSpan by)
    {
        host.Clock.Advance(by);
        var due = Now;
        await UntilAsync(async db => !await db.EventDeliveries.AnyAsync(d => d.Attempts > 0 && d.DueAt <= due), "What is due is not tried.");
    }

    /// <summary>Waits, with a clock that hardly moves: by no more than a minute.</summary>
    public Task UntilAsync(Func<bool> isSo, string otherwise) => UntilAsync(_ => Task.FromResult(isSo()), otherwise);

    /// <summary>As above, for what the database tells.</summary>
    public async Task UntilAsync(Func<GranaryContext, Task<bool>> isSo, string otherwise)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            await using (var db = host.Service<GranaryDatabase>().Open())
            {
                if (await isSo(db))
                {
                    return;
                }
            }

            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, otherwise);
            // Those who gather, and those who keep to a rate, wait for the clock.
            host.Clock.Advance(TimeSpan.FromMilliseconds(4));
            await Task.Delay(4);
        }
    }

    public async ValueTask DisposeAsync() => await host.DisposeAsync();
}
