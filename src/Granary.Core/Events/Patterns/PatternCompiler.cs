using System.Text.Json;

namespace Granary.Core.Events.Patterns;

/// <summary>
/// Reads a pattern into its alternatives. Each is a conjunction of fields; <c>$or</c> makes several of one, so that none is left when events are looked at.
/// A field that is named more than once keeps what was written last, as in Event Ruler.
/// </summary>
internal static class PatternCompiler
{
    // EventBridge's limit on the combinations that the $or of a pattern make.
    private const int MostAlternatives = 1000;

    private const string Or = "$or";

    // Inside $or a field of such a name is most likely an operator in the wrong place; some are kept for operators to come.
    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal)
    {
        "exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard", "numeric", "cidr", "=", "<", "<=", ">", ">=", "regex",
        "not-wildcard", "not-equals-ignore-case", "date-after", "date-on-or-after", "date-before", "date-on-or-before", "in-date-range",
        "ip-address-in-range", "ip-address-not-in-range",
    };

    /// <returns>For each alternative its fields, by their names joined.</returns>
    /// <exception cref="InvalidEventPatternException">The text is no pattern.</exception>
    public static List<Dictionary<string, FieldTest>> Compile(string pattern)
    {
        var reader = new PatternReader(pattern);
        List<Dictionary<string, FieldTest>> alternatives = [new(StringComparer.Ordinal)];
        if (reader.Next() is not JsonTokenType.StartObject)
        {
            throw reader.Fault("Filter is not an object");
        }

        ReadObject(ref reader, alternatives, [], insideOr: false);
        reader.End();
        return alternatives;
    }

    private static void ReadObject(ref PatternReader reader, List<Dictionary<string, FieldTest>> alternatives, List<string> path, bool insideOr)
    {
        if (reader.Next() is JsonTokenType.EndObject)
        {
            throw reader.Fault("Empty objects are not allowed");
        }

        for (; reader.Type is not JsonTokenType.EndObject; reader.Next())
        {
            ReadField(ref reader, alternatives, path, insideOr);
        }
    }

    private static void ReadField(ref PatternReader reader, List<Dictionary<string, FieldTest>> alternatives, List<string> path, bool insideOr)
    {
        var name = reader.Text();
        if (insideOr && Reserved.Contains(name))
        {
            throw reader.Fault($"{name} is Ruler reserved fieldName which cannot be used inside {Or}.");
        }

        var isOr = name == Or;
        switch (reader.Next())
        {
            case JsonTokenType.StartArray when isOr:
                ReadOr(ref reader, alternatives, path);
                break;
            case JsonTokenType.StartObject:
                // An object of this name is a field like any other, as it was before the operator came.
                path.Add(name);
                ReadObject(ref reader, alternatives, path, insideOr);
                path.RemoveAt(path.Count - 1);
                break;
            case JsonTokenType.StartArray:
                var test = OperatorReader.Read(ref reader, [.. path, name]);
                alternatives.ForEach(alternative => alternative[test.Name] = test);
                break;
            default:
                throw reader.Fault(isOr ? $"It must be an Array followed with {Or}." : $"\"{name}\" must be an object or an array");
        }
    }

    private static void ReadOr(ref PatternReader reader, List<Dictionary<string, FieldTest>> alternatives, List<string> path)
    {
        Dictionary<string, FieldTest>[] before = [.. alternatives];
        alternatives.Clear();
        var members = 0;
        while (reader.Next() is not JsonTokenType.EndArray)
        {
            if (reader.Type is not JsonTokenType.StartObject)
            {
                throw reader.Fault($"Only JSON object is allowed in array of {Or} relationship.");
            }

            List<Dictionary<string, FieldTest>> branch = [.. before.Select(alternative => new Dictionary<string, FieldTest>(alternative, StringComparer.Ordinal))];
            ReadObject(ref reader, branch, path, insideOr: true);
            alternatives.AddRange(branch);
            members++;
            if (alternatives.Count > MostAlternatives)
            {
                throw new InvalidEventPatternException($"Event pattern contains more than {MostAlternatives} rule combinations");
            }
        }

        if (members < 2)
        {
            throw reader.Fault($"There must have at least 2 Objects in {Or} relationship.");
        }
    }
}
