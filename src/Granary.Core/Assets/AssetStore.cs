using Granary.Core.Database;
using Granary.Core.Events;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Assets;

/// <summary>A domain's assets: bytes in storage first, their row in the transaction that makes them visible.</summary>
/// <remarks>
/// A key that was ever given up is never named again, so that no deletion, however late it comes, can meet bytes that were published
/// since. The keys of some bytes differ by a generation. The current one is that of their row; without a row it is what their tombstone
/// says, and without both 0. The invariant is: a row is written only with the generation that is current in that transaction, a
/// generation is made spent only in a transaction that sees no row name it, and both hold the domain. Then a generation below the
/// tombstone's that no row names is named by none for ever, and such keys alone are deleted. See decision 14.
/// </remarks>
public sealed class AssetStore(IAssetStorage storage, GranaryDatabase database)
{
    // Each takes a collection of the same bytes between the storing and the transaction.
    private const int MostAttempts = 20;

    private static readonly CompiledQuery<Func<GranaryContext, long, byte[], Task<long?>>> OneGeneration = new(() => EF.CompileAsyncQuery(
        (GranaryContext db, long domainId, byte[] sha256) => db.Assets
            .Where(a => a.DomainId == domainId && a.Sha256 == sha256)
            .Select(a => (long?)a.Generation)
            .SingleOrDefault()));

    private static readonly CompiledQuery<Func<GranaryContext, long, byte[], Task<long?>>> OneTombstone = new(() => EF.CompileAsyncQuery(
        (GranaryContext db, long domainId, byte[] sha256) => db.AssetTombstones
            .Where(t => t.DomainId == domainId && t.Sha256 == sha256)
            .Select(t => (long?)t.Generation)
            .SingleOrDefault()));

    public Spool CreateSpool() => storage.CreateSpool();

    /// <summary>
    /// Makes the spooled bytes durable, and then lets <paramref name="publish"/> run the transaction that names them, which ends in
    /// <see cref="AddAsync"/>. It is run again where these bytes were collected in between.
    /// </summary>
    /// <exception cref="Refusal">The storage is full or fails, or what <paramref name="publish"/> refused.</exception>
    public async Task<T> StoreAsync<T>(long domainId, Spool spool, Func<Digests, Task<T>> publish, CancellationToken cancellation)
    {
        var stored = await StoreAsync(domainId, spool, cancellation);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await publish(stored);
            }
            catch (SpentKeyException) when (attempt < MostAttempts)
            {
                // The first file is under another name by now, or gone: only the spool itself can still be read.
                await using var copy = await CopyAsync(spool, cancellation);
                stored = await StoreAsync(domainId, copy, cancellation);
            }
            catch (SpentKeyException failure)
            {
                throw Refusal.Unavailable("These bytes are being collected again and again. Send the request again later.", failure);
            }
        }
    }

    /// <summary>The same where nothing is answered.</summary>
    public Task StoreAsync(long domainId, Spool spool, Func<Digests, Task> publish, CancellationToken cancellation) =>
        StoreAsync(
            domainId,
            spool,
            async stored =>
            {
                await publish(stored);
                return true;
            },
            cancellation);

    /// <summary>Makes the spooled bytes durable. They are visible to nobody until <see cref="AddAsync"/> is committed.</summary>
    public async Task<Digests> StoreAsync(long domainId, Spool spool, CancellationToken cancellation)
    {
        var digests = spool.Finish();
        var generation = await GenerationAsync(domainId, digests.Sha256);
        await storage.StoreAsync(spool, AssetKey.OfAsset(domainId, digests.Sha256, generation), cancellation);
        return digests with { Generation = generation };
    }

    /// <summary>The row of stored bytes, once a domain however many versions name them.</summary>
    /// <exception cref="SpentKeyException">The key that they were stored under was given up since: they have to be stored again.</exception>
    public static async Task AddAsync(ChangeTransaction transaction, Digests digests)
    {
        var (domain, sha256) = (transaction.DomainId, digests.Sha256);
        var written = await transaction.Db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO assets (domain_id, sha256, generation, size, md5, sha1, sha512, stored_at)
            SELECT {domain}, {sha256}, {digests.Generation}, {digests.Size}, {digests.Md5}, {digests.Sha1}, {digests.Sha512}, {transaction.Now.ToUnixTimeMilliseconds()}
            WHERE {digests.Generation} = COALESCE(
                (SELECT a.generation FROM assets a WHERE a.domain_id = {domain} AND a.sha256 = {sha256}),
                (SELECT t.generation FROM asset_tombstones t WHERE t.domain_id = {domain} AND t.sha256 = {sha256}),
                0)
            ON CONFLICT (domain_id, sha256) DO UPDATE SET orphaned_at = NULL
            """);
        if (written == 0)
        {
            throw new SpentKeyException();
        }
    }

    /// <summary>The bytes of an asset that has a row, at their recorded size.</summary>
    /// <exception cref="Refusal">They are missing or of another size: never a complete answer with other bytes. Where looking costs a request, opening says so.</exception>
    public async Task<AssetContent> OpenWholeAsync(long domainId, byte[] sha256, long size, CancellationToken cancellation) =>
        await OpenFirstAsync(domainId, sha256, size, cancellation) ?? await OpenLaterAsync(domainId, sha256, size, cancellation) ?? throw Damaged();

    public static Refusal Damaged() =>
        Refusal.Unavailable("The stored bytes of this asset are missing or damaged. Tell the operator of this server.");

    /// <summary>The first key is looked under before the row is asked, since hardly any bytes have another; what lies there may be about to be deleted.</summary>
    private async Task<AssetContent?> OpenFirstAsync(long domainId, byte[] sha256, long size, CancellationToken cancellation) =>
        (await storage.OpenAsync(AssetKey.OfAsset(domainId, sha256, 0), size, cancellation))?.Else(opening => OpenLaterAsync(domainId, sha256, size, opening));

    private async Task<AssetContent?> OpenLaterAsync(long domainId, byte[] sha256, long size, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await OneGeneration.On(db)(db, domainId, sha256) is > 0 and { } generation
            ? await storage.OpenAsync(AssetKey.OfAsset(domainId, sha256, generation), size, cancellation)
            : null;
    }

    /// <summary>The current generation, as it is before the transaction that will compare it.</summary>
    private async Task<long> GenerationAsync(long domainId, byte[] sha256)
    {
        await using var db = database.Open();
        return await OneGeneration.On(db)(db, domainId, sha256) ?? await OneTombstone.On(db)(db, domainId, sha256) ?? 0;
    }

    private async Task<Spool> CopyAsync(Spool spool, CancellationToken cancellation)
    {
        var copy = storage.CreateSpool();
        try
        {
            var piece = new byte[64 * 1024];
            while (copy.Length < spool.Length)
            {
                var read = await spool.ReadAsync(piece, copy.Length, cancellation);
                if (read == 0)
                {
                    break;
                }

                await copy.WriteAsync(piece.AsMemory(0, read), cancellation);
            }

            return copy.Finish().Sha256.AsSpan().SequenceEqual(spool.Finish().Sha256) ? copy : throw Damaged();
        }
        catch
        {
            await copy.DisposeAsync();
            throw;
        }
    }
}
