namespace Granary.Server.Hosting;

/// <summary>
/// Keeps the listeners open for <see cref="ShutdownOptions.Delay"/> after the stop has begun. Readiness is gone by then, so that a proxy
/// sends new requests elsewhere; those that it sends before it has noticed are answered as ever. Without the delay they would meet a
/// port on which nobody listens, or a connection that was taken by the kernel and by nobody else.
/// </summary>
internal sealed class ShutdownDelay(ShutdownOptions options, TimeProvider clock) : IHostedLifecycleService
{
    public Task StoppingAsync(CancellationToken cancellationToken) =>
        options.Delay > TimeSpan.Zero ? Task.Delay(options.Delay, clock, cancellationToken) : Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
