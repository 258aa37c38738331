using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Granary.Core;

namespace Granary.Server.ControlPlane;

/// <summary>
/// Seals where a page ended into <c>nextToken</c>. A token is good only for the same operation, account and parameters,
/// and only as this server made it: a letter, then 16 bytes of an HMAC and the key of the last row in base64url.
/// </summary>
/// <param name="secret">32 bytes that all nodes share.</param>
public sealed class PageTokens(byte[] secret)
{
    private const int MacLength = 16;

    // Base64url may begin with a hyphen, which a command line takes for an option.
    private const string Prefix = "p";

    /// <param name="binding">What the token is good for, as <see cref="Bind"/> made it.</param>
    internal string Seal(byte[] binding, IReadOnlyList<string> key)
    {
        var text = Encode(key);
        return Prefix + Base64Url.EncodeToString([.. Mac(binding, text), .. text]);
    }

    /// <exception cref="Refusal">Validation: it was not made here, or for another request.</exception>
    internal IReadOnlyList<string> Open(byte[] binding, string token)
    {
        if (!token.StartsWith(Prefix, StringComparison.Ordinal))
        {
            throw Foreign();
        }

        byte[] bytes;
        try
        {
            bytes = Base64Url.DecodeFromChars(token.AsSpan(Prefix.Length));
        }
        catch (FormatException)
        {
            throw Foreign();
        }

        if (bytes.Length < MacLength || !CryptographicOperations.FixedTimeEquals(Mac(binding, bytes.AsSpan(MacLength)), bytes.AsSpan(0, MacLength)))
        {
            throw Foreign();
        }

        return Decode(bytes[MacLength..]);
    }

    /// <summary>One value for each operation, account and set of parameters; the order of the parameters does not matter.</summary>
    internal static byte[] Bind(string operation, string account, IEnumerable<KeyValuePair<string, string>> parameters)
    {
        var sorted = parameters
            .OrderBy(p => p.Key, StringComparer.Ordinal)
            .ThenBy(p => p.Value, StringComparer.Ordinal)
            .SelectMany(p => new[] { p.Key, p.Value });
        return SHA256.HashData(Encode([operation, account, .. sorted]));
    }

    private byte[] Mac(byte[] binding, ReadOnlySpan<byte> text) => HMACSHA256.HashData(secret.AsSpan(), [.. binding, .. text])[..MacLength];

    // With their lengths, so that no two lists are written alike.
    private static byte[] Encode(IReadOnlyList<string> parts)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes, Encoding.UTF8);
        foreach (var part in parts)
        {
            writer.Write(part);
        }

        return bytes.ToArray();
    }

    private static List<string> Decode(byte[] text)
    {
        var parts = new List<string>();
        using var reader = new BinaryReader(new MemoryStream(text, writable: false), Encoding.UTF8);
        while (reader.BaseStream.Position < reader.BaseStream.Length)
        {
            parts.Add(reader.ReadString());
        }

        return parts;
    }

    private static Refusal Foreign() =>
        Refusal.Validation("The pagination token is not one that this request was given. Leave nextToken out to start with the first page.");
}
