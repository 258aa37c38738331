using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

[assembly: AssemblyFixture(typeof(Granary.Tests.PostgreSqlServer))]

namespace Granary.Tests;

/// <summary>One PostgreSQL for the whole run, started by the first test that asks and stopped after the last.</summary>
public sealed class PostgreSqlServer : IAsyncDisposable
{
    private static readonly Lazy<Task<Running>> Server = new(StartAsync);

    /// <summary>The connection string of the server's maintenance database, as its superuser.</summary>
    public static async Task<string> ConnectionStringAsync() => (await Server.Value).ConnectionString;

    public async ValueTask DisposeAsync()
    {
        if (Server.IsValueCreated)
        {
            var server = await Server.Value;
            await RunAsync($"'{server.Programs}/pg_ctl' -D '{server.Directory}/data' -m immediate -w stop");
            Directory.Delete(server.Directory, recursive: true);
        }
    }

    private static async Task<Running> StartAsync()
    {
        var programs = FindPrograms();
        var directory = Directory.CreateTempSubdirectory("granary-postgresql-").FullName;
        if (Environment.IsPrivilegedProcess)
        {
            using var owned = Process.Start("chown", ["postgres", directory]);
            await owned.WaitForExitAsync();
        }

        var port = FreePort();
        // A linguistic order by default, so that a column that forgot to ask for byte order shows itself.
        await RunAsync($"'{programs}/initdb' -D '{directory}/data' -U postgres -A trust -E UTF8 --locale=C.UTF-8 --locale-provider=icu --icu-locale=en");
        var options = $"-p {port} -h 127.0.0.1 -k {directory} -c fsync=off -c max_connections=500";
        await RunAsync($"'{programs}/pg_ctl' -D '{directory}/data' -l '{directory}/log' -w -o '{options}' start");
        return new Running(programs, directory, $"Host=127.0.0.1;Port={port};Username=postgres;Database=postgres");
    }

    private static string FindPrograms()
    {
        const string Debian = "/usr/lib/postgresql";
        var places = Directory.Exists(Debian)
            ? Directory.EnumerateDirectories(Debian).OrderByDescending(d => int.TryParse(Path.GetFileName(d), out var version) ? version : 0).Select(d => d + "/bin")
            : [];
        return places.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)).FirstOrDefault(d => File.Exists(Path.Combine(d, "initdb")))
            ?? throw new InvalidOperationException(
                "The tests on PostgreSQL need initdb and pg_ctl, version 15 or later. Install the server's package, or put its bin directory on PATH.");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    // The server refuses to run as root.
    private static async Task RunAsync(string command)
    {
        var start = Environment.IsPrivilegedProcess
            ? new ProcessStartInfo("su", ["postgres", "-s", "/bin/sh", "-c", command])
            : new ProcessStartInfo("/bin/sh", ["-c", command]);
        start.WorkingDirectory = "/";
        // Not through a pipe: the server inherits it and would hold it open for as long as it runs.
        start.ArgumentList[^1] = $"{command} >/dev/null";
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{command} ended with {process.ExitCode}.");
        }
    }

    private sealed record Running(string Programs, string Directory, string ConnectionString);
}
