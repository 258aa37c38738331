using System.Diagnostics;

namespace Granary.ClientTests.Harness;

/// <summary>A PostgreSQL of one test's own, on loopback.</summary>
public sealed class PostgreSql : IAsyncDisposable
{
    private readonly string _programs;
    private readonly string _directory;

    private PostgreSql(string programs, string directory, int port)
    {
        _programs = programs;
        _directory = directory;
        ConnectionString = $"Host=127.0.0.1;Port={port};Username=postgres;Database=postgres";
    }

    public string ConnectionString { get; }

    public static async Task<PostgreSql> StartAsync()
    {
        const string Debian = "/usr/lib/postgresql";
        var programs = Directory.Exists(Debian)
            ? Directory.EnumerateDirectories(Debian).OrderByDescending(folder => int.Parse(Path.GetFileName(folder))).First() + "/bin"
            : Path.GetDirectoryName(Tool.Find("initdb") ?? Tool.Missing("postgresql"))!;
        var directory = Directory.CreateTempSubdirectory("granary-postgresql-").FullName;
        if (Environment.IsPrivilegedProcess)
        {
            using var owned = Process.Start("chown", ["postgres", directory]);
            await owned.WaitForExitAsync();
        }

        var server = new PostgreSql(programs, directory, FreePort.Take(1)[0]);
        await RunAsync($"'{programs}/initdb' -D '{directory}/data' -U postgres -A trust -E UTF8 --locale=C.UTF-8");
        var port = server.ConnectionString.Split(';')[1]["Port=".Length..];
        await RunAsync($"'{programs}/pg_ctl' -D '{directory}/data' -l '{directory}/log' -w -o '-p {port} -h 127.0.0.1 -k {directory}' start");
        return server;
    }

    /// <summary>Ends it without a word to anybody and starts it again: what is committed is there, every connection is gone.</summary>
    public Task CrashAsync() => RunAsync($"'{_programs}/pg_ctl' -D '{_directory}/data' -l '{_directory}/log' -m immediate -w restart");

    public async ValueTask DisposeAsync()
    {
        await RunAsync($"'{_programs}/pg_ctl' -D '{_directory}/data' -m immediate -w stop");
        Directory.Delete(_directory, recursive: true);
    }

    private static async Task RunAsync(string command)
    {
        // Not into a pipe: the server would inherit it and hold it open. It refuses to run as root.
        string[] shell = ["/bin/sh", "-c", command + " >/dev/null"];
        var start = Environment.IsPrivilegedProcess
            ? new ProcessStartInfo("su", ["postgres", "-s", .. shell])
            : new ProcessStartInfo(shell[0], shell[1..]);
        start.WorkingDirectory = "/";
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{command} ended with {process.ExitCode}");
    }
}
