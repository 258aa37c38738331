using System.Globalization;
using System.Net;
using System.Text;

namespace Granary.Core.Events.Patterns;

/// <summary>A string that is an IP address of a network: IPv4 or IPv6, each matched by its own kind.</summary>
internal sealed class AddressRange : ValueMatcher
{
    // The longest IPv6 address without an embedded IPv4 one has 39 characters; IPv4's octets may have zeros before them.
    private const int MostCharacters = 64;

    private readonly byte[] network;
    private readonly int bits;

    private AddressRange(byte[] network, int bits) => (this.network, this.bits) = (network, bits);

    /// <param name="text">Such as 10.0.0.0/24 or 2001:db8::/32.</param>
    /// <exception cref="FormatException">It is no network; the message is EventBridge's.</exception>
    public static AddressRange Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || slash == text.Length - 1 || text.IndexOf('/', slash + 1) >= 0)
        {
            throw new FormatException("Malformed CIDR, one '/' required");
        }

        if (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var bits))
        {
            throw new FormatException("Malformed CIDR, mask bits must be an integer");
        }

        if (bits < 0)
        {
            throw new FormatException("Malformed CIDR, mask bits must not be negative");
        }

        var address = text[..slash];
        if (Read(address) is not { } bytes)
        {
            throw new FormatException($"{(LooksLikeAddress(address) ? "Invalid" : "Nonstandard")} IP address: {address}");
        }

        // A network of one address is written as that address, in quotes.
        return (bytes.Length, bits) switch
        {
            (4, > 31) => throw new FormatException("IPv4 mask bits must be < 32"),
            (16, > 127) => throw new FormatException("IPv6 mask bits must be < 128"),
            _ => new AddressRange(bytes, bits),
        };
    }

    public override bool Matches(in EventValue value)
    {
        if (!value.IsString || value.Text.Length > MostCharacters || Read(Encoding.UTF8.GetString(value.Text)) is not { } address || address.Length != network.Length)
        {
            return false;
        }

        for (var i = 0; i < network.Length; i++)
        {
            var mask = (byte)(0xFF00 >> Math.Clamp(bits - (8 * i), 0, 8));
            if (((address[i] ^ network[i]) & mask) != 0)
            {
                return false;
            }
        }

        return true;
    }

    private static bool LooksLikeAddress(string text) =>
        (text.Contains(':', StringComparison.Ordinal) && text.All(c => char.IsAsciiHexDigit(c) || c == ':'))
        || (text.Split('.') is { Length: 4 } octets && octets.All(octet => octet.Length > 0 && octet.All(char.IsAsciiDigit)));

    /// <summary>Decimal octets, or hexadecimal groups; nothing with a zone or an IPv4 address within.</summary>
    private static byte[]? Read(string text)
    {
        if (!LooksLikeAddress(text))
        {
            return null;
        }

        if (text.Contains(':', StringComparison.Ordinal))
        {
            return IPAddress.TryParse(text, out var address) ? address.GetAddressBytes() : null;
        }

        var bytes = new byte[4];
        var octets = text.Split('.');
        for (var i = 0; i < bytes.Length; i++)
        {
            if (!byte.TryParse(octets[i], NumberStyles.None, CultureInfo.InvariantCulture, out bytes[i]))
            {
                return null;
            }
        }

        return bytes;
    }
}
