using System.Security.Cryptography;
using Granary.Core.Assets;
using Granary.Core.Encryption;

namespace Granary.Core.Scrub;

/// <summary>Reads an asset's bytes as they lie there, and compares them.</summary>
public sealed class AssetInspection(IAssetStorage storage)
{
    private const int Piece = 1 << 20;

    /// <summary>What is wrong; null: nothing.</summary>
    /// <param name="read">Is told of each piece that was read, and may wait.</param>
    internal async Task<DamageKind?> InspectAsync(string key, long size, byte[] sha256, Func<long, ValueTask> read, CancellationToken cancellation)
    {
        try
        {
            if (await storage.OpenAsync(key, cancellation) is not { } content)
            {
                return DamageKind.Missing;
            }

            if (content.Length != size)
            {
                return DamageKind.WrongSize;
            }

            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using var stream = await content.OpenAsync(cancellation);
            var piece = new byte[(int)Math.Min(Piece, Math.Max(size, 1))];
            var left = size;
            while (left > 0)
            {
                var count = await stream.ReadAsync(piece.AsMemory(0, (int)Math.Min(piece.Length, left)), cancellation);
                if (count == 0)
                {
                    return DamageKind.WrongSize;
                }

                hash.AppendData(piece, 0, count);
                left -= count;
                await read(count);
            }

            return hash.GetHashAndReset().AsSpan().SequenceEqual(sha256) ? null : DamageKind.WrongBytes;
        }
        catch (FileNotFoundException)
        {
            return DamageKind.Missing;
        }
        catch (DamagedBytesException)
        {
            return DamageKind.WrongBytes;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return DamageKind.Unreadable;
        }
    }
}
