using System.Text.Json;
using System.Text.Unicode;
using Granary.Core;

namespace Granary.Server.ControlPlane;

/// <summary>The members of a JSON object that a request carries. Unknown members are passed over, null is the same as absent.</summary>
internal sealed class BodyArguments
{
    // Two members of one name would let whoever checks see another value than whoever acts.
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    private readonly JsonElement? members;
    private readonly string path;

    private BodyArguments(JsonElement? members, string path)
    {
        this.members = members;
        this.path = path;
    }

    /// <summary>Reads a body; an empty one has no members.</summary>
    /// <exception cref="Refusal">Validation: it is not a JSON object.</exception>
    public static BodyArguments Parse(ReadOnlyMemory<byte> body)
    {
        if (body.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return new BodyArguments(null, "");
        }

        // The parser looks into a text only when it is read, and would let bytes pass in a member that nobody asks for.
        if (!Utf8.IsValid(body.Span))
        {
            throw Fault.CannotParse("The body holds bytes that are not UTF-8.");
        }

        try
        {
            var root = JsonElement.Parse(body.Span, Options);
            return root.ValueKind is JsonValueKind.Object ? new BodyArguments(root, "") : throw NotReadable();
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a name that is no text, such as half of a surrogate pair.
            throw NotReadable();
        }
    }

    public string Required(string name, TextShape shape) => Optional(name, shape) ?? throw Fault.Missing(path + name);

    public string? Optional(string name, TextShape shape) => Find(name) is { } value ? shape.Check(path + name, Text(path + name, value)) : null;

    public int? Integer(string name, int minimum, int maximum)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        return value.ValueKind is JsonValueKind.Number && value.TryGetInt64(out var number)
            ? Fault.Range(path + name, number, minimum, maximum)
            : throw Wrong(path + name, "a whole number");
    }

    public bool? Flag(string name)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(path + name, "true or false");
    }

    /// <summary>A moment as AWS's clients write it: seconds since 1970, with or without a fraction.</summary>
    public double? Seconds(string name)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        return value.ValueKind is JsonValueKind.Number && value.TryGetDouble(out var seconds) ? seconds : throw Wrong(path + name, "a number of seconds");
    }

    /// <summary>A list of strings, or null when it is absent.</summary>
    public IReadOnlyList<string>? Texts(string name, TextShape shape, int most) =>
        List(name, most, (member, value) => shape.Check(member, Text(member, value)));

    /// <summary>A list of objects, or null when it is absent.</summary>
    public IReadOnlyList<BodyArguments>? Objects(string name, int most) =>
        List(name, most, (member, value) => value.ValueKind is JsonValueKind.Object ? new BodyArguments(value, member + ".") : throw Wrong(member, "an object"));

    /// <summary>An object, or null when it is absent.</summary>
    public BodyArguments? Object(string name)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        return value.ValueKind is JsonValueKind.Object ? new BodyArguments(value, $"{path}{name}.") : throw Wrong(path + name, "an object");
    }

    /// <summary>The names of all members.</summary>
    public IEnumerable<string> Names => members is { } body ? body.EnumerateObject().Where(m => m.Value.ValueKind is not JsonValueKind.Null).Select(m => m.Name) : [];

    /// <summary>A member as it was sent, or null when it is absent.</summary>
    public JsonElement? Raw(string name) => Find(name);

    /// <summary>An object whose members are all strings, or null when it is absent.</summary>
    public IReadOnlyDictionary<string, string>? Map(string name, TextShape keys, TextShape values, int most)
    {
        var at = path + name;
        if (Find(name) is not { } map)
        {
            return null;
        }

        if (map.ValueKind is not JsonValueKind.Object)
        {
            throw Wrong(at, "an object");
        }

        if (map.GetPropertyCount() > most)
        {
            throw Fault.Of(at, $"Member must have length less than or equal to {most}");
        }

        return map.EnumerateObject().ToDictionary(
            member => keys.Check(at, member.Name),
            member => values.Check($"{at}.{member.Name}.member", Text(at, member.Value)),
            StringComparer.Ordinal);
    }

    private List<T>? List<T>(string name, int most, Func<string, JsonElement, T> read)
    {
        var at = path + name;
        if (Find(name) is not { } list)
        {
            return null;
        }

        if (list.ValueKind is not JsonValueKind.Array)
        {
            throw Wrong(at, "a list");
        }

        if (list.GetArrayLength() > most)
        {
            throw Fault.Of(at, $"Member must have length less than or equal to {most}");
        }

        return [.. list.EnumerateArray().Select((value, index) => read($"{at}.{index + 1}.member", value))];
    }

    private JsonElement? Find(string name) =>
        members is { } body && body.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null ? value : null;

    private static string Text(string at, JsonElement value)
    {
        try
        {
            return value.ValueKind is JsonValueKind.String ? value.GetString()! : throw Wrong(at, "a string");
        }
        catch (InvalidOperationException)
        {
            throw Wrong(at, "a string of whole Unicode characters");
        }
    }

    private static Refusal Wrong(string at, string expected) => Fault.CannotParse($"Value at '{at}' must be {expected}.");

    private static Refusal NotReadable() =>
        Fault.CannotParse("The body must be one JSON object, with each member at most once and no more than 32 levels deep.");
}
