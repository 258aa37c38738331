using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Granary.Core.Events.Input;

/// <summary>What is known of a delivery beside the event, for the variables that every template has.</summary>
/// <param name="RuleArn">Of the rule that the target belongs to.</param>
/// <param name="RuleName">Its name.</param>
/// <param name="IngestionTime">When the event came in.</param>
public sealed record InputFacts(string RuleArn, string RuleName, DateTimeOffset IngestionTime);

/// <summary>
/// A template whose <c>&lt;variables&gt;</c> are replaced by parts of the event. One that begins with a brace is JSON: what it makes is always JSON too, without
/// blanks between its tokens. Any other is text.
/// </summary>
/// <remarks>
/// Where a variable stands in quotes, a string is put there as it is written in the event, with its escapes, and an object or a list without its quotes.
/// Elsewhere in a JSON template it is the value itself, and <c>""</c> where the event does not have it. EventBridge puts values in quotes in unescaped, and
/// drops an event that is no JSON afterwards.
/// </remarks>
public sealed partial class InputTransformer
{
    private const int MostCharacters = 8192;
    private const int MostVariables = 100;

    private const string Event = "aws.events.event";
    private const string WholeEvent = "aws.events.event.json";

    private static readonly HashSet<string> Reserved =
        new(StringComparer.Ordinal) { "aws.events.rule-arn", "aws.events.rule-name", "aws.events.event.ingestion-time", Event, WholeEvent };

    private readonly Dictionary<string, InputPath> paths;
    private readonly List<Piece> pieces;
    private readonly bool isJson;

    private InputTransformer(Dictionary<string, InputPath> paths, List<Piece> pieces, bool isJson) => (this.paths, this.pieces, this.isJson) = (paths, pieces, isJson);

    /// <param name="target">The target's id, for the message.</param>
    /// <param name="paths">InputPathsMap: at most 100 names of variables with their JSON paths.</param>
    /// <param name="template">InputTemplate: 1 to 8,192 characters.</param>
    /// <exception cref="InvalidInputException">A path is none, a variable is not defined or stands where it cannot, or a JSON template is no JSON.</exception>
    public static InputTransformer Parse(string target, IReadOnlyDictionary<string, string>? paths, string template)
    {
        var named = Paths(target, paths ?? new Dictionary<string, string>());
        if (template.Length is 0 or > MostCharacters)
        {
            throw new InvalidInputException($"InputTemplate for target {target} must have 1 to {MostCharacters} characters.");
        }

        var isJson = template.AsSpan().TrimStart() is ['{', ..];
        var pieces = Pieces(template);
        foreach (var piece in pieces.Where(piece => piece.IsVariable))
        {
            if (!named.ContainsKey(piece.Text) && !Reserved.Contains(piece.Text))
            {
                throw new InvalidInputException($"InputTemplate for target {target} contains invalid placeholder {piece.Text}.");
            }

            if (piece.Text is Event or WholeEvent && (!isJson || piece.IsQuoted))
            {
                throw new InvalidInputException($"InputTemplate for target {target} contains placeholder {piece.Text} valid only for JSON template.");
            }
        }

        if (isJson)
        {
            DemandJson(target, pieces);
        }

        return new InputTransformer(named, pieces, isJson);
    }

    /// <summary>The template with the event's values in it.</summary>
    public string Render(JsonElement @event, InputFacts facts)
    {
        var text = new StringBuilder();
        foreach (var piece in pieces)
        {
            if (!piece.IsVariable)
            {
                text.Append(piece.Text);
                continue;
            }

            var json = Value(piece.Text, @event, facts);
            text.Append(
                piece.IsQuoted ? Quoted(json)
                : isJson ? json ?? "\"\""
                : Plain(json));
        }

        return isJson ? JsonText.Minify(text.ToString()) : text.ToString();
    }

    private string? Value(string variable, JsonElement @event, InputFacts facts) => variable switch
    {
        "aws.events.rule-arn" => JsonSerializer.Serialize(facts.RuleArn),
        "aws.events.rule-name" => JsonSerializer.Serialize(facts.RuleName),
        "aws.events.event.ingestion-time" => $"\"{facts.IngestionTime.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}\"",
        WholeEvent => JsonText.Minify(@event.GetRawText()),
        Event => WithoutDetail(@event),
        _ => paths[variable].Select(@event),
    };

