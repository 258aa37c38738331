using System.Text;

namespace Granary.Core.Events.Patterns;

/// <summary>What a pattern asks of one field: one of some values, or that it is not there.</summary>
/// <param name="path">The names from the outermost object to the field.</param>
/// <param name="matchers">One of them is enough.</param>
/// <param name="orAbsent">Whether a field without a value is right too.</param>
internal sealed class FieldTest(string[] path, ValueMatcher[] matchers, bool orAbsent)
{
    /// <summary>The names joined. Fields are looked at in the order of this, which says what an absence sees; see <see cref="PatternMatch"/>.</summary>
    public string Name { get; } = string.Join('.', path);

    public byte[][] Path { get; } = [.. path.Select(Encoding.UTF8.GetBytes)];

    public bool OrAbsent => orAbsent;

    public bool Matches(in EventValue value)
    {
        foreach (var matcher in matchers)
        {
            if (matcher.Matches(value))
            {
                return true;
            }
        }

        return false;
    }
}
