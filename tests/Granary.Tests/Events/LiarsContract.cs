using System.Collections.Concurrent;
using System.Text;
using Granary.Core.Database;
using Granary.Tests.Events.Targets;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Granary.Tests.Events;

public sealed class LiarsOnSqliteTests() : LiarsContract(Engine.Sqlite);

public sealed class LiarsOnPostgreSqlTests() : LiarsContract(Engine.PostgreSql);

/// <summary>One rule whose targets lie, each in a way of its own, beside one that does as it should.</summary>
public abstract class LiarsContract(Engine engine)
{
    private const int Packages = 3;
    private const int Versions = 3;
    private const int All = Packages * Versions;

    [Fact]
    public async Task Those_who_lie_delay_nobody_and_are_told_of_without_a_secret()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var log = new LogText();
        await using var well = await Hook.StartAsync();
        // Reads everything, and says so only the second time.
        var seen = new ConcurrentDictionary<string, int>();
        await using var silent = new RawReceiver((request, send, _) =>
            seen.AddOrUpdate(IdOf(request), 1, (_, times) => times + 1) == 1 ? Task.CompletedTask : send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray()));
        await using var endless = new RawReceiver(async (_, send, stop) =>
        {
            await send("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
            while (!stop.IsCancellationRequested)
            {
                await send(new byte[16 << 10]);
            }
        });
        await using var telltale = new RawReceiver((request, send, _) => send(Encoding.Latin1.GetBytes($"HTTP/1.1 400 {EventHost.Secret}\r\nLocation: {EventHost.Secret}\r\n\r\n{request}")));
        await using var slow = new RawReceiver(async (_, send, stop) =>
        {
            while (!stop.IsCancellationRequested)
            {
                await send("H"u8.ToArray());
                await Task.Delay(100, stop);
            }
        });
        await using var host = await EventHost.StartAsync(engine, timeout: TimeSpan.FromSeconds(2), configure: services => services.AddSingleton<ILoggerProvider>(log));
        foreach (var (id, address) in new[] { ("silent", silent.Address), ("endless", endless.Address), ("telltale", telltale.Address), ("slow", slow.Address), ("well", well.Address) })
        {
            await host.PutTargetAsync("rebuild", id, address);
        }

        await host.PublishAsync(Packages, Versions);

        await host.UntilAsync(() => well.Taken.Count == All, "A target waits for others.");
        well.DemandWhole(All);
        // What is left: of each package the first event that is never answered, and those behind it.
        await host.UntilAsync(
            async db => await db.EventDeliveries.CountAsync() == All && await db.EventDeliveries.AllAsync(d => d.Target == "slow")
                && await db.EventDeliveries.CountAsync(d => d.LastError == "The target did not answer within 2 s.") == Packages,
            "Something else waits still, or nothing has timed out.");
        Assert.Equal(All, endless.Requests.Count);
        Assert.Equal(All, seen.Count);
        Assert.All(seen.Values, times => Assert.Equal(2, times));
        var figures = await host.DeadLetters.FiguresAsync(cancellation);
        Assert.Equal([("slow", All, 0), ("telltale", 0, All)], figures.Select(f => (f.Target.Target, f.Waiting, f.Dead)));
        Assert.All(await host.DeadLetters.ListAsync(new(null, null, "telltale"), All, cancellation), l => Assert.Equal("127.0.0.1 answered 400.", l.Reason));
        Assert.Contains("telltale", log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(EventHost.Secret, log.Text, StringComparison.Ordinal);
        await host.Events.OkAsync("ListRules");
    }

    private static string IdOf(string request)
    {
        const string Header = "X-Granary-Event-Id: ";
        var at = request.IndexOf(Header, StringComparison.OrdinalIgnoreCase) + Header.Length;
        return request[at..request.IndexOf("\r\n", at, StringComparison.Ordinal)];
    }

    /// <summary>Everything that the server logs.</summary>
    private sealed class LogText : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> lines = new();

        public string Text => string.Join('\n', lines);

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
