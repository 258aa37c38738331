using System.Collections.Frozen;

namespace Granary.Core.Access.Policies;

/// <summary>Where a policy stands, which decides what its statements must and may have.</summary>
public enum PolicyKind
{
    /// <summary>Attached to a user, group or role, a permissions boundary, or passed with a session: no Principal, a Resource.</summary>
    Identity,

    /// <summary>Attached to a domain or repository: a Principal. Resource may be left out and then is what it is attached to.</summary>
    Resource,

    /// <summary>Says who may assume a role: a Principal and no Resource.</summary>
    Trust,
}

/// <summary>A policy, read and checked once. Statements that are not understood are never kept, so that none is passed over.</summary>
/// <remarks>https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html</remarks>
public sealed class PolicyDocument
{
    private readonly IReadOnlyList<PolicyStatement> _statements;

    private readonly IReadOnlyDictionary<string, string> _ids;

    internal PolicyDocument(string text, IReadOnlyList<PolicyStatement> statements, IReadOnlyDictionary<string, string>? ids = null)
    {
        Text = text;
        _statements = statements;
        _ids = ids ?? FrozenDictionary<string, string>.Empty;
    }

    /// <summary>The document as it was put, to the letter.</summary>
    public string Text { get; }

    /// <summary>The ARNs of the users, roles and sessions that its statements name.</summary>
    public IEnumerable<string> PrincipalArns => _statements.SelectMany(s => s.Principals?.Arns.AsEnumerable() ?? []).Distinct(StringComparer.Ordinal);

    /// <summary>
    /// The same policy, that means by an ARN only whoever had it when the policy was put: a user or role who is made later under
    /// the name of one that was deleted is somebody else.
    /// </summary>
    /// <param name="ids">Unique ids by ARN; what is not there is meant by its ARN alone.</param>
    public PolicyDocument Meaning(IReadOnlyDictionary<string, string> ids) => new(Text, _statements, ids);

    /// <exception cref="Refusal">Validation: what is wrong with the document, and where.</exception>
    public static PolicyDocument Parse(string text, PolicyKind kind) => PolicyReader.Read(text, kind);

    /// <summary>Whether a statement that applies to the request denies it.</summary>
    internal bool Denies(AccessRequest request) =>
        _statements.Any(s => !s.Allows && s.AppliesTo(request) && s.Grant(request.Principal, _ids) is not PrincipalMatch.None);

    /// <summary>Whether a statement that applies to the request allows it, whoever asks: for policies without principals.</summary>
    internal bool Allows(AccessRequest request) => _statements.Any(s => s.Allows && s.AppliesTo(request));

    /// <summary>The closest form in which the statements that allow the request name who asks.</summary>
    internal PrincipalMatch Grants(AccessRequest request) =>
        _statements.Where(s => s.Allows && s.AppliesTo(request)).Select(s => s.Grant(request.Principal, _ids)).DefaultIfEmpty().Max();
}
