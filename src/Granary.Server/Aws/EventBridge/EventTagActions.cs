using System.Text.Json;
using Granary.Core;
using Granary.Core.Events.Buses;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.EventBridge;

/// <summary>Tags of rules and buses, the only resources that have some.</summary>
internal static class EventTagActions
{
    public static IReadOnlyList<EventAction> All { get; } =
    [
        new("TagResource", TagAsync),
        new("UntagResource", UntagAsync),
        new("ListTagsForResource", ListAsync),
    ];

    private static async Task<Action<Utf8JsonWriter>> TagAsync(EventCall call)
    {
        var (arn, resource) = Resource(call);
        var tags = call.Arguments.Raw("Tags") is null ? throw Fault.Missing("Tags") : call.Tags();
        await call.AuthoriseAsync(arn, EventTags.Keys(tags));
        await call.Service<EventTagStore>().SetAsync(call.AccountId, resource, db => EventTagStore.DemandAsync(db, call.Arns, arn), tags, call.Actor, call.Cancellation);
        return EventAction.Nothing;
    }

    private static async Task<Action<Utf8JsonWriter>> UntagAsync(EventCall call)
    {
        var (arn, resource) = Resource(call);
        var keys = call.Arguments.Texts("TagKeys", EventShapes.TagKey, EventShapes.MostTags) ?? throw Fault.Missing("TagKeys");
        await call.AuthoriseAsync(arn, new Dictionary<string, string[]>(StringComparer.OrdinalIgnoreCase) { ["aws:TagKeys"] = [.. keys] });
        await call.Service<EventTagStore>().RemoveAsync(call.AccountId, resource, db => EventTagStore.DemandAsync(db, call.Arns, arn), [.. keys], call.Actor, call.Cancellation);
        return EventAction.Nothing;
    }

    private static async Task<Action<Utf8JsonWriter>> ListAsync(EventCall call)
    {
        var (arn, resource) = Resource(call);
        await call.AuthoriseAsync(arn);
        var tags = await call.Service<EventTagStore>().ListAsync(call.AccountId, resource, db => EventTagStore.DemandAsync(db, call.Arns, arn), call.Cancellation);
        return json =>
        {
            json.WriteStartArray("Tags"u8);
            foreach (var tag in tags)
            {
                json.WriteObject(_ =>
                {
                    json.WriteString("Key"u8, tag.Key);
                    json.WriteString("Value"u8, tag.Value);
                });
            }

            json.WriteEndArray();
        };
    }

    /// <summary>The ARN, and what it has after the account.</summary>
    private static (string Arn, string Resource) Resource(EventCall call)
    {
        var arn = call.Arguments.Required("ResourceARN", EventShapes.Arn);
        var account = call.Arns.RuleOf(arn)?.Account ?? call.Arns.BusOf(arn)?.Account
            ?? throw EventRefusals.Invalid($"{arn} is neither a rule nor an event bus of this server, whose region is {call.Arns.Region}. Nothing else has tags.");
        return account == call.AccountId ? (arn, arn[(arn.LastIndexOf(':') + 1)..]) : throw Refusal.AccessDenied(call.Principal.Arn, call.Action, arn);
    }
}
