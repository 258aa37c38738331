using Granary.Core.Access;
using Granary.Core.Database;
using Granary.Core.Events.Buses;
using Microsoft.Extensions.Logging;

namespace Granary.Core.Events.Delivery;

/// <summary>
/// Turns what happened into events and has them delivered, on one node at a time. The change log is the outbox: a change is there or it is
/// not, and its event follows from it.
/// </summary>
/// <remarks>
/// On PostgreSQL the node is found by an advisory lock, which ends with it. The lock only saves work: whoever believes to have it writes by
/// comparing how far things had come. See decision 17.
/// </remarks>
public sealed partial class EventPump(
    GranaryDatabase database, ChangeLog log, EventRules rules, ResourceArns arns, EventSenders senders, TimeProvider clock, ILogger<EventPump> logger)
{
    // What other nodes write is found by looking, what this one writes by its signal.
    private static readonly TimeSpan SharedLook = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan OwnLook = TimeSpan.FromSeconds(5);

    // Lets a burst of changes become one batch, and a steady stream some batches a second: each holds the writer for its commit, as a publish does.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan GatheringOfStream = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Runs until the cancellation.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await using var held = await DatabaseUse.TryHoldEventsAsync(database, cancellation);
                if (held is not null)
                {
                    await using var turn = new EventTurn(database, log, rules, arns, senders, clock, logger);
                    await turn.StartAsync(cancellation);
                    await RunTurnAsync(turn, held, cancellation);
                }
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (LostTurnException)
            {
                LogLost();
            }
#pragma warning disable CA1031 // The edge of the work in the background: it goes on, whatever it was.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                LogFailed((StorageFailure.Of(failure) ?? failure).Message);
            }

            await Task.Delay(Pause, clock, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RunTurnAsync(EventTurn turn, DatabaseUse held, CancellationToken cancellation)
    {
        var look = database.Engine is Engine.Sqlite ? OwnLook : SharedLook;
        while (await held.IsAliveAsync(cancellation))
        {
            while (await turn.RoundAsync(cancellation))
            {
            }

            var idle = clock.GetTimestamp();
            await log.Signal.WaitAsync(look, clock, cancellation);
            await Task.Delay(clock.GetElapsedTime(idle) < GatheringOfStream ? GatheringOfStream : Gathering, clock, cancellation);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Another node delivers events by now.")]
    private partial void LogLost();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Events wait, and are delivered later: {Reason}")]
    private partial void LogFailed(string reason);
}
