using System.Globalization;
using System.Text.Json.Nodes;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.Json;

/// <summary>Reads a form of the query protocol, <c>Queries.member.1.Id=a</c>, as the JSON that says the same.</summary>
/// <param name="numbers">Members that are whole numbers.</param>
/// <param name="flags">Members that are true or false.</param>
/// <param name="moments">Members that are moments, which the form has in ISO 8601.</param>
internal sealed class FormBody(IReadOnlySet<string> numbers, IReadOnlySet<string> flags, IReadOnlySet<string> moments)
{
    private const string Member = "member";
    private const int Deepest = 24;

    /// <exception cref="Core.Refusal">Validation: two parameters contradict each other.</exception>
    public ReadOnlyMemory<byte> ToJson(QueryArguments arguments)
    {
        var root = new Node();
        foreach (var (name, value) in arguments.All)
        {
            var path = name.Split('.');
            if (path.Length > Deepest)
            {
                throw Fault.CannotParse("A parameter's name has too many parts.");
            }

            root.Set(path, value);
        }

        return System.Text.Encoding.UTF8.GetBytes(Json("", root)!.ToJsonString());
    }

    private JsonNode? Json(string name, Node node)
    {
        if (node.Value is { } text)
        {
            return node.Children.Count == 0 ? Scalar(name, text) : throw Fault.CannotParse($"The parameter {name} is a value and has members.");
        }

        if (node.Children.Count == 1 && node.Children.TryGetValue(Member, out var list))
        {
            return new JsonArray([.. list.Children.OrderBy(c => Index(c.Key)).Select(c => Json(name, c.Value))]);
        }

        return new JsonObject(node.Children.Select(c => KeyValuePair.Create(c.Key, Json(c.Key, c.Value))));
    }

    private JsonValue? Scalar(string name, string text)
    {
        if (numbers.Contains(name) && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return JsonValue.Create(number);
        }

        if (flags.Contains(name) && bool.TryParse(text, out var flag))
        {
            return JsonValue.Create(flag);
        }

        return moments.Contains(name) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
            ? JsonValue.Create(moment.ToUnixTimeMilliseconds() / 1000.0)
            : JsonValue.Create(text);
    }

    private static int Index(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
        ? index : throw Fault.CannotParse($"'{text}' does not number a member of a list.");

    private sealed class Node
    {
        public string? Value { get; private set; }

        public Dictionary<string, Node> Children { get; } = new(StringComparer.Ordinal);

        public void Set(ReadOnlySpan<string> path, string value)
        {
            if (path.IsEmpty)
            {
                Value = Value is null ? value : throw Fault.CannotParse("A parameter is given more than once.");
                return;
            }

            if (!Children.TryGetValue(path[0], out var child))
            {
                Children[path[0]] = child = new Node();
            }

            child.Set(path[1..], value);
        }
    }
}
