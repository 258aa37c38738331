using System.Text.Json;
using Granary.Core.Access;
using Granary.Core.Events.Buses;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.EventBridge;

/// <summary>Rules.</summary>
internal static class RuleActions
{
    public static IReadOnlyList<EventAction> All { get; } =
    [
        new("PutRule", PutAsync),
        new("DescribeRule", DescribeAsync),
        new("ListRules", ListAsync),
        new("EnableRule", call => SetStateAsync(call, EventRule.Enabled)),
        new("DisableRule", call => SetStateAsync(call, EventRule.Disabled)),
        new("DeleteRule", DeleteAsync),
        new("TestEventPattern", TestAsync),
    ];

    private static async Task<Action<Utf8JsonWriter>> PutAsync(EventCall call)
    {
        var arguments = call.Arguments;
        var rule = call.Rule("Name");
        var arn = call.Arns.Rule(rule.Account, rule.Bus, rule.Name);
        var pattern = arguments.Optional("EventPattern", EventShapes.EventPattern);
        var schedule = arguments.Optional("ScheduleExpression", EventShapes.ScheduleExpression);
        var content = new RuleContent(
            arguments.Optional("State", EventShapes.RuleState) ?? EventRule.Enabled,
            pattern ?? "",
            arguments.Optional("Description", EventShapes.Description),
            arguments.Optional("RoleArn", EventShapes.Arn));
        var tags = call.Tags();
        var keys = EventTags.Keys(tags);
        keys["events:creatorAccount"] = [call.AccountId];
        if (!string.IsNullOrEmpty(pattern))
        {
            _ = EventPatterns.Read(pattern);
            EventPatterns.AddKeys(keys, pattern);
        }

        await call.AuthoriseAsync(arn, keys);
        if (tags.Count > 0)
        {
            await call.DemandAsync("events:TagResource", arn, keys);
        }

        if (!string.IsNullOrEmpty(schedule))
        {
            throw EventRefusals.Invalid("Granary runs nothing by a schedule. Leave ScheduleExpression out and give an EventPattern.");
        }

        if (string.IsNullOrEmpty(pattern))
        {
            throw EventRefusals.Invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.");
        }

        await call.Service<EventRuleStore>().PutAsync(rule, content, tags, call.Actor, call.Cancellation);
        return json => json.WriteString("RuleArn"u8, arn);
    }

    private static async Task<Action<Utf8JsonWriter>> DescribeAsync(EventCall call)
    {
        var name = call.Rule("Name");
        await call.AuthoriseAsync(call.Arns.Rule(name.Account, name.Bus, name.Name));
        var rule = await call.Service<EventRuleStore>().GetAsync(name, call.Cancellation);
        return json =>
        {
            Write(json, rule, call.Arns);
            json.WriteString("CreatedBy"u8, rule.AccountId);
        };
    }

    private static async Task<Action<Utf8JsonWriter>> ListAsync(EventCall call)
    {
        var bus = call.Bus();
        var prefix = call.Arguments.Optional("NamePrefix", EventShapes.RuleName) ?? "";
        var page = call.Page(bus, prefix);
        await call.AuthoriseAsync(ResourceArns.Any);
        var rules = await call.Service<EventRuleStore>().ListAsync(call.AccountId, bus, prefix, page.After(), page.Take, call.Cancellation);
        return EventBridgeJson.List(page, "Rules", rules, r => r.Name, (json, rule) => json.WriteObject(_ => Write(json, rule, call.Arns)));
    }

    private static async Task<Action<Utf8JsonWriter>> SetStateAsync(EventCall call, string state)
    {
        var rule = call.Rule("Name");
        await call.AuthoriseAsync(call.Arns.Rule(rule.Account, rule.Bus, rule.Name));
        await call.Service<EventRuleStore>().SetStateAsync(rule, state, call.Actor, call.Cancellation);
        return EventAction.Nothing;
    }

    private static async Task<Action<Utf8JsonWriter>> DeleteAsync(EventCall call)
    {
        var rule = call.Rule("Name");
        // Forces what AWS's own services manage; nobody manages a rule here.
        _ = call.Arguments.Flag("Force");
        await call.AuthoriseAsync(call.Arns.Rule(rule.Account, rule.Bus, rule.Name));
        await call.Service<EventRuleStore>().DeleteAsync(rule, call.Actor, call.Cancellation);
        return EventAction.Nothing;
    }

    private static async Task<Action<Utf8JsonWriter>> TestAsync(EventCall call)
    {
        var pattern = call.Arguments.Required("EventPattern", EventShapes.EventPattern);
        var text = call.Arguments.Required("Event", TextShape.Any);
        await call.AuthoriseAsync(ResourceArns.Any);
        var matches = EventPatterns.Read(pattern).Matches(EventPatterns.Event(text));
        return json => json.WriteBoolean("Result"u8, matches);
    }

    private static void Write(Utf8JsonWriter json, EventRule rule, EventArns arns)
    {
        json.WriteString("Name"u8, rule.Name);
        json.WriteString("Arn"u8, arns.Rule(rule.AccountId, rule.Bus, rule.Name));
        json.WriteString("EventPattern"u8, rule.Pattern);
        json.WriteString("State"u8, rule.State);
        json.WriteOptional("Description", rule.Description);
        json.WriteOptional("RoleArn", rule.RoleArn);
        json.WriteString("EventBusName"u8, rule.Bus);
    }
}
