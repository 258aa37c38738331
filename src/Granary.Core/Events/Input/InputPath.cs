using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Granary.Core.Events.Input;

/// <summary>
/// The part of JSON path that EventBridge has: names after dots, indices of arrays, and stars for all of an object's or array's values, as in
/// <c>$.detail.changes</c>, <c>$.resources[0]</c> and <c>$.detail.items[*].name</c>.
/// </summary>
public sealed class InputPath
{
    private const int MostCharacters = 256;

    private static readonly SearchValues<char> notInName = SearchValues.Create("]\"'<> ");

    private readonly List<Step> steps = [];

    /// <summary>Whether there is a star in it: then a list of all that is found is the value.</summary>
    private bool IsMany => steps.Exists(step => step.IsAll);

    private InputPath()
    {
    }

    /// <param name="target">The target's id, for the message.</param>
    /// <param name="path">At most 256 characters.</param>
    /// <exception cref="InvalidInputException">It is no such path.</exception>
    public static InputPath Parse(string target, string path) => Find(path) ?? throw new InvalidInputException(
        $"InputPath for target {target} is not valid: '{path}'. Write a path such as $.detail.state or $.resources[0].");

    /// <summary>The path, or null where the text is none.</summary>
    public static InputPath? Find(string path)
    {
        if (path is not ['$', ..] || path.Length > MostCharacters)
        {
            return null;
        }

        var parsed = new InputPath();
        for (var rest = path.AsSpan(1); !rest.IsEmpty;)
        {
            if (rest[0] == '.')
            {
                var end = rest[1..].IndexOfAny('.', '[') is var next and >= 0 ? next + 1 : rest.Length;
                var name = rest[1..end];
                if (name.IsEmpty || name.ContainsAny(notInName))
                {
                    return null;
                }

                parsed.steps.Add(name is "*" ? Step.All : new Step(name.ToString(), null));
                rest = rest[end..];
            }
            else if (rest[0] == '[' && rest.IndexOf(']') is var close and > 1)
            {
                if (rest[1..close] is "*")
                {
                    parsed.steps.Add(Step.All);
                }
                else if (int.TryParse(rest[1..close], NumberStyles.None, CultureInfo.InvariantCulture, out var index))
                {
                    parsed.steps.Add(new Step(null, index));
                }
                else
                {
                    return null;
                }

                rest = rest[(close + 1)..];
            }
            else
            {
                return null;
            }
        }

        return parsed;
    }

    /// <summary>The selected part of the event as JSON without blanks; <c>null</c> where the event does not have it.</summary>
    public string Render(JsonElement @event) => Select(@event) ?? "null";

    /// <summary>As <see cref="Render"/>, or null where the event does not have it.</summary>
    internal string? Select(JsonElement @event)
    {
        List<JsonElement> found = [@event];
        foreach (var step in steps)
        {
            found = [.. found.SelectMany(element => step.From(element))];
        }

        return IsMany ? $"[{string.Join(',', found.Select(element => JsonText.Minify(element.GetRawText())))}]"
            : found is [var one] ? JsonText.Minify(one.GetRawText()) : null;
    }

    private sealed record Step(string? Name, int? Index)
    {
        public static Step All { get; } = new(null, null);

        public bool IsAll => Name is null && Index is null;

        public IEnumerable<JsonElement> From(JsonElement element) => element.ValueKind switch
        {
            JsonValueKind.Object when IsAll => element.EnumerateObject().Select(property => property.Value),
            JsonValueKind.Object when Name is not null && EventFields.TryFind(element, Encoding.UTF8.GetBytes(Name), out var value) => [value],
            JsonValueKind.Array when IsAll => element.EnumerateArray(),
            JsonValueKind.Array when Index < element.GetArrayLength() => [element[Index.Value]],
            _ => [],
        };
    }
}
