using System.Buffers;
using Granary.Core.Assets;
using Granary.Core.Usage;

namespace Granary.Core.Upstreams;

/// <summary>Copies a source's body into a spool under limits of size and time that are its own and no client's.</summary>
public static class BodyPump
{
    // HARDENING UP-10: silence, or a trickle of 1 B/s, ends within 30 s.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);
    private const long SlowestBytesPerSecond = 1024;

    /// <param name="advanced">Called after each piece is in the spool.</param>
    /// <exception cref="Refusal">The body is longer than <paramref name="most"/> bytes, shorter than announced, too slow, or breaks off.</exception>
    public static async Task RunAsync(
        string connection, HttpResponseMessage response, Spool spool, long most, TimeProvider clock, Action advanced, CancellationToken cancellation)
    {
        var announced = response.Content.Headers.ContentLength;
        if (announced > most)
        {
            throw Refusal.SourceFailed($"{connection} announced {announced} bytes, more than the {most} that are accepted.");
        }

        var start = clock.GetTimestamp();
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellation);
            while (true)
            {
                silence.CancelAfter(LongestSilence);
                var read = await body.ReadAsync(buffer, silence.Token);
                if (read == 0)
                {
                    break;
                }

                if (spool.Length + read > most)
                {
                    throw Refusal.SourceFailed($"{connection} sent more than the {most} bytes that are accepted.");
                }

                await spool.WriteAsync(buffer.AsMemory(0, read), cancellation);
                advanced();
                var elapsed = clock.GetElapsedTime(start);
                if (elapsed > Grace && spool.Length < SlowestBytesPerSecond * elapsed.TotalSeconds)
                {
                    throw Refusal.SourceFailed($"{connection} sends less than {SlowestBytesPerSecond} bytes a second.");
                }
            }
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            throw Refusal.SourceFailed($"{connection} broke off after {spool.Length} bytes.", failure);
        }
        catch (OperationCanceledException failure) when (!cancellation.IsCancellationRequested)
        {
            throw Refusal.SourceFailed($"{connection} was silent for {LongestSilence.TotalSeconds:0} s.", failure);
        }
        finally
        {
            Telemetry.Fetched(connection, spool.Length);
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (announced is { } length && length != spool.Length)
        {
            throw Refusal.SourceFailed($"{connection} announced {length} bytes and sent {spool.Length}.");
        }
    }
}
