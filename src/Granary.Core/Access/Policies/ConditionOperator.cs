using System.Collections.Frozen;

namespace Granary.Core.Access.Policies;

/// <summary>A condition operator by its name in a policy, such as <c>ForAnyValue:StringNotLikeIfExists</c>.</summary>
/// <remarks>https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html</remarks>
internal sealed record ConditionOperator(Quantifier Quantifier, string Name, bool Negated, bool IfExists, MakeMatcher Make)
{
    public const string NullName = "Null";

    private static readonly FrozenDictionary<string, (MakeMatcher Make, bool Negated)> All =
        new Dictionary<string, (MakeMatcher, bool)>
        {
            ["StringEquals"] = (Matchers.Text(wildcards: false, ignoreCase: false), false),
            ["StringNotEquals"] = (Matchers.Text(wildcards: false, ignoreCase: false), true),
            ["StringEqualsIgnoreCase"] = (Matchers.Text(wildcards: false, ignoreCase: true), false),
            ["StringNotEqualsIgnoreCase"] = (Matchers.Text(wildcards: false, ignoreCase: true), true),
            ["StringLike"] = (Matchers.Text(wildcards: true, ignoreCase: false), false),
            ["StringNotLike"] = (Matchers.Text(wildcards: true, ignoreCase: false), true),
            ["NumericEquals"] = (Matchers.Number(sign => sign == 0), false),
            ["NumericNotEquals"] = (Matchers.Number(sign => sign == 0), true),
            ["NumericLessThan"] = (Matchers.Number(sign => sign < 0), false),
            ["NumericLessThanEquals"] = (Matchers.Number(sign => sign <= 0), false),
            ["NumericGreaterThan"] = (Matchers.Number(sign => sign > 0), false),
            ["NumericGreaterThanEquals"] = (Matchers.Number(sign => sign >= 0), false),
            ["DateEquals"] = (Matchers.Date(sign => sign == 0), false),
            ["DateNotEquals"] = (Matchers.Date(sign => sign == 0), true),
            ["DateLessThan"] = (Matchers.Date(sign => sign < 0), false),
            ["DateLessThanEquals"] = (Matchers.Date(sign => sign <= 0), false),
            ["DateGreaterThan"] = (Matchers.Date(sign => sign > 0), false),
            ["DateGreaterThanEquals"] = (Matchers.Date(sign => sign >= 0), false),
            ["Bool"] = (Matchers.Bool, false),
            ["BinaryEquals"] = (Matchers.Binary, false),
            ["IpAddress"] = (Matchers.Address, false),
            ["NotIpAddress"] = (Matchers.Address, true),
            // The two pairs do the same: both take wildcards.
            ["ArnEquals"] = (Matchers.Arn, false),
            ["ArnLike"] = (Matchers.Arn, false),
            ["ArnNotEquals"] = (Matchers.Arn, true),
            ["ArnNotLike"] = (Matchers.Arn, true),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <exception cref="Refusal">Validation: there is no such operator.</exception>
    public static ConditionOperator Parse(string text)
    {
        var (quantifier, name) = text switch
        {
            _ when text.StartsWith("ForAllValues:", StringComparison.Ordinal) => (Quantifier.All, text["ForAllValues:".Length..]),
            _ when text.StartsWith("ForAnyValue:", StringComparison.Ordinal) => (Quantifier.Any, text["ForAnyValue:".Length..]),
            _ => (Quantifier.None, text),
        };
        var ifExists = name.EndsWith("IfExists", StringComparison.Ordinal);
        name = ifExists ? name[..^"IfExists".Length] : name;
        return All.TryGetValue(name, out var found)
            ? new ConditionOperator(quantifier, name, found.Negated, ifExists, found.Make)
            : throw Refusal.Validation($"Invalid condition operator: {text}.");
    }
}

/// <summary>Reads a value of a policy once. Null: the value is none of the operator's type.</summary>
/// <param name="variables">Whether the policy's version has variables; only texts and ARNs may hold any.</param>
internal delegate ValueMatcher? MakeMatcher(string value, bool variables);
