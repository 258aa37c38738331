using System.Collections.Concurrent;

namespace Granary.Core.Upstreams;

/// <summary>Runs a piece of work once for all who ask for it at the same time. It belongs to none of them: nobody's leaving ends it.</summary>
public sealed class SingleFlight<TKey, TResult>
    where TKey : notnull
{
    // Lazy, because the dictionary may call a factory twice and keep one result.
    private readonly ConcurrentDictionary<TKey, Lazy<Task<TResult>>> running = new();

    public Task<TResult> RunAsync(TKey key, Func<Task<TResult>> work) =>
        running.GetOrAdd(key, asked => new(() => Task.Run(() => RunOnceAsync(asked, work)))).Value;

    private async Task<TResult> RunOnceAsync(TKey key, Func<Task<TResult>> work)
    {
        try
        {
            return await work();
        }
        finally
        {
            running.TryRemove(key, out _);
        }
    }
}
