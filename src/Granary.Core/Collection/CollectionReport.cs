using System.Globalization;

namespace Granary.Core.Collection;

/// <summary>What one round has removed from the storage, and what it has left for a later one.</summary>
public sealed class CollectionReport
{
    /// <summary>Keys that were removed, or would be.</summary>
    public long Removed { get; private set; }

    /// <summary>Their bytes.</summary>
    public long RemovedBytes { get; private set; }

    /// <summary>Keys that nothing names and whose grace is not over.</summary>
    public long Waiting { get; private set; }

    public long WaitingBytes { get; private set; }

    /// <summary>Files that are none of Granary's making, and are left alone.</summary>
    public long Foreign { get; private set; }

    /// <summary>The storage belongs to another database, so that nothing was removed but what this one has given up itself.</summary>
    public bool IsOfAnother { get; private set; }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"removed {Removed:N0} ({RemovedBytes:N0} bytes), {Waiting:N0} ({WaitingBytes:N0} bytes) wait for the end of their grace");

    internal void Remove(long bytes)
    {
        Removed++;
        RemovedBytes += bytes;
    }

    internal void Wait(long bytes)
    {
        Waiting++;
        WaitingBytes += bytes;
    }

    internal void Pass() => Foreign++;

    internal void Refuse() => IsOfAnother = true;
}
