using System.Text;

namespace Granary.Core.Events.Patterns;

/// <summary>A string that begins so.</summary>
internal sealed class Prefix(byte[] text) : ValueMatcher
{
    public override bool Matches(in EventValue value) => value.IsString && value.Text.StartsWith(text);
}

/// <summary>A string that ends so.</summary>
internal sealed class Suffix(byte[] text) : ValueMatcher
{
    public override bool Matches(in EventValue value) => value.IsString && value.Text.EndsWith(text);
}

/// <summary>Which end of a string is compared.</summary>
internal enum Part
{
    Whole,
    Beginning,
    End,
}

/// <summary>A string, or one end of it, without regard to case: letter by letter, as Unicode's simple mapping has it, in no one's language.</summary>
internal sealed class IgnoringCase(string text, Part part) : ValueMatcher
{
    private readonly byte[]? ascii = Ascii.IsValid(text) ? Encoding.ASCII.GetBytes(text) : null;

    public override bool Matches(in EventValue value)
    {
        if (!value.IsString)
        {
            return false;
        }

        // What a plain pattern matches is as plain, so that nothing need be decoded.
        if (ascii is not null)
        {
            return part switch
            {
                Part.Whole => Ascii.EqualsIgnoreCase(value.Text, ascii),
                Part.Beginning => value.Text.Length >= ascii.Length && Ascii.EqualsIgnoreCase(value.Text[..ascii.Length], ascii),
                _ => value.Text.Length >= ascii.Length && Ascii.EqualsIgnoreCase(value.Text[^ascii.Length..], ascii),
            };
        }

        var decoded = Encoding.UTF8.GetString(value.Text);
        return part switch
        {
            Part.Whole => decoded.Equals(text, StringComparison.OrdinalIgnoreCase),
            Part.Beginning => decoded.StartsWith(text, StringComparison.OrdinalIgnoreCase),
            _ => decoded.EndsWith(text, StringComparison.OrdinalIgnoreCase),
        };
    }
}
