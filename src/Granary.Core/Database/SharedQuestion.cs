namespace Granary.Core.Database;

/// <summary>
/// Asks one question for all who want its answer at once. Whoever comes while it is being asked waits for the next time it is: nobody is
/// given an answer that was begun before they came, so that it is as fresh as one of their own.
/// </summary>
public sealed class SharedQuestion<TKey, TAnswer>(Func<TKey, Task<TAnswer>> ask)
    where TKey : notnull
{
    private readonly Lock gate = new();
    private readonly Dictionary<TKey, Turn> turns = [];

    public Task<TAnswer> AskAsync(TKey key)
    {
        var turn = new Turn();
        lock (gate)
        {
            if (turns.TryGetValue(key, out var running))
            {
                return running.Next ??= FollowAsync(key, running);
            }

            turns[key] = turn;
        }

        return RunAsync(key, turn);
    }

    private async Task<TAnswer> FollowAsync(TKey key, Turn before)
    {
        await before.Done.Task;
        var turn = new Turn();
        lock (gate)
        {
            // Whoever comes from now on waits for another one.
            turns[key] = turn;
        }

        return await RunAsync(key, turn);
    }

    private async Task<TAnswer> RunAsync(TKey key, Turn turn)
    {
        try
        {
            return await ask(key);
        }
        finally
        {
            lock (gate)
            {
                if (turn.Next is null)
                {
                    turns.Remove(key);
                }
            }

            turn.Done.SetResult();
        }
    }

    private sealed class Turn
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<TAnswer>? Next { get; set; }
    }
}
