using Granary.Core.Database;

namespace Granary.Tests.Database;

public sealed class SharedQuestionTests
{
    [Fact]
    public async Task Whoever_comes_while_it_is_asked_shares_the_next_answer_and_nobody_gets_one_that_was_begun_before()
    {
        var asked = new List<TaskCompletionSource<int>>();
        var question = new SharedQuestion<string, int>(_ => Begin(asked).Task);

        var first = question.AskAsync("a");
        var (second, third) = (question.AskAsync("a"), question.AskAsync("a"));
        var other = question.AskAsync("b");
        Assert.Equal(2, asked.Count);
        asked[0].SetResult(1);
        Assert.Equal(1, await first);
        await UntilAsync(() => asked.Count == 3);
        var fourth = question.AskAsync("a");
        asked[2].SetResult(2);
        Assert.Equal((2, 2), (await second, await third));
        await UntilAsync(() => asked.Count == 4);
        asked[3].SetResult(3);
        Assert.Equal(3, await fourth);
        asked[1].SetResult(9);
        Assert.Equal(9, await other);
    }

    [Fact]
    public async Task A_failure_is_that_of_those_who_shared_the_question_and_of_nobody_after_them()
    {
        var asked = new List<TaskCompletionSource<int>>();
        var question = new SharedQuestion<string, int>(_ => Begin(asked).Task);
        var (first, second) = (question.AskAsync("a"), question.AskAsync("a"));

        asked[0].SetException(new IOException("gone"));
        await Assert.ThrowsAsync<IOException>(() => first);
        await UntilAsync(() => asked.Count == 2);
        asked[1].SetResult(2);

        Assert.Equal(2, await second);
    }

    [Fact]
    public async Task A_counter_that_many_read_and_raise_is_never_read_too_low()
    {
        var value = 0;
        var question = new SharedQuestion<int, int>(async _ =>
        {
            var seen = Volatile.Read(ref value);
            await Task.Yield();
            return seen;
        });

        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            for (var round = 0; round < 2_000; round++)
            {
                var raised = Interlocked.Increment(ref value);
                Assert.InRange(await question.AskAsync(0), raised, int.MaxValue);
            }
        })));
    }

    private static TaskCompletionSource<int> Begin(List<TaskCompletionSource<int>> asked)
    {
        var one = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (asked)
        {
            asked.Add(one);
        }

        return one;
    }

    private static async Task UntilAsync(Func<bool> done)
    {
        while (!done())
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }
}
