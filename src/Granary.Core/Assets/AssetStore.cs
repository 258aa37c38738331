using Granary.Core.Events;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Assets;

/// <summary>A domain's assets: bytes in storage first, their row in the transaction that makes them visible.</summary>
public sealed class AssetStore(IAssetStorage storage)
{
    public Spool CreateSpool() => storage.CreateSpool();

    /// <summary>Makes the spooled bytes durable. They are visible to nobody until <see cref="AddAsync"/> is committed.</summary>
    public async Task<Digests> StoreAsync(long domainId, Spool spool, CancellationToken cancellation)
    {
        var digests = spool.Finish();
        await storage.StoreAsync(spool, AssetKey.OfAsset(domainId, digests.Sha256), cancellation);
        return digests;
    }

    /// <summary>The row of stored bytes, once a domain however many versions name them.</summary>
    public static Task AddAsync(ChangeTransaction transaction, Digests digests) =>
        transaction.Db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO assets (domain_id, sha256, size, md5, sha1, sha512, stored_at)
            VALUES ({transaction.DomainId}, {digests.Sha256}, {digests.Size}, {digests.Md5}, {digests.Sha1}, {digests.Sha512}, {transaction.Now.ToUnixTimeMilliseconds()})
            ON CONFLICT (domain_id, sha256) DO NOTHING
            """);

    public Task<AssetContent?> OpenAsync(long domainId, byte[] sha256, CancellationToken cancellation) =>
        storage.OpenAsync(AssetKey.OfAsset(domainId, sha256), cancellation);

    /// <summary>The bytes of an asset that has a row, at their recorded size.</summary>
    /// <exception cref="Refusal">They are missing or of another size: never a complete answer with other bytes.</exception>
    public async Task<AssetContent> OpenWholeAsync(long domainId, byte[] sha256, long size, CancellationToken cancellation) =>
        await OpenAsync(domainId, sha256, cancellation) is { } content && content.Length == size ? content : throw Damaged();

    public static Refusal Damaged() =>
        Refusal.Unavailable("The stored bytes of this asset are missing or damaged. Tell the operator of this server.");
}
