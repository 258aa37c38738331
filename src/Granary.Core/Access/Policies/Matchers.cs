using System.Globalization;
using System.Net;

namespace Granary.Core.Access.Policies;

/// <summary>The types that condition operators compare.</summary>
internal static class Matchers
{
    // ISO 8601 as the W3C profiles it, with what IAM takes: a date, minutes, seconds, fractions, any offset.
    private static readonly string[] DateFormats = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    public static MakeMatcher Text(bool wildcards, bool ignoreCase) => (value, variables) =>
    {
        var pattern = PolicyPattern.Parse(value, variables, wildcards);
        return (text, request) => pattern.Matches(text, request, ignoreCase);
    };

    public static ValueMatcher? Arn(string value, bool variables)
    {
        var pattern = PolicyPattern.Parse(value, variables);
        return (text, request) => pattern.MatchesArn(text, request);
    }

    public static MakeMatcher Number(Func<int, bool> accepts) => (value, _) =>
        ReadNumber(value) is { } bound ? (text, _) => ReadNumber(text) is { } number && accepts(number.CompareTo(bound)) : null;

    public static MakeMatcher Date(Func<int, bool> accepts) => (value, _) =>
        ReadDate(value) is { } bound ? (text, _) => ReadDate(text) is { } date && accepts(date.CompareTo(bound)) : null;

    public static ValueMatcher? Bool(string value, bool variables) =>
        bool.TryParse(value, out var expected) ? (text, _) => bool.TryParse(text, out var actual) && actual == expected : null;

    public static ValueMatcher? Binary(string value, bool variables) =>
        ReadBinary(value) is { } expected ? (text, _) => ReadBinary(text) is { } actual && actual.AsSpan().SequenceEqual(expected) : null;

    /// <summary>An address, or a network in CIDR form whose address may have bits behind the prefix.</summary>
    public static ValueMatcher? Address(string value, bool variables)
    {
        var slash = value.IndexOf('/', StringComparison.Ordinal);
        if (ReadAddress(slash < 0 ? value : value[..slash]) is not { } network)
        {
            return null;
        }

        var prefix = network.Length * 8;
        if (slash >= 0 && (!int.TryParse(value[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out prefix) || prefix > network.Length * 8))
        {
            return null;
        }

        return (text, _) => ReadAddress(text) is { } address && address.Length == network.Length && Shares(address, network, prefix);
    }

    private static bool Shares(byte[] a, byte[] b, int bits)
    {
        var whole = bits / 8;
        var rest = bits % 8;
        return a.AsSpan(0, whole).SequenceEqual(b.AsSpan(0, whole)) && (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
    }

    private static decimal? ReadNumber(string text) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static DateTimeOffset? ReadDate(string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds))
        {
            // The range of DateTimeOffset.FromUnixTimeSeconds: years 1 to 9999.
            return seconds is >= -62_135_596_800 and <= 253_402_300_799 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
        }

        return DateTimeOffset.TryParseExact(
            text, DateFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var date) ? date : null;
    }

    private static byte[]? ReadBinary(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var count) ? bytes[..count] : null;
    }

    // A zone or a port is no part of an address that a policy compares, and ::ffff:192.0.2.1 is 192.0.2.1.
    private static byte[]? ReadAddress(string text)
    {
        if (text.AsSpan().ContainsAny('%', '[') || !IPAddress.TryParse(text, out var address)
            || (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && text.Count(c => c == '.') != 3))
        {
            return null;
        }

        return (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).GetAddressBytes();
    }
}
