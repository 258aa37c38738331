namespace Granary.Core.Events;

/// <summary>Wakes whoever follows the change logs of this process. Pulses while nobody waits are one.</summary>
public sealed class ChangeSignal
{
    private TaskCompletionSource next = NewSource();
    private int isPulsed;

    public void Pulse()
    {
        // Read first: in a busy second most pulses find the last one not taken yet.
        if (Volatile.Read(ref isPulsed) == 0 && Interlocked.Exchange(ref isPulsed, 1) == 0)
        {
            Volatile.Read(ref next).TrySetResult();
        }
    }

    /// <summary>Returns after the next pulse, at once where there was one since the last wait, and after <paramref name="most"/> at the latest.</summary>
    public async Task WaitAsync(TimeSpan most, TimeProvider clock, CancellationToken cancellation)
    {
        try
        {
            await Volatile.Read(ref next).Task.WaitAsync(most, clock, cancellation);
        }
        catch (TimeoutException)
        {
            return;
        }

        // In this order: a pulse in between is seen by the next wait, or by the work that follows this one.
        Volatile.Write(ref next, NewSource());
        Volatile.Write(ref isPulsed, 0);
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
