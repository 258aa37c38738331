namespace Granary.Core.Transfer;

/// <summary>Counts what was copied, and tells how far it has come. One caller at a time.</summary>
internal sealed class Tally(IProgress<TransferProgress> progress, string step, long? total)
{
    public long Count { get; private set; }

    public long Bytes { get; private set; }

    public long NewCount { get; private set; }

    public long NewBytes { get; private set; }

    /// <summary>Keys of what is known to be lost, and was not waited for.</summary>
    public IReadOnlyList<string> Lost { get; set; } = [];

    public Task AddAsync(CopiedBytes one)
    {
        (Count, Bytes) = (Count + 1, Bytes + one.Size);
        if (one.IsNew)
        {
            (NewCount, NewBytes) = (NewCount + 1, NewBytes + one.Size);
        }

        progress.Report(new TransferProgress(step, Count, total));
        return Task.CompletedTask;
    }
}
