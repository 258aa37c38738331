namespace Granary.Core.Access.Policies;

/// <summary>What policies are asked about: who wants to do what with which resource, and under which circumstances.</summary>
/// <param name="Action">Such as <c>codeartifact:ReadFromRepository</c>.</param>
/// <param name="Resource">An ARN, or <c>*</c> for actions that name no resource.</param>
/// <param name="Context">
/// Condition keys, their names without case. A key that is absent has no value; a key with several values has all of them. IAM's
/// names: <c>aws:SourceIp</c>, <c>aws:PrincipalTag/team</c>.
/// </param>
public sealed record AccessRequest(Principal Principal, string Action, string Resource, IReadOnlyDictionary<string, string[]> Context)
{
    private static readonly HashSet<string> OfTheMoment = new(StringComparer.OrdinalIgnoreCase)
    {
        "aws:CurrentTime", "aws:EpochTime", "aws:SourceIp", "aws:SecureTransport",
    };

    public static IReadOnlyDictionary<string, string[]> NoContext { get; } = new Dictionary<string, string[]>();

    /// <summary>
    /// Whether a policy has asked for something that differs between two requests of one principal for one thing. Where none
    /// did, the decision is the same for all of them, and may be remembered until a policy changes.
    /// </summary>
    internal bool AskedForTheMoment { get; private set; }

    /// <summary>The keys that were asked for and that the request does not have.</summary>
    internal HashSet<string> Missing { get; } = new(StringComparer.OrdinalIgnoreCase);

    internal string[]? Find(string key)
    {
        AskedForTheMoment |= OfTheMoment.Contains(key);
        if (Context.TryGetValue(key, out var values))
        {
            return values;
        }

        Missing.Add(key);
        return null;
    }
}
