using System.Text.Json;
using Granary.Core;

namespace Granary.Formats.Npm;

/// <summary>The digests in a manifest's <c>dist</c>.</summary>
internal static class NpmDist
{
    /// <summary>The value of <c>dist.integrity</c> for these bytes.</summary>
    public static string Integrity(NpmDigests digests) => "sha512-" + Base64Of(digests.Sha512);

    /// <exception cref="Refusal">A digest that the document gives is not that of the bytes received.</exception>
    public static void Check(JsonElement manifest, NpmDigests digests)
    {
        if (!manifest.TryGetProperty("dist", out var dist) || dist.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        if (NpmJsonDocument.Text(dist, "shasum") is { } shasum && !shasum.Equals(digests.Sha1, StringComparison.OrdinalIgnoreCase))
        {
            throw Wrong("shasum");
        }

        if (NpmJsonDocument.Text(dist, "integrity") is not { } integrity)
        {
            return;
        }

        // Subresource integrity: digests between blanks, each with options after a question mark.
        foreach (var entry in integrity.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var digest = entry.Split('?')[0];
            var hyphen = digest.IndexOf('-', StringComparison.Ordinal);
            var expected = (hyphen < 0 ? "" : digest[..hyphen]) switch
            {
                "sha512" => digests.Sha512,
                "sha256" => digests.Sha256,
                "sha1" => digests.Sha1,
                _ => throw Refusal.Validation("The manifest's dist.integrity has a digest that is not sha512, sha256 or sha1: send sha512."),
            };
            if (digest[(hyphen + 1)..] != Base64Of(expected))
            {
                throw Wrong("integrity");
            }
        }
    }

    private static string Base64Of(string hex) => Convert.ToBase64String(Convert.FromHexString(hex));

    private static Refusal Wrong(string member) =>
        Refusal.Validation($"The manifest's dist.{member} is not the digest of the tarball that arrived: publish again.");
}
