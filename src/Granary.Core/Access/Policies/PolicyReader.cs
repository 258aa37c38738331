using System.Text.Json;

namespace Granary.Core.Access.Policies;

/// <summary>
/// Reads policy documents. Whatever is not understood is refused: an element that is passed over would make a policy
/// wider or narrower than its author thinks.
/// </summary>
internal static class PolicyReader
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    private static readonly string[] DocumentElements = ["Version", "Id", "Statement"];

    private static readonly string[] StatementElements =
        ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

    public static PolicyDocument Read(string text, PolicyKind kind)
    {
        try
        {
            using var json = JsonDocument.Parse(text, Strict);
            // A resource's policy may be a lone statement, as documents print them: it can mean nothing else.
            return kind == PolicyKind.Resource && json.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("Effect", out _)
                ? new PolicyDocument(text, [ReadStatement(root, kind, variables: false)])
                : new PolicyDocument(text, ReadDocument(json.RootElement, kind));
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // InvalidOperation: half of a surrogate pair, met when the text is taken.
            throw Refusal.Validation("The policy is not valid JSON, or says something twice.");
        }
    }

    private static List<PolicyStatement> ReadDocument(JsonElement root, PolicyKind kind)
    {
        Demand(root, "The policy", DocumentElements);
        var variables = root.TryGetProperty("Version", out var version) && version.ValueKind == JsonValueKind.String && version.ValueEquals("2012-10-17");
        if (version.ValueKind != JsonValueKind.Undefined && !variables && !(version.ValueKind == JsonValueKind.String && version.ValueEquals("2008-10-17")))
        {
            throw Refusal.Validation("The policy's Version must be 2012-10-17 or 2008-10-17.");
        }

        if (!root.TryGetProperty("Statement", out var statements))
        {
            throw Refusal.Validation("The policy has no Statement.");
        }

        var read = Elements(statements).Select(statement => ReadStatement(statement, kind, variables)).ToList();
        var sids = Elements(statements).Select(Sid).OfType<string>().ToList();
        return read.Count == 0 ? throw Refusal.Validation("The policy has no Statement.")
            : sids.Distinct(StringComparer.Ordinal).Count() != sids.Count ? throw Refusal.Validation("Statement IDs (Sid) in a single policy must be unique.")
            : read;
    }

    private static PolicyStatement ReadStatement(JsonElement statement, PolicyKind kind, bool variables)
    {
        Demand(statement, "A statement", StatementElements);
        var allows = Member(statement, "Effect") is { ValueKind: JsonValueKind.String } effect
            ? effect.ValueEquals("Allow") || (effect.ValueEquals("Deny") ? false : throw NoEffect())
            : throw NoEffect();
        return new PolicyStatement(
            allows,
            ReadPrincipals(statement, kind, allows),
            ReadPatterns(statement, "Action", variables: false, CheckAction) ?? throw Refusal.Validation("A statement has neither Action nor NotAction."),
            ReadResources(statement, kind, variables),
            ReadConditions(Member(statement, "Condition"), variables));
    }

    private static PolicyPrincipals? ReadPrincipals(JsonElement statement, PolicyKind kind, bool allows)
    {
        var (named, others) = (Member(statement, "Principal"), Member(statement, "NotPrincipal"));
        return (named ?? others, kind) switch
        {
            (null, PolicyKind.Identity) => null,
            (null, _) => throw Refusal.Validation("A statement has no Principal: say who it is about."),
            (_, PolicyKind.Identity) => throw Refusal.Validation("Policy document should not specify a principal."),
            _ when named is not null && others is not null => throw Refusal.Validation("A statement has both Principal and NotPrincipal."),
            _ when named is null && allows => throw Refusal.Validation("NotPrincipal is for Deny alone: with Allow it would let everybody in that it does not name."),
            ({ } principals, _) => PrincipalReader.Read(principals, not: named is null),
        };
    }

    private static PatternList? ReadResources(JsonElement statement, PolicyKind kind, bool variables)
    {
        var resources = ReadPatterns(statement, "Resource", variables, CheckResource);
        return (resources, kind) switch
        {
            (null, PolicyKind.Identity) => throw Refusal.Validation("Policy statement must contain resources."),
            (not null, PolicyKind.Trust) => throw Refusal.Validation("Has prohibited field Resource."),
            _ => resources,
        };
    }

    private static PatternList? ReadPatterns(JsonElement statement, string element, bool variables, Action<string> check)
    {
        var (named, others) = (Member(statement, element), Member(statement, "Not" + element));
        if (named is not null && others is not null)
        {
            throw Refusal.Validation($"A statement has both {element} and Not{element}.");
        }

        return (named ?? others) is not { } value ? null : new PatternList(
            named is null,
            [.. Texts(value, element).Select(text =>
            {
                check(text);
                return PolicyPattern.Parse(text, variables);
            })]);
    }

    private static List<PolicyCondition> ReadConditions(JsonElement? block, bool variables)
    {
        var conditions = new List<PolicyCondition>();
        foreach (var (name, keys) in Members(block, "Condition"))
        {
            foreach (var (key, values) in Members(keys, name))
            {
                var texts = Texts(values, key, alsoScalars: true);
                conditions.Add(name == ConditionOperator.NullName ? new NullCondition(key, [.. texts.Select(ReadBool)]) : Compare(name, key, texts, variables));
            }
        }

        return conditions;
    }

    private static ComparingCondition Compare(string name, string key, List<string> values, bool variables)
    {
        var comparison = ConditionOperator.Parse(name);
        return new ComparingCondition(
            key,
            comparison.Quantifier,
            comparison.Negated,
            comparison.IfExists,
            [.. values.Select(v => comparison.Make(v, variables) ?? throw Refusal.Validation($"{name} cannot compare {key} with '{v}'."))]);
    }

    private static bool ReadBool(string text) =>
        bool.TryParse(text, out var value) ? value : throw Refusal.Validation("Null takes true (the key is absent) or false.");

    private static void CheckAction(string action)
    {
        var colon = action.IndexOf(':', StringComparison.Ordinal);
        var vendor = colon < 0 ? "" : action[..colon];
        var isSound = action == "*" || (colon > 0 && colon < action.Length - 1
            && vendor.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
            && action[(colon + 1)..].All(c => char.IsAsciiLetterOrDigit(c) || c is '*' or '?' or '-' or '_'));
        if (!isSound)
        {
            throw Refusal.Validation($"Action '{action}' is none: write a service and an action, such as codeartifact:ReadFromRepository, or *.");
        }
    }

    private static void CheckResource(string resource)
    {
        var isSound = resource == "*" || (resource.StartsWith("arn:", StringComparison.Ordinal)
            && (resource.Count(c => c == ':') >= 5 || resource.EndsWith('*')));
        if (!isSound)
        {
            throw Refusal.Validation($"Resource {resource} must be in ARN format or \"*\".");
        }
    }

    private static string? Sid(JsonElement statement) => Member(statement, "Sid") switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } sid => sid.GetString() is { Length: > 0 } text ? text : null,
        _ => throw Refusal.Validation("A statement's Sid must be a text."),
    };

    private static void Demand(JsonElement element, string what, string[] known)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Refusal.Validation($"{what} must be a JSON object.");
        }

        foreach (var member in element.EnumerateObject())
        {
            if (!known.Contains(member.Name))
            {
                throw Refusal.Validation($"{what} has an element that policies do not have: {member.Name}.");
            }
        }
    }

    private static JsonElement? Member(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value : null;

    private static JsonElement[] Elements(JsonElement value) => value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];

    private static IEnumerable<(string Name, JsonElement Value)> Members(JsonElement? value, string what) => value switch
    {
        null => [],
        { ValueKind: JsonValueKind.Object } found => found.EnumerateObject().Select(m => (m.Name, m.Value)),
        _ => throw Refusal.Validation($"{what} must be a JSON object."),
    };

    /// <summary>A text or a list of texts that is not empty.</summary>
    internal static List<string> Texts(JsonElement value, string what, bool alsoScalars = false)
    {
        var texts = Elements(value).Select(element => element.ValueKind switch
        {
            JsonValueKind.String => element.GetString()!,
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False when alsoScalars => element.GetRawText(),
            _ => throw Refusal.Validation($"{what} must be a text or a list of texts."),
        }).ToList();
        return texts.Count > 0 ? texts : throw Refusal.Validation($"{what} is an empty list.");
    }

    private static Refusal NoEffect() => Refusal.Validation("A statement's Effect must be Allow or Deny.");
}
