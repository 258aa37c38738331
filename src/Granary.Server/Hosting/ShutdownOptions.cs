namespace Granary.Server.Hosting;

/// <summary>How a server ends once it was told to (SIGTERM, Ctrl-C): not ready, <see cref="Delay"/>, no new connections, <see cref="Limit"/>.</summary>
public sealed record ShutdownOptions
{
    public const string Section = "Shutdown";

    /// <summary>How long requests are still taken by a server that says already that it is not ready: as long as a proxy takes to notice.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.Zero;

    /// <summary>How long, after the delay, requests that have begun may take to their end. What takes longer is broken off.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(3);
}
