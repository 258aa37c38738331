using Granary.Core.Assets;
using Granary.Core.Collection;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Scrub;

/// <summary>
/// Puts wrong bytes out of the way: a copy for people to look at, and the asset's next generation of keys, under which there is nothing
/// until the right bytes come again, by a publish or from a source. Then it answers 503 and never what rotted.
/// </summary>
public sealed class Quarantine(IAssetStorage storage, Dooming dooming)
{
    /// <summary>The key of the copy; null where the bytes cannot be copied.</summary>
    internal async Task<string?> SetAsideAsync(long domainId, byte[] sha256, long generation, CancellationToken cancellation)
    {
        var key = AssetKey.OfAsset(domainId, sha256, generation);
        var copy = await CopyAsync(key, cancellation);
        var isSpent = false;
        await dooming.HoldAsync(
            domainId,
            async db =>
            {
                // Collected or healed meanwhile, it is somebody else's affair.
                isSpent = await db.Assets.AnyAsync(a => a.DomainId == domainId && a.Sha256 == sha256 && a.Generation == generation);
                if (isSpent)
                {
                    await dooming.SpendAsync(db, domainId, sha256, generation);
                    await db.Database.ExecuteSqlAsync(
                        $"""
                        UPDATE assets SET generation = (SELECT t.generation FROM asset_tombstones t WHERE t.domain_id = {domainId} AND t.sha256 = {sha256})
                        WHERE domain_id = {domainId} AND sha256 = {sha256}
                        """);
                }
            },
            cancellation);
        if (isSpent)
        {
            await storage.DeleteAsync(key, cancellation);
        }

        return copy;
    }

    private async Task<string?> CopyAsync(string key, CancellationToken cancellation)
    {
        // As they lie there: what does not decrypt is looked at too, and nobody reads more in the copy than in the original.
        if (await storage.Stored.OpenAsync(key, cancellation) is not { } content)
        {
            return null;
        }

        try
        {
            await using var spool = storage.CreateSpool();
            await using (var stream = await content.OpenAsync(cancellation))
            {
                var piece = new byte[64 * 1024];
                for (int count; (count = await stream.ReadAsync(piece, cancellation)) > 0;)
                {
                    await spool.WriteAsync(piece.AsMemory(0, count), cancellation);
                }
            }

            var copy = $"damaged/{key["assets/".Length..]}";
            await storage.StoreAsync(spool, copy, cancellation);
            return copy;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or Refusal { Kind: RefusalKind.StorageFull })
        {
            // The copy is for people; that nobody is served what rotted comes before.
            return null;
        }
    }
}
