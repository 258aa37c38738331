using Granary.Core;

namespace Granary.Server.ControlPlane;

/// <summary>Refusals of parameters, in the words of AWS's own services.</summary>
internal static class Fault
{
    /// <param name="name">The parameter as it is on the wire, such as <c>domain</c> or <c>tags.1.member.key</c>.</param>
    /// <param name="constraint">Such as <c>Member must not be null</c>.</param>
    public static Refusal Of(string name, string constraint) =>
        Refusal.Validation($"1 validation error detected: Value at '{name}' failed to satisfy constraint: {constraint}");

    public static Refusal Missing(string name) => Of(name, "Member must not be null");

    /// <summary>The request cannot be read at all.</summary>
    public static Refusal CannotParse(string message) => Refusal.Validation(message, "CANNOT_PARSE");

    /// <summary>The value where it is in the range.</summary>
    public static int Range(string name, long value, int minimum, int maximum)
    {
        if (value < minimum)
        {
            throw Of(name, $"Member must have value greater than or equal to {minimum}");
        }

        return value <= maximum ? (int)value : throw Of(name, $"Member must have value less than or equal to {maximum}");
    }
}
