using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Granary.Core.Assets;
using Granary.Formats.Npm;

namespace Granary.Seed;

/// <summary>Stored bytes that versions share, and what a publish would have found out about them.</summary>
internal sealed record Tarball(NewTarball Stored, NpmTarballContent Content)
{
    // Bytes. What packing does not shrink, so that sizes of assets differ.
    private const int LargestPayload = 8 * 1024;

    /// <summary>Makes one and stores it as a publish does, synchronised to disk.</summary>
    public static async Task<Tarball> StoreAsync(AssetStore assets, long domainId, int number, CancellationToken cancellation)
    {
        var bytes = Pack(number);
        await using var spool = assets.CreateSpool();
        await spool.WriteAsync(bytes, cancellation);
        var content = await NpmTarball.InspectAsync(new MemoryStream(bytes), cancellation: cancellation);
        var digests = await assets.StoreAsync(domainId, spool, cancellation);
        var hex = new NpmDigests(Convert.ToHexStringLower(digests.Sha1), digests.Sha256Hex, Convert.ToHexStringLower(digests.Sha512));
        return new Tarball(new NewTarball(digests, hex), content);
    }

    private static byte[] Pack(int number)
    {
        var random = new Random(number);
        var payload = new byte[random.Next(512, LargestPayload)];
        random.NextBytes(payload);
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        using (var tar = new TarWriter(gzip, TarEntryFormat.Ustar))
        {
            Add(tar, "package/package.json", Encoding.UTF8.GetBytes($$"""{"name":"shared","version":"1.0.{{number}}"}"""));
            Add(tar, "package/index.js", payload);
        }

        return packed.ToArray();
    }

    private static void Add(TarWriter tar, string name, byte[] bytes) =>
        tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name)
        {
            DataStream = new MemoryStream(bytes),
            ModificationTime = DateTimeOffset.UnixEpoch,
        });
}

/// <summary>The digests of a tarball, as the database and as a manifest has them.</summary>
internal sealed record NewTarball(Digests Digests, NpmDigests Hex);
