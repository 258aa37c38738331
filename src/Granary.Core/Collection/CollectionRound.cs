using Granary.Core.Jobs;

namespace Granary.Core.Collection;

/// <summary>One round: its clock, where it is, and what it has done.</summary>
/// <param name="Job">Null: nothing is changed, and what would be is counted.</param>
/// <param name="Elapsed">The collection's clock, in milliseconds.</param>
/// <param name="Grace">In milliseconds.</param>
internal sealed record CollectionRound(JobLeases.HeldJob? Job, long Elapsed, long Grace, CancellationToken Cancellation)
{
    public CollectionReport Report { get; } = new();

    public bool IsDry => Job is null;

    /// <summary>Whether what was noticed then has been left for long enough. What is noticed now is, where there is no grace.</summary>
    public bool IsOver(long? noticedAt) => (noticedAt ?? Elapsed) + Grace <= Elapsed;

    public Task ReachAsync(string phase, string key)
    {
        Cancellation.ThrowIfCancellationRequested();
        return Job?.MoveAsync($"{phase} {key}", Cancellation) ?? Task.CompletedTask;
    }

    /// <summary>Where the phase begins in this round; null: an earlier round had come further than the whole phase.</summary>
    /// <param name="phases">All of them in their order.</param>
    public string? Start(string phase, string[] phases)
    {
        if (Job?.Cursor?.Split(' ', 2) is not [var reached, var key] || !phases.Contains(reached))
        {
            return "";
        }

        return reached == phase ? key : Array.IndexOf(phases, reached) < Array.IndexOf(phases, phase) ? "" : null;
    }
}
