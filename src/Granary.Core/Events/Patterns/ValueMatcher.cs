using System.Text.Json;

namespace Granary.Core.Events.Patterns;

/// <summary>One value of a pattern's list.</summary>
internal abstract class ValueMatcher
{
    public abstract bool Matches(in EventValue value);
}

/// <summary>Any value at all, null too.</summary>
internal sealed class AnyValue : ValueMatcher
{
    public override bool Matches(in EventValue value) => true;
}

/// <summary>Exactly this string, compared byte by byte.</summary>
internal sealed class ExactString(byte[] text) : ValueMatcher
{
    public override bool Matches(in EventValue value) => value.IsString && value.Text.SequenceEqual(text);
}

/// <summary><c>true</c>, <c>false</c> or <c>null</c>.</summary>
internal sealed class Literal(JsonValueKind kind) : ValueMatcher
{
    public override bool Matches(in EventValue value) => value.Kind == kind;
}

/// <summary>Everything but what one of these matches.</summary>
internal sealed class AnythingBut(ValueMatcher[] excluded) : ValueMatcher
{
    public override bool Matches(in EventValue value)
    {
        foreach (var matcher in excluded)
        {
            if (matcher.Matches(value))
            {
                return false;
            }
        }

        return true;
    }
}
