using System.Text;

namespace Granary.Core.Access.Policies;

/// <summary>
/// A text of a policy with its wildcards and policy variables: <c>*</c>, <c>?</c>, <c>${aws:username}</c>,
/// <c>${aws:PrincipalTag/team, 'none'}</c>, and <c>${*}</c>, <c>${?}</c>, <c>${$}</c> for the characters themselves.
/// </summary>
internal sealed class PolicyPattern
{
    private readonly IReadOnlyList<Piece> _pieces;
    private readonly string? _constant;

    private PolicyPattern(IReadOnlyList<Piece> pieces)
    {
        _pieces = pieces;
        _constant = pieces.All(p => p.Variable is null) ? string.Concat(pieces.Select(p => p.Text)) : null;
    }

    /// <summary>Whether the pattern is a lone star, which matches where there is nothing to compare, too.</summary>
    public bool IsEverything => _constant is [Glob.Any];

    /// <param name="variables">Policies of Version 2008-10-17 have none: there <c>${</c> is two characters like all others.</param>
    /// <param name="wildcards">Whether <c>*</c> and <c>?</c> stand for others; StringEquals compares them.</param>
    /// <exception cref="Refusal">Validation: a variable that does not end.</exception>
    public static PolicyPattern Parse(string text, bool variables, bool wildcards = true)
    {
        var pieces = new List<Piece>();
        var literal = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (variables && text[i] == '$' && i + 1 < text.Length && text[i + 1] == '{')
            {
                var end = text.IndexOf('}', i);
                if (end < 0)
                {
                    throw Refusal.Validation($"A policy variable does not end: write a closing brace after {text[i..]}.");
                }

                AddVariable(text[(i + 2)..end], pieces, literal);
                i = end;
            }
            else
            {
                literal.Append(text[i] switch
                {
                    '*' when wildcards => Glob.Any,
                    '?' when wildcards => Glob.One,
                    Glob.Any or Glob.One => throw Refusal.Validation("A policy has no such characters as U+FFFE and U+FFFF."),
                    var other => other,
                });
            }
        }

        pieces.Add(new Piece(literal.ToString(), null, null));
        return new PolicyPattern(pieces);
    }

    public bool Matches(ReadOnlySpan<char> text, AccessRequest request, bool ignoreCase) =>
        Expand(request) is { } pattern && Glob.Matches(pattern, text, ignoreCase);

    public bool MatchesArn(ReadOnlySpan<char> arn, AccessRequest request) =>
        Expand(request) is { } pattern && Glob.MatchesArn(pattern, arn);

    private static void AddVariable(string variable, List<Piece> pieces, StringBuilder literal)
    {
        if (variable is "*" or "?" or "$")
        {
            literal.Append(variable);
            return;
        }

        pieces.Add(new Piece(literal.ToString(), null, null));
        literal.Clear();
        var comma = variable.IndexOf(',', StringComparison.Ordinal);
        var key = (comma < 0 ? variable : variable[..comma]).Trim();
        var fallback = comma < 0 ? null : variable[(comma + 1)..].Trim();
        if (key.Length == 0 || (fallback is not null && fallback is not ['\'', .., '\'']))
        {
            throw Refusal.Validation($"${{{variable}}} is no policy variable: write ${{key}}, or ${{key, 'default'}} with the default in quotes.");
        }

        pieces.Add(new Piece("", key, fallback?[1..^1]));
    }

    /// <summary>The pattern with its variables' values, or null where one has none (or several): then nothing matches.</summary>
    private string? Expand(AccessRequest request)
    {
        if (_constant is not null)
        {
            return _constant;
        }

        var text = new StringBuilder();
        foreach (var piece in _pieces)
        {
            var value = piece.Variable is null ? piece.Text : request.Find(piece.Variable) is [var only] ? only : piece.Default;
            if (value is null || (piece.Variable is not null && value.AsSpan().ContainsAny(Glob.Any, Glob.One)))
            {
                return null;
            }

            text.Append(value);
        }

        return text.ToString();
    }

    private sealed record Piece(string Text, string? Variable, string? Default);
}
