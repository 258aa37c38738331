namespace Granary.Core.Access.Policies;

/// <summary>How a key's several values count.</summary>
internal enum Quantifier
{
    /// <summary>No prefix: the key has one value; of several, one that fits is enough.</summary>
    None,

    /// <summary><c>ForAllValues:</c> holds where there is no value, too.</summary>
    All,

    /// <summary><c>ForAnyValue:</c></summary>
    Any,
}

/// <summary>One key of a Condition block under its operator. A block is the conjunction of all of them.</summary>
/// <remarks>https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html</remarks>
internal abstract record PolicyCondition(string Key)
{
    public abstract bool Holds(AccessRequest request);
}

/// <summary><c>Null</c>: whether the key is absent.</summary>
/// <param name="Accepted">What may be: true for absent, false for present, or both.</param>
internal sealed record NullCondition(string Key, IReadOnlyList<bool> Accepted) : PolicyCondition(Key)
{
    public override bool Holds(AccessRequest request) => Accepted.Contains(request.Find(Key) is not { Length: > 0 });
}

/// <summary>Every other operator: the key's values against the policy's.</summary>
/// <param name="Negated">The operator's Not: no value of the policy may match.</param>
/// <param name="IfExists">Holds where the key is absent.</param>
/// <param name="Matchers">One for each value of the policy; one that matches is enough.</param>
internal sealed record ComparingCondition(
    string Key, Quantifier Quantifier, bool Negated, bool IfExists, IReadOnlyList<ValueMatcher> Matchers) : PolicyCondition(Key)
{
    public override bool Holds(AccessRequest request)
    {
        var values = request.Find(Key) ?? [];
        if (values.Length == 0)
        {
            // A key that is not there is equal to nothing.
            return IfExists || Quantifier == Quantifier.All || (Negated && Quantifier == Quantifier.None);
        }

        return Quantifier switch
        {
            Quantifier.All => values.All(value => Fits(value) != Negated),
            Quantifier.Any => values.Any(value => Fits(value) != Negated),
            _ => values.Any(Fits) != Negated,
        };

        bool Fits(string value) => Matchers.Any(matcher => matcher(value, request));
    }
}

/// <summary>Compares a value of the request with one of the policy. What cannot be read as the operator's type matches nothing.</summary>
internal delegate bool ValueMatcher(string value, AccessRequest request);
