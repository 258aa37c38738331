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
    public static IReadOnlyDictionary<string, string[]> NoContext { get; } = new Dictionary<string, string[]>();

    internal string[]? Find(string key) => Context.GetValueOrDefault(key);
}
