using Granary.Core.Assets;
using Granary.Core.Database;

namespace Granary.Core.Transfer;

/// <param name="Skipped">Assets and documents that an earlier run had brought.</param>
/// <param name="Lost">Keys of assets that the source is known not to have, and that are missing here too.</param>
public sealed record ArrivalResult(long Rows, long Assets, long AssetBytes, long Documents, long Skipped, IReadOnlyList<string> Lost);

/// <summary>What a restore and a migration fill: an empty data directory, an empty database, and a storage.</summary>
/// <param name="Directory">The data directory, which the caller has locked.</param>
/// <param name="Storage">Opens it, which may make folders.</param>
/// <param name="AllowedFiles">Names of files that may be in the directory before.</param>
/// <param name="DemandAlone">Throws where a lock that keeps servers away was lost; asked before the end is declared.</param>
public sealed record ArrivalPlace(
    string Directory, GranaryDatabase Database, Func<IAssetStorage> Storage, IReadOnlyCollection<string> AllowedFiles, Func<CancellationToken, Task> DemandAlone);

/// <summary>
/// The steps that a restore and a migration share: mark, keys, rows, bytes, verification, and only then the marks are removed. Each
/// may be broken off anywhere and is gone on with by the next run.
/// </summary>
internal sealed class Arrival(ArrivalPlace place, IProgress<TransferProgress> progress)
{
    /// <param name="source">The same words at each run, and others for another source.</param>
    /// <param name="promised">What the rows of a table must have been; null: what they are in the source.</param>
    public async Task<ArrivalResult> RunAsync(
        string source,
        IRowSource rows,
        PrivateFiles keys,
        Func<CopiedTable, TableDigest>? promised,
        Func<IReadOnlyList<CopiedTable>, Task<(Tally Assets, Tally Documents)>> copyBytes,
        CancellationToken cancellation)
    {
        await using var arrival = new RowArrival(place.Database, source);
        if (!UnfinishedMark.IsIn(place.Directory))
        {
            await arrival.DemandRoomAsync(cancellation);
        }

        var mark = UnfinishedMark.Begin(place.Directory, source, place.AllowedFiles);
        if (mark.IsVerified)
        {
            await arrival.OpenAsync(cancellation);
            await EndAsync(mark, arrival);
            return new ArrivalResult(0, 0, 0, 0, 0, []);
        }

        keys.Write(place.Directory);
        await arrival.BeginAsync(cancellation);
        long total = 0;
        foreach (var table in arrival.Tables)
        {
            var count = await rows.CountAsync(table, cancellation);
            await arrival.CopyAsync(rows, table, count, progress, cancellation);
            if (table.Counter is not null)
            {
                await arrival.ContinueCounterAsync(table, await rows.CounterAsync(table, cancellation), cancellation);
            }

            total += count;
        }

        var (assets, documents) = await copyBytes(arrival.Tables);
        await VerifyAsync(rows, promised, arrival.Tables, assets.Count + assets.Lost.Count, cancellation);
        await place.DemandAlone(cancellation);
        mark.SetVerified();
        await EndAsync(mark, arrival);
        var skipped = assets.Count - assets.NewCount + documents.Count - documents.NewCount;
        return new ArrivalResult(total, assets.Count, assets.Bytes, documents.Count, skipped, assets.Lost);
    }

    // The file last: without it the next run would find a directory that is not empty.
    private static async Task EndAsync(UnfinishedMark mark, RowArrival arrival)
    {
        await arrival.EndAsync(CancellationToken.None);
        mark.Remove();
    }

    private async Task VerifyAsync(
        IRowSource source, Func<CopiedTable, TableDigest>? promised, IReadOnlyList<CopiedTable> tables, long assets, CancellationToken cancellation)
    {
        await using var rows = await DatabaseRows.OpenAsync(place.Database, cancellation);
        foreach (var (index, table) in tables.Index())
        {
            var wanted = promised is null ? await TableDigest.OfAsync(source, table, cancellation) : promised(table);
            var there = await TableDigest.OfAsync(rows, table, cancellation);
            if (wanted != there)
            {
                throw new InvalidDataException(
                    $"{table.Name} has {there.Rows} rows with the digest {there.Sha256} and should have {wanted.Rows} with {wanted.Sha256}: the source was changed meanwhile, or the database keeps something else than it is given. Empty the target and begin again.");
            }

            if (table.Entity == typeof(Asset) && there.Rows != assets)
            {
                throw new InvalidDataException($"{assets} assets were copied, and the rows name {there.Rows}. Run the same command again.");
            }

            progress.Report(new TransferProgress("tables verified", index + 1, tables.Count));
        }
    }
}
