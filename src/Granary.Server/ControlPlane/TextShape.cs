using System.Collections.Frozen;
using System.Text;
using System.Text.RegularExpressions;
using Granary.Core;

namespace Granary.Server.ControlPlane;

/// <summary>What the API's model says of one kind of string. Lengths count code points, as the model does.</summary>
internal sealed class TextShape
{
    private readonly int shortest;
    private readonly int longest;
    private readonly Func<string, bool> matches;
    private readonly string constraint;

    private TextShape(int shortest, int longest, Func<string, bool> matches, string constraint)
    {
        this.shortest = shortest;
        this.longest = longest;
        this.matches = matches;
        this.constraint = constraint;
    }

    /// <summary>Any text; for what is compared with a list of known values.</summary>
    public static TextShape Any { get; } = new(0, int.MaxValue, _ => true, "");

    /// <summary>A grammar of ASCII, matched against the whole value.</summary>
    public static TextShape Pattern(int shortest, int longest, string pattern)
    {
        var regex = new Regex($@"\A(?:{pattern})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        return new TextShape(shortest, longest, regex.IsMatch, PatternConstraint(pattern));
    }

    /// <summary>
    /// A value of any code points of a class. Not a regex: .NET's see the two halves of a pair, which are of category C,
    /// where the model means the character.
    /// </summary>
    public static TextShape Of(int shortest, int longest, string pattern, Func<Rune, bool> allowed) =>
        new(shortest, longest, value => value.EnumerateRunes().All(allowed), PatternConstraint(pattern));

    public static TextShape OneOf(params IReadOnlyList<string> values)
    {
        var set = values.ToFrozenSet(StringComparer.Ordinal);
        return new TextShape(0, int.MaxValue, set.Contains, $"Member must satisfy enum value set: [{string.Join(", ", values)}]");
    }

    /// <exception cref="Refusal">The value does not satisfy the shape.</exception>
    public string Check(string name, string value)
    {
        // No engine's text holds it, and no name has it.
        if (value.Contains('\0', StringComparison.Ordinal))
        {
            throw Fault.Of(name, "Member must not contain a null character");
        }

        // A code point is one or two units, so that most values need no count.
        if (value.Length < shortest || (value.Length < 2 * shortest && CodePoints(value) < shortest))
        {
            throw Fault.Of(name, $"Member must have length greater than or equal to {shortest}");
        }

        if (value.Length > longest && CodePoints(value) > longest)
        {
            throw Fault.Of(name, $"Member must have length less than or equal to {longest}");
        }

        return matches(value) ? value : throw Fault.Of(name, constraint);
    }

    private static string PatternConstraint(string pattern) => $"Member must satisfy regular expression pattern: {pattern}";

    private static int CodePoints(string value) => value.EnumerateRunes().Count();
}
