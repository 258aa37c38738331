using System.Text.Json;
using Granary.Core.Access;
using Granary.Core.Events.Buses;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.EventBridge;

/// <summary>Targets of rules.</summary>
internal static class TargetActions
{
    public static IReadOnlyList<EventAction> All { get; } =
    [
        new("PutTargets", PutAsync),
        new("RemoveTargets", RemoveAsync),
        new("ListTargetsByRule", ListAsync),
        new("ListRuleNamesByTarget", ListRulesAsync),
    ];

    /// <summary>
    /// All targets or none: one that cannot be sent to is refused with the whole call, since clients pass over <c>FailedEntries</c> without an error.
    /// </summary>
    private static async Task<Action<Utf8JsonWriter>> PutAsync(EventCall call)
    {
        var rule = call.Rule("Rule");
        var given = call.Arguments.Objects("Targets", EventShapes.MostTargets) ?? throw Fault.Missing("Targets");
        if (given.Count == 0)
        {
            throw Fault.Of("Targets", "Member must have length greater than or equal to 1");
        }

        var arns = given.Select(target => target.Required("Arn", EventShapes.Arn)).ToArray();
        await call.AuthoriseAsync(call.Arns.Rule(rule.Account, rule.Bus, rule.Name), new Dictionary<string, string[]>(StringComparer.OrdinalIgnoreCase)
        {
            ["events:TargetArn"] = arns,
            ["events:creatorAccount"] = [call.AccountId],
        });
        var targets = given.Select(target => TargetArguments.Read(rule, target)).ToList();
        if (targets.GroupBy(t => t.Id, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { Key: var id })
        {
            throw EventRefusals.Invalid($"The target id {id} is given twice.");
        }

        foreach (var target in targets)
        {
            await TargetReach.DemandAsync(call, rule, target);
        }

        await call.Service<EventTargetStore>().PutAsync(rule, targets, call.Actor, call.Cancellation);
        return json => WriteFailures(json, []);
    }

    private static async Task<Action<Utf8JsonWriter>> RemoveAsync(EventCall call)
    {
        var rule = call.Rule("Rule");
        _ = call.Arguments.Flag("Force");
        var ids = call.Arguments.Texts("Ids", EventShapes.TargetId, EventShapes.MostTargets) ?? throw Fault.Missing("Ids");
        if (ids.Count == 0)
        {
            throw Fault.Of("Ids", "Member must have length greater than or equal to 1");
        }

        await call.AuthoriseAsync(call.Arns.Rule(rule.Account, rule.Bus, rule.Name));
        var missing = await call.Service<EventTargetStore>().RemoveAsync(rule, [.. ids], call.Actor, call.Cancellation);
        return json => WriteFailures(
            json, [.. missing.Select(id => (id, "ResourceNotFoundException", $"Rule {rule.Name} does not have a target with the Id {id}."))]);
    }

    private static async Task<Action<Utf8JsonWriter>> ListAsync(EventCall call)
    {
        var rule = call.Rule("Rule");
        var page = call.Page(rule.Bus, rule.Name);
        await call.AuthoriseAsync(call.Arns.Rule(rule.Account, rule.Bus, rule.Name));
        var targets = await call.Service<EventTargetStore>().ListAsync(rule, page.After(), page.Take, call.Cancellation);
        return EventBridgeJson.List(page, "Targets", targets, t => t.Id, (json, target) => json.WriteObject(_ => TargetArguments.Write(json, target)));
    }

    private static async Task<Action<Utf8JsonWriter>> ListRulesAsync(EventCall call)
    {
        var bus = call.Bus();
        var arn = call.Arguments.Required("TargetArn", EventShapes.Arn);
        var page = call.Page(bus, arn);
        await call.AuthoriseAsync(ResourceArns.Any);
        var rules = await call.Service<EventTargetStore>().RulesAsync(call.AccountId, bus, arn, page.After(), page.Take, call.Cancellation);
        return EventBridgeJson.List(page, "RuleNames", rules, name => name, (json, name) => json.WriteStringValue(name));
    }

    private static void WriteFailures(Utf8JsonWriter json, IReadOnlyList<(string Id, string Code, string Message)> failures)
    {
        json.WriteNumber("FailedEntryCount"u8, failures.Count);
        json.WriteStartArray("FailedEntries"u8);
        foreach (var (id, code, message) in failures)
        {
            json.WriteObject(_ =>
            {
                json.WriteString("TargetId"u8, id);
                json.WriteString("ErrorCode"u8, code);
                json.WriteString("ErrorMessage"u8, message);
            });
        }

        json.WriteEndArray();
    }
}
