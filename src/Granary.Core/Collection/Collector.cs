using Granary.Core.Jobs;

namespace Granary.Core.Collection;

/// <summary>
/// Removes what nothing names from the storage: assets of deleted versions, bytes whose publish never committed, documents that were
/// replaced. One node at a time, and it does no harm where it is two.
/// </summary>
public sealed class Collector(JobLeases leases, OrphanSearch orphans, StraySweep strays, Removal removal, CollectionOptions options)
{
    private const string Job = "collection";

    private static readonly string[] Phases = [OrphanSearch.Phase, StraySweep.AssetPhase, StraySweep.DocumentPhase, Removal.Phase];

    /// <summary>Runs a round, or what another one has left of it. Null: another node is at it, or has been within the interval.</summary>
    /// <param name="onlyWhenDue">Whether the interval counts.</param>
    public async Task<CollectionReport?> RunAsync(bool onlyWhenDue, CancellationToken cancellation)
    {
        await using var job = await leases.TryTakeAsync(Job, onlyWhenDue ? options.Interval : null, options.Step, cancellation);
        if (job is null)
        {
            return null;
        }

        var round = new CollectionRound(job, job.Elapsed, (long)options.Grace.TotalMilliseconds, cancellation);
        await RunAsync(round);
        await job.FinishAsync();
        return round.Report;
    }

    /// <summary>What a round would remove now. Nothing is changed, and nobody has to wait.</summary>
    public async Task<CollectionReport> PreviewAsync(CancellationToken cancellation)
    {
        var elapsed = await leases.PeekAsync(Job, options.Step, cancellation);
        var round = new CollectionRound(null, elapsed, (long)options.Grace.TotalMilliseconds, cancellation);
        await RunAsync(round);
        return round.Report;
    }

    private async Task RunAsync(CollectionRound round)
    {
        foreach (var phase in Phases)
        {
            if (round.Start(phase, Phases) is not { } start)
            {
                continue;
            }

            await (phase switch
            {
                OrphanSearch.Phase => orphans.RunAsync(round, start),
                StraySweep.AssetPhase => strays.RunAssetsAsync(round, start),
                StraySweep.DocumentPhase => strays.RunDocumentsAsync(round, start),
                _ => removal.RunAsync(round, start),
            });
        }
    }
}
