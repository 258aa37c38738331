using System.Text.Json;

namespace Granary.Core.Events.Patterns;

/// <summary>
/// A number in a list of values: equal by value where both can be compared, and else as they are written, so that account ids can be matched that
/// someone has made numbers of.
/// </summary>
internal sealed class EqualNumber : ValueMatcher
{
    private readonly byte[] written;
    private readonly EventNumber? comparable;

    public EqualNumber(ReadOnlySpan<byte> json)
    {
        written = json.ToArray();
        comparable = EventNumber.TryRead(json, out var number) && number.IsWhole ? number : null;
    }

    public override bool Matches(in EventValue value) => value.Kind is JsonValueKind.Number &&
        (value.Text.SequenceEqual(written) || (comparable is { } number && EventNumber.TryRead(value.Text, out var other) && other.CompareTo(number) == 0));
}

/// <summary>A number between two bounds, either of which may be missing.</summary>
/// <param name="bottom">The lower bound.</param>
/// <param name="isAbove">Whether the number must be greater than it.</param>
/// <param name="top">The upper bound.</param>
/// <param name="isBelow">Whether the number must be less than it.</param>
internal sealed class NumberRange(EventNumber? bottom, bool isAbove, EventNumber? top, bool isBelow) : ValueMatcher
{
    public override bool Matches(in EventValue value) =>
        value.Kind is JsonValueKind.Number && EventNumber.TryRead(value.Text, out var number)
        && (bottom is not { } least || number.CompareTo(least) >= (isAbove ? 1 : 0))
        && (top is not { } most || number.CompareTo(most) <= (isBelow ? -1 : 0));
}
