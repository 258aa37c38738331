using System.Buffers;
using System.Text.Json;
using Granary.Core.Upstreams;

namespace Granary.Formats.NuGet;

/// <summary>A version that a source offers.</summary>
/// <param name="Content">Where the source has the package.</param>
/// <param name="PublishedAt">Null where the source does not say.</param>
internal sealed record NuGetOffer(string Content, DateTimeOffset? PublishedAt, NuGetManifest Manifest)
{
    internal NuGetListedVersion Listed => new(() => Manifest, PublishedAt, Manifest.Listed);
}

/// <summary>
/// What is kept of a source's registration: one document instead of its index and pages, in our own form and by normalised version. A registration repeats
/// each address and each type for every version; this is a tenth of it.
/// </summary>
internal static class NuGetOffers
{
    /// <summary>The beginning of the document; versions follow, each after a comma but for the first, and then a closing brace for each of the two objects.</summary>
    public static byte[] Begin(string id) => [.. "{\"id\":"u8, .. JsonSerializer.SerializeToUtf8Bytes(id, NuGetJson.Default.String), .. ",\"versions\":{"u8];

    public static void Write(ArrayBufferWriter<byte> output, string version, NuGetOffer offer)
    {
        output.Write(JsonSerializer.SerializeToUtf8Bytes(version, NuGetJson.Default.String));
        output.Write(":"u8);
        output.Write(JsonSerializer.SerializeToUtf8Bytes(offer, NuGetJson.Default.NuGetOffer));
    }

    /// <summary>What is wrong with a document; null when it lists at least one version of the package.</summary>
    public static async Task<string?> CheckAsync(string id, Stream document, CancellationToken cancellation)
    {
        using var json = await JsonDocument.ParseAsync(document, cancellationToken: cancellation);
        return !json.RootElement.GetProperty("id").ValueEquals(id) ? "it is of another package."
            : !json.RootElement.GetProperty("versions").EnumerateObject().Any() ? "it has no versions."
            : null;
    }

    public static IEnumerable<(string Version, NuGetOffer Offer)> Read(ReadOnlyMemory<byte> document)
    {
        using var json = JsonDocument.Parse(document);
        foreach (var version in json.RootElement.GetProperty("versions").EnumerateObject())
        {
            yield return (version.Name, version.Value.Deserialize(NuGetJson.Default.NuGetOffer)!);
        }
    }

    public static bool Has(ReadOnlyMemory<byte> document, string version)
    {
        using var json = JsonDocument.Parse(document);
        return json.RootElement.GetProperty("versions").TryGetProperty(version, out _);
    }

    public static NuGetOffer? Find(ReadOnlyMemory<byte> document, string version)
    {
        using var json = JsonDocument.Parse(document);
        return json.RootElement.GetProperty("versions").TryGetProperty(version, out var found) ? found.Deserialize(NuGetJson.Default.NuGetOffer) : null;
    }

    /// <summary>What a manifest promises of the bytes; null where it promises nothing.</summary>
    public static PromisedDigest? Promise(NuGetManifest manifest)
    {
        var (algorithm, length) = manifest.PackageHashAlgorithm?.ToUpperInvariant() switch
        {
            "SHA256" => (DigestAlgorithm.Sha256, 32),
            "SHA512" or null => (DigestAlgorithm.Sha512, 64),
            _ => (default, 0),
        };
        var value = new byte[length];
        return length > 0 && manifest.PackageHash is { } hash && Convert.TryFromBase64String(hash, value, out var written) && written == length
            ? new PromisedDigest(algorithm, [value])
            : null;
    }
}