    // EventBridge gives the type another name here.
    private static string WithoutDetail(JsonElement @event) => "{" + string.Join(',', @event.EnumerateObject()
        .Select(property => (Name: Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8PropertyName(property)), property.Value))
        .Where(property => property.Name != "detail")
        .Select(property => $"\"{(property.Name == "detail-type" ? "detailType" : property.Name)}\":{JsonText.Minify(property.Value.GetRawText())}")) + "}";

    private static string Quoted(string? json) => json switch
    {
        null => "",
        ['"', .. var content, '"'] => content,
        ['{' or '[', ..] => UnescapedQuote.Replace(json, "$1"),
        _ => json,
    };

    private static string Plain(string? json)
    {
        try
        {
            return json is ['"', ..] ? JsonSerializer.Deserialize<string>(json)! : Quoted(json);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // Half of a surrogate pair is no text. It stands for itself as it is written.
            return Quoted(json);
        }
    }

    private static Dictionary<string, InputPath> Paths(string target, IReadOnlyDictionary<string, string> paths)
    {
        if (paths.Count > MostVariables)
        {
            throw new InvalidInputException($"InputPathsMap for target {target} must have at most {MostVariables} entries.");
        }

        var named = new Dictionary<string, InputPath>(StringComparer.Ordinal);
        foreach (var (name, path) in paths)
        {
            if (!VariableName.IsMatch(name) || name.StartsWith("AWS.", StringComparison.OrdinalIgnoreCase))
            {
                throw new InvalidInputException(
                    $"InputPathsMap for target {target} contains invalid key {name}. Write letters, digits, hyphens and underscores, and no name that begins with AWS.");
            }

            named[name] = InputPath.Find(path) ?? throw new InvalidInputException(
                $"InputPathsMap for target {target} contains invalid path '{path}' of {name}. Write a path such as $.detail.state or $.resources[0].");
        }

        return named;
    }

    private static List<Piece> Pieces(string template)
    {
        var pieces = new List<Piece>();
        var (at, inString) = (0, false);
        foreach (Match variable in Placeholder.Matches(template))
        {
            var before = template[at..variable.Index];
            inString = EndsInString(before, inString);
            pieces.Add(new Piece(before, false, false));
            pieces.Add(new Piece(variable.Groups[1].Value, true, inString));
            at = variable.Index + variable.Length;
        }

        pieces.Add(new Piece(template[at..], false, false));
        return pieces;
    }

    private static bool EndsInString(string text, bool inString)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == '"')
            {
                inString = !inString;
            }
        }

        return inString;
    }

    // With any JSON in the places of its variables it is JSON, or with none: which one does not matter.
    private static void DemandJson(string target, List<Piece> pieces)
    {
        var sample = string.Concat(pieces.Select(piece => !piece.IsVariable ? piece.Text : piece.IsQuoted ? "" : "0"));
        try
        {
            using var document = JsonDocument.Parse(sample);
        }
        catch (JsonException)
        {
            throw new InvalidInputException(
                $"InputTemplate for target {target} is not valid JSON. What begins with a brace must be a JSON object, with variables as values or within strings.");
        }
    }

    /// <param name="Text">As written, or the variable's name.</param>
    /// <param name="IsVariable">Whether it is one.</param>
    /// <param name="IsQuoted">Whether the variable stands within a string.</param>
    private sealed record Piece(string Text, bool IsVariable, bool IsQuoted);

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,256}\z", RegexOptions.NonBacktracking)]
    private static partial Regex VariableName { get; }

    [GeneratedRegex("<([A-Za-z0-9_.-]+)>", RegexOptions.NonBacktracking)]
    private static partial Regex Placeholder { get; }

    // The quotes around strings go, and what is escaped within them stays as it is.
    [GeneratedRegex(@"(\\.)|""", RegexOptions.NonBacktracking)]
    private static partial Regex UnescapedQuote { get; }
}
