using System.Text.Json;
using Granary.Core.Events.Buses;
using Granary.Core.Events.Delivery;
using Granary.Core.Events.Input;
using Granary.Server.Events.Targets;

namespace Granary.Server.Events;

/// <summary>A target of a rule as it is sent to: everything that is read once for all of its events.</summary>
internal sealed class PreparedTarget
{
    private readonly EventTarget target;
    private readonly string ruleArn;
    private readonly InputPath? path;
    private readonly InputTransformer? transformer;

    public PreparedTarget(EventTarget target, string ruleArn)
    {
        (this.target, this.ruleArn) = (target, ruleArn);
        Settings = TargetSettings.Parse(target.Settings);
        using var settings = JsonDocument.Parse(target.Settings);
        Policy = ReadPolicy(settings.RootElement);
        DeadLetterArn = Member(settings.RootElement, "DeadLetterConfig", "Arn") is { ValueKind: JsonValueKind.String } arn ? arn.GetString() : null;
        path = target.InputPath is null ? null : InputPath.Parse(target.Id, target.InputPath);
        transformer = target.InputTransformer is null ? null : ReadTransformer(target);
    }

    public string Arn => target.Arn;

    public string RuleArn => ruleArn;

    public TargetSettings Settings { get; }

    public RetryPolicy Policy { get; }

    /// <summary>The queue for what is given up; null where it names none.</summary>
    public string? DeadLetterArn { get; }

    /// <summary>What the target gets of an event.</summary>
    public string Payload(EventDelivery delivery, JsonElement told) =>
        target.Input ?? path?.Render(told) ?? transformer?.Render(told, new InputFacts(ruleArn, target.Rule, delivery.AcceptedAt)) ?? delivery.Event;

    private static RetryPolicy ReadPolicy(JsonElement settings) => new(
        Member(settings, "RetryPolicy", "MaximumRetryAttempts") is { ValueKind: JsonValueKind.Number } attempts ? attempts.GetInt32() : RetryPolicy.Default.MostAttempts,
        Member(settings, "RetryPolicy", "MaximumEventAgeInSeconds") is { ValueKind: JsonValueKind.Number } age ? TimeSpan.FromSeconds(age.GetInt32()) : RetryPolicy.Default.LongestAge);

    private static JsonElement Member(JsonElement settings, string parent, string name) =>
        settings.TryGetProperty(parent, out var found) && found.ValueKind is JsonValueKind.Object && found.TryGetProperty(name, out var member) ? member : default;

    private static InputTransformer ReadTransformer(EventTarget target)
    {
        using var given = JsonDocument.Parse(target.InputTransformer!);
        var root = given.RootElement;
        var paths = root.TryGetProperty("InputPathsMap", out var map) && map.ValueKind is JsonValueKind.Object
            ? map.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!)
            : [];
        return InputTransformer.Parse(target.Id, paths, root.GetProperty("InputTemplate").GetString()!);
    }
}
