using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;

namespace Granary.Core.Listings;

/// <summary>
/// Tells the operator where a public source promises other bytes for a version than it did when the version was kept. What was kept is served
/// all the same; what the source says now is not taken.
/// </summary>
public sealed partial class BrokenPromises(ILogger<BrokenPromises> logger) : IDisposable
{
    // A listing is rendered in several forms and after every change: the same news is told once a day.
    private static readonly TimeSpan Silence = TimeSpan.FromDays(1);

    private readonly MemoryCache told = new(new MemoryCacheOptions { SizeLimit = 10_000 });

    /// <param name="package">As its users write it.</param>
    public void Report(string connection, string package, string version)
    {
        var news = (connection, package, version);
        if (!told.TryGetValue(news, out _))
        {
            told.Set(news, true, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Silence });
            LogBroken(connection, package, version);
        }
    }

    public void Dispose() => told.Dispose();

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Connection} now promises other bytes for {Package} {Version} than those that were kept from it. The kept bytes are served and the new ones are not taken. Find out who changed a published version.")]
    private partial void LogBroken(string connection, string package, string version);
}
