using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Core;
using Granary.Core.Access.Policies;
using Granary.Core.Events.Buses;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.EventBridge;

/// <summary>The policies of event buses, statement by statement or whole.</summary>
internal static class PermissionActions
{
    // In characters; not adjustable here.
    private const int LongestPolicy = 10_240;

    public static IReadOnlyList<EventAction> All { get; } =
    [
        new("PutPermission", PutAsync),
        new("RemovePermission", RemoveAsync),
    ];

    private static async Task<Action<Utf8JsonWriter>> PutAsync(EventCall call)
    {
        var bus = Bus(call);
        var arn = call.Arns.Bus(call.AccountId, bus);
        var policy = call.Arguments.Optional("Policy", TextShape.Any);
        var statement = policy is null ? Statement(call.Arguments, arn) : null;
        if (policy is not null && call.Arguments.Names.Any(name => name is "Action" or "Principal" or "StatementId" or "Condition"))
        {
            throw EventRefusals.Invalid("Give either Policy, or StatementId, Action and Principal.");
        }

        await call.AuthoriseAsync(arn);
        await call.Service<EventBusStore>().PutPolicyAsync(call.AccountId, bus, old => Checked(policy ?? With(old, statement!)), call.Actor, call.Cancellation);
        return EventAction.Nothing;
    }

    private static async Task<Action<Utf8JsonWriter>> RemoveAsync(EventCall call)
    {
        var bus = Bus(call);
        var all = call.Arguments.Flag("RemoveAllPermissions") is true;
        var id = call.Arguments.Optional("StatementId", EventShapes.StatementId);
        await call.AuthoriseAsync(call.Arns.Bus(call.AccountId, bus));
        if (!all && id is null)
        {
            throw EventRefusals.Invalid("Parameter StatementId is required unless RemoveAllPermissions is true.");
        }

        await call.Service<EventBusStore>().PutPolicyAsync(
            call.AccountId, bus, old => old is null ? throw EventRefusals.NotFound("EventBus does not have a policy.") : all ? null : Without(old, id!), call.Actor, call.Cancellation);
        return EventAction.Nothing;
    }

    private static string Bus(EventCall call) => call.Arguments.Optional("EventBusName", EventShapes.NonPartnerBusName) ?? EventBus.Default;

    private static JsonObject Statement(BodyArguments arguments, string arn)
    {
        var principal = arguments.Required("Principal", EventShapes.PermissionPrincipal);
        var statement = new JsonObject
        {
            ["Sid"] = arguments.Required("StatementId", EventShapes.StatementId),
            ["Effect"] = "Allow",
            ["Principal"] = principal == "*" ? "*" : new JsonObject { ["AWS"] = $"arn:aws:iam::{principal}:root" },
            ["Action"] = arguments.Required("Action", EventShapes.PermissionAction),
            ["Resource"] = arn,
        };
        if (arguments.Object("Condition") is { } condition)
        {
            statement["Condition"] = new JsonObject
            {
                [condition.Required("Type", TextShape.Any)] = new JsonObject { [condition.Required("Key", TextShape.Any)] = condition.Required("Value", TextShape.Any) },
            };
        }

        return statement;
    }

    /// <summary>The policy with a statement that takes the place of the one with the same id.</summary>
    private static string With(string? policy, JsonObject statement)
    {
        var document = policy is null ? new JsonObject { ["Version"] = "2012-10-17" } : JsonNode.Parse(policy)!.AsObject();
        var statements = Statements(document).Where(s => (string?)s["Sid"] != (string?)statement["Sid"]).Append(statement);
        document["Statement"] = new JsonArray([.. statements.Select(s => s.DeepClone())]);
        return document.ToJsonString();
    }

    private static string? Without(string policy, string id)
    {
        var document = JsonNode.Parse(policy)!.AsObject();
        var statements = Statements(document);
        var rest = statements.Where(s => (string?)s["Sid"] != id).Select(s => s.DeepClone()).ToArray();
        if (rest.Length == statements.Count)
        {
            throw EventRefusals.NotFound("Statement with the provided id does not exist.");
        }

        document["Statement"] = new JsonArray(rest);
        return rest.Length == 0 ? null : document.ToJsonString();
    }

    // One statement may stand there without a list around it.
    private static IReadOnlyList<JsonNode> Statements(JsonObject policy) => policy["Statement"] switch
    {
        JsonArray list => [.. list.Select(s => s!)],
        JsonNode one => [one],
        null => [],
    };

    private static string Checked(string policy)
    {
        if (policy.Length > LongestPolicy)
        {
            throw Refusal.Named(RefusalKind.Validation, "PolicyLengthExceededException", $"The policy has {policy.Length} characters; it may have {LongestPolicy}.");
        }

        _ = PolicyDocument.Parse(policy, PolicyKind.Resource);
        return policy;
    }
}
