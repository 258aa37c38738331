using System.Collections.Concurrent;
using Granary.Core;
using Granary.Core.Events;
using Microsoft.EntityFrameworkCore;

namespace Granary.Server.Authentication;

/// <summary>
/// Remembers when access keys were last used. Requests leave a note and wait for nothing; the notes are written together, so
/// that a busy key costs one update in a while.
/// </summary>
public sealed class AccessKeyUses(ChangeLog log, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<string, Use> uses = new(StringComparer.Ordinal);

    /// <summary>Notes that a request was signed with the key.</summary>
    public void Note(string accessKeyId, string service, string region)
    {
        var now = clock.GetUtcNow();
        uses[accessKeyId] = new Use(now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMinute)), service, region);
    }

    /// <summary>Writes what has been noted; what cannot be written is kept.</summary>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        var noted = uses.ToArray();
        if (noted.Length == 0)
        {
            return;
        }

        await log.WriteServerAsync(
            async db =>
            {
                foreach (var (id, use) in noted)
                {
                    await db.AccessKeys.Where(k => k.Id == id).ExecuteUpdateAsync(
                        key => key
                            .SetProperty(k => k.LastUsedAt, use.At)
                            .SetProperty(k => k.LastUsedService, use.Service)
                            .SetProperty(k => k.LastUsedRegion, use.Region),
                        CancellationToken.None);
                }
            },
            cancellation);
        foreach (var note in noted)
        {
            // Unless the key was used again meanwhile.
            uses.TryRemove(note);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TryFlushAsync();
            }
        }
        catch (OperationCanceledException)
        {
            await TryFlushAsync();
        }
    }

    // A full disk or a lost server is told by the requests that meet it, and this is not worth a second word.
    private async Task TryFlushAsync()
    {
        try
        {
            await FlushAsync(CancellationToken.None);
        }
        catch (Refusal)
        {
        }
    }

    private sealed record Use(DateTimeOffset At, string Service, string Region);
}
