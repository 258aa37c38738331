using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Granary.Core;
using Granary.Server.Authentication;

namespace Granary.Server.ControlPlane;

/// <summary>
/// Seals where a page ended into <c>nextToken</c>, with AES-256-GCM: what a token says, only this server reads. It is good for the same
/// operation, account and parameters alone. A letter, then what <see cref="KeyRing"/> makes of the last row's key, in base64url.
/// </summary>
/// <param name="directory">The data directory: the key is in <c>keys/pages.key</c>, which all nodes share.</param>
public sealed class PageTokens(string directory)
{
    /// <summary>The most characters that a token has; the model's own limit.</summary>
    internal const int Longest = 2000;

    private const string FileName = "pages.key";

    // Base64url may begin with a hyphen, which a command line takes for an option.
    private const string Prefix = "p";

    private readonly KeyRing keys = KeyRing.LoadOrCreate(directory, FileName);

    /// <param name="binding">What the token is good for, as <see cref="Bind"/> made it.</param>
    internal string Seal(byte[] binding, IReadOnlyList<string> key) =>
        Prefix + Base64Url.EncodeToString(keys.Seal(PackedTexts.Pack(key), binding));

    /// <exception cref="Refusal">Validation: it was not made here, or for another request.</exception>
    internal IReadOnlyList<string> Open(byte[] binding, string token)
    {
        if (token.Length > Longest || !token.StartsWith(Prefix, StringComparison.Ordinal))
        {
            throw Foreign();
        }

        byte[] box;
        try
        {
            box = Base64Url.DecodeFromChars(token.AsSpan(Prefix.Length));
        }
        catch (FormatException)
        {
            throw Foreign();
        }

        // Bits that decoding passes over, and padding, would make several tokens of one.
        return Base64Url.EncodeToString(box) == token[Prefix.Length..] && keys.Open(box, binding) is { } key ? PackedTexts.Unpack(key) : throw Foreign();
    }

    /// <summary>One value for each operation, account and set of parameters; the order of the parameters does not matter.</summary>
    internal static byte[] Bind(string operation, string account, IEnumerable<KeyValuePair<string, string>> parameters)
    {
        // With their lengths, so that no two lists are written alike.
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes, Encoding.UTF8);
        writer.Write(operation);
        writer.Write(account);
        foreach (var (name, value) in parameters.OrderBy(p => p.Key, StringComparer.Ordinal).ThenBy(p => p.Value, StringComparer.Ordinal))
        {
            writer.Write(name);
            writer.Write(value);
        }

        return SHA256.HashData(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    private static Refusal Foreign() =>
        Refusal.Validation("The pagination token is not one that this request was given. Leave nextToken out to start with the first page.");
}
