using System.Collections.Concurrent;
using Granary.Core.Transfer;
using Spectre.Console;

namespace Granary.Server.Commands;

/// <summary>Shows how far a command has come: bars on a terminal, else a line for each step that has ended.</summary>
internal sealed class ProgressDisplay : IProgress<TransferProgress>, IAsyncDisposable
{
    private readonly TextWriter output;
    private readonly bool isTerminal;
    private readonly ConcurrentDictionary<string, ProgressTask> tasks = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<ProgressContext> started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock turn = new();
    private Task bars = Task.CompletedTask;
    private TransferProgress last;

    private ProgressDisplay(TextWriter output, bool isTerminal) => (this.output, this.isTerminal) = (output, isTerminal);

    public static ProgressDisplay Start(TextWriter output)
    {
        var display = new ProgressDisplay(output, ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected);
        if (display.isTerminal)
        {
            display.bars = AnsiConsole.Progress()
                .AutoClear(true)
                .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
                .StartAsync(display.ShowAsync);
        }

        return display;
    }

    public void Report(TransferProgress value)
    {
        lock (turn)
        {
            if (isTerminal)
            {
                Draw(value);
                return;
            }

            if (last.Step is not null && last.Step != value.Step)
            {
                WriteLast();
            }

            last = value;
        }
    }

    /// <summary>Takes the bars away and writes what has come of it.</summary>
    public async Task EndAsync(string text)
    {
        await DisposeAsync();
        await output.WriteLineAsync(text);
    }

    public async ValueTask DisposeAsync()
    {
        ended.TrySetResult();
        await bars;
        if (last.Step is not null)
        {
            WriteLast();
            last = default;
        }
    }

    private void WriteLast() => output.WriteLine($"{last.Step}: {last.Done}");

    private void Draw(TransferProgress value)
    {
        if (!started.Task.IsCompletedSuccessfully)
        {
            return;
        }

        var task = tasks.GetOrAdd(value.Step, step => started.Task.Result.AddTask(Markup.Escape(step)));
        task.IsIndeterminate = value.Total is null;
        task.MaxValue = Math.Max(1, value.Total ?? value.Done);
        task.Value = value.Total == 0 ? 1 : value.Done;
    }

    private Task ShowAsync(ProgressContext context)
    {
        started.TrySetResult(context);
        return ended.Task;
    }
}
