using System.Globalization;
using System.Text;
using Granary.Core;

namespace Granary.Server.ControlPlane;

/// <summary>
/// The parameters of a request's query, decoded once from the target as it was signed. Names that no operation asks for are
/// passed over; one that is asked for must be there at most once.
/// </summary>
internal sealed class QueryArguments
{
    // As many as a signed request may have; no operation takes more than 20.
    private const int Most = 512;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly List<KeyValuePair<string, string>> pairs = [];

    /// <param name="rawQuery">What follows the question mark, as it was on the wire.</param>
    /// <exception cref="Refusal">Validation: it cannot be decoded.</exception>
    public QueryArguments(ReadOnlySpan<char> rawQuery)
    {
        if (rawQuery.Count('&') >= Most)
        {
            throw Fault.CannotParse($"The query holds more than {Most} parameters.");
        }

        foreach (var range in rawQuery.Split('&'))
        {
            var pair = rawQuery[range];
            if (!pair.IsEmpty)
            {
                var equals = pair.IndexOf('=');
                pairs.Add(new(Decode(equals < 0 ? pair : pair[..equals]), equals < 0 ? "" : Decode(pair[(equals + 1)..])));
            }
        }
    }

    /// <summary>All parameters as they came.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> All => pairs;

    public string Required(string name, TextShape shape) => Optional(name, shape) ?? throw Fault.Missing(name);

    public string? Optional(string name, TextShape shape) => Find(name) is { } value ? shape.Check(name, value) : null;

    /// <summary>A whole number in decimal digits.</summary>
    public int? Integer(string name, int minimum, int maximum)
    {
        if (Find(name) is not { } text)
        {
            return null;
        }

        if (text.Length == 0 || text.AsSpan(text[0] == '-' ? 1 : 0) is not { Length: > 0 } digits || digits.ContainsAnyExceptInRange('0', '9'))
        {
            throw Fault.Of(name, "Member must be a whole number");
        }

        return Fault.Range(name, long.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : text[0] == '-' ? long.MinValue : long.MaxValue, minimum, maximum);
    }

    public bool? Flag(string name) => Find(name) switch
    {
        null => null,
        "true" => true,
        "false" => false,
        _ => throw Fault.Of(name, "Member must satisfy enum value set: [true, false]"),
    };

    private string? Find(string name)
    {
        string? found = null;
        foreach (var (key, value) in pairs)
        {
            if (key == name)
            {
                found = found is null ? value : throw Fault.Of(name, "Member must not be given more than once");
            }
        }

        return found;
    }

    // A plus sign is a blank here because the signature has read it as one.
    private static string Decode(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAny('%', '+'))
        {
            return text.ToString();
        }

        try
        {
            var source = Strict.GetBytes(text.ToString());
            var length = 0;
            for (var i = 0; i < source.Length; i++)
            {
                source[length++] = source[i] switch
                {
                    (byte)'+' => (byte)' ',
                    (byte)'%' => Hex(source, ref i),
                    var plain => plain,
                };
            }

            return Strict.GetString(source, 0, length);
        }
        catch (ArgumentException)
        {
            throw Fault.CannotParse("The query holds bytes that are not UTF-8.");
        }
    }

    private static byte Hex(byte[] source, ref int i)
    {
        if (i + 2 >= source.Length || !char.IsAsciiHexDigit((char)source[i + 1]) || !char.IsAsciiHexDigit((char)source[i + 2]))
        {
            throw Fault.CannotParse("The query holds a '%' that is not followed by two hexadecimal digits.");
        }

        var value = Convert.FromHexString(Encoding.ASCII.GetString(source, i + 1, 2))[0];
        i += 2;
        return value;
    }
}
