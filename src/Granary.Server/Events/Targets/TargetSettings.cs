using System.Text.Json;

namespace Granary.Server.Events.Targets;

/// <summary>What senders read of AWS's structure <c>Target</c>.</summary>
/// <param name="PathParameters">For the stars of an API destination's address, in their order.</param>
/// <param name="HeaderParameters">Of HttpParameters.</param>
/// <param name="QueryStringParameters">Of HttpParameters.</param>
/// <param name="MessageGroupId">Of SqsParameters; for FIFO queues and topics.</param>
public sealed record TargetSettings(
    IReadOnlyList<string> PathParameters,
    IReadOnlyDictionary<string, string> HeaderParameters,
    IReadOnlyDictionary<string, string> QueryStringParameters,
    string? MessageGroupId)
{
    private static readonly Dictionary<string, string> nothing = [];

    public static TargetSettings None { get; } = new([], nothing, nothing, null);

    /// <param name="json">An object with the members of a target as a request gave them; null or empty for none of them. Unknown members are skipped.</param>
    /// <exception cref="JsonException">It is no such object.</exception>
    public static TargetSettings Parse(string? json)
    {
        if (string.IsNullOrEmpty(json))
        {
            return None;
        }

        using var document = JsonDocument.Parse(json);
        var http = Member(document.RootElement, "HttpParameters");
        return new TargetSettings(
            Member(http, "PathParameterValues") is { ValueKind: JsonValueKind.Array } values ? [.. values.EnumerateArray().Select(Text)] : [],
            Map(Member(http, "HeaderParameters")),
            Map(Member(http, "QueryStringParameters")),
            Member(Member(document.RootElement, "SqsParameters"), "MessageGroupId") is { ValueKind: JsonValueKind.String } group ? group.GetString() : null);
    }

    private static JsonElement Member(JsonElement parent, string name) =>
        parent.ValueKind is JsonValueKind.Object && parent.TryGetProperty(name, out var member) ? member : default;

    private static Dictionary<string, string> Map(JsonElement map) =>
        map.ValueKind is JsonValueKind.Object ? map.EnumerateObject().ToDictionary(member => member.Name, member => Text(member.Value)) : nothing;

    private static string Text(JsonElement value) =>
        value.ValueKind is JsonValueKind.String ? value.GetString()! : throw new JsonException("A parameter of a target must be a text.");
}
