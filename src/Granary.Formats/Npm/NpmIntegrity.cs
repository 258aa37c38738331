using System.Text.Json;
using Granary.Core.Upstreams;

namespace Granary.Formats.Npm;

/// <summary>Digests as npm writes them: <c>dist.integrity</c> (Subresource Integrity) and the older <c>dist.shasum</c>.</summary>
internal static class NpmIntegrity
{
    /// <summary>The strongest digest that a <c>dist</c> object promises, or null when it promises none.</summary>
    public static PromisedDigest? Promise(JsonElement dist)
    {
        if (dist.TryGetProperty("integrity", out var integrity)
            && NpmJsonDocument.UncheckedText(integrity) is { } promised && Parse(promised) is { } parsed)
        {
            return parsed;
        }

        return dist.TryGetProperty("shasum", out var shasum) && NpmJsonDocument.UncheckedText(shasum) is { Length: 40 } hex && TryHex(hex) is { } sha1
            ? new PromisedDigest(DigestAlgorithm.Sha1, [sha1])
            : null;
    }

    /// <summary>The entries of the strongest algorithm in an integrity string, such as <c>sha512-…</c>; null when it has none that is known.</summary>
    private static PromisedDigest? Parse(string integrity)
    {
        PromisedDigest? best = null;
        foreach (var entry in integrity.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            // SRI: algorithm, hyphen, base64, and options after a question mark that nobody uses.
            var (algorithm, size) = entry switch
            {
                _ when entry.StartsWith("sha512-", StringComparison.Ordinal) => (DigestAlgorithm.Sha512, 64),
                _ when entry.StartsWith("sha256-", StringComparison.Ordinal) => (DigestAlgorithm.Sha256, 32),
                _ when entry.StartsWith("sha1-", StringComparison.Ordinal) => (DigestAlgorithm.Sha1, 20),
                _ => (default, 0),
            };
            var value = new byte[64];
            if (size > 0 && Convert.TryFromBase64String(entry[(entry.IndexOf('-') + 1)..].Split('?')[0], value, out var written)
                && written == size && (best is null || algorithm >= best.Algorithm))
            {
                best = new PromisedDigest(algorithm, best?.Algorithm == algorithm ? [.. best.Values, value[..size]] : [value[..size]]);
            }
        }

        return best;
    }

    private static byte[]? TryHex(string hex)
    {
        var value = new byte[hex.Length / 2];
        return Convert.FromHexString(hex, value, out _, out _) is System.Buffers.OperationStatus.Done ? value : null;
    }
}
