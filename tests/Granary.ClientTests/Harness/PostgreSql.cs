using System.Diagnostics;

namespace Granary.ClientTests.Harness;

/// <summary>A PostgreSQL of one test's own, on loopback.</summary>
public sealed class PostgreSql : IAsyncDisposable
{
    private readonly string _programs;
    private readonly string _directory;
    private bool _killed;

    private PostgreSql(string programs, string directory, int port)
    {
        _programs = programs;
        _directory = directory;
        Port = port;
    }

    public int Port { get; }

    /// <summary>Where its files are, which only its user can read.</summary>
    public string DataDirectory => Path.Combine(_directory, "data");

    /// <summary>Where initdb, pg_ctl and the others are.</summary>
    public string Programs => _programs;

    public string ConnectionString => ConnectionTo(Port);

    /// <summary>As <see cref="ConnectionString"/>, through something else that listens on loopback; several ports name servers of which one is the primary.</summary>
    public static string ConnectionTo(params int[] ports) =>
        $"Host={string.Join(',', ports.Select(port => $"127.0.0.1:{port}"))};Username=postgres;Database=postgres{(ports.Length > 1 ? ";Target Session Attributes=primary" : "")}";

    public static async Task<PostgreSql> StartAsync()
    {
        const string Debian = "/usr/lib/postgresql";
        var programs = Directory.Exists(Debian)
            ? Directory.EnumerateDirectories(Debian).OrderByDescending(folder => int.Parse(Path.GetFileName(folder))).First() + "/bin"
            : Path.GetDirectoryName(Tool.Find("initdb") ?? Tool.Missing("postgresql"))!;
        var server = await PrepareAsync(programs);
        await RunAsync($"'{programs}/initdb' -D '{server._directory}/data' -U postgres -A trust -E UTF8 --locale=C.UTF-8");
        await server.StartServerAsync();
        return server;
    }

    /// <summary>Another one that follows this one and without whose word this one acknowledges nothing from now on.</summary>
    public async Task<PostgreSql> StartStandbyAsync()
    {
        var standby = await PrepareAsync(_programs);
        await RunAsync($"'{_programs}/pg_basebackup' -D '{standby._directory}/data' -d '{Conninfo}' -R -X stream -c fast");
        await standby.StartServerAsync();
        await ExecuteAsync("ALTER SYSTEM SET synchronous_standby_names = '*'");
        await ExecuteAsync("SELECT pg_reload_conf()");
        return standby;
    }

    /// <summary>Makes a standby the primary.</summary>
    public Task PromoteAsync() => RunAsync($"'{_programs}/pg_ctl' -D '{_directory}/data' -w promote");

    /// <summary>Ends every process of it with SIGKILL.</summary>
    public async Task KillAsync()
    {
        var postmaster = (await File.ReadAllLinesAsync(Path.Combine(_directory, "data", "postmaster.pid")))[0];
        await RunAsync($"kill -STOP {postmaster}; kill -9 $(ps -o pid= --ppid {postmaster}) {postmaster}");
        _killed = true;
    }

    /// <summary>Ends it without a word to anybody and starts it again: what is committed is there, every connection is gone.</summary>
    public Task CrashAsync() => RunAsync($"'{_programs}/pg_ctl' -D '{_directory}/data' -l '{_directory}/log' -m immediate -w restart");

    public async ValueTask DisposeAsync()
    {
        if (!_killed && File.Exists(Path.Combine(DataDirectory, "postmaster.pid")))
        {
            await RunAsync($"'{_programs}/pg_ctl' -D '{_directory}/data' -m immediate -w stop");
        }

        Directory.Delete(_directory, recursive: true);
    }

    private string Conninfo => $"host=127.0.0.1 port={Port} user=postgres dbname=postgres";

    private static async Task<PostgreSql> PrepareAsync(string programs)
    {
        var directory = Directory.CreateTempSubdirectory("granary-postgresql-").FullName;
        if (Environment.IsPrivilegedProcess)
        {
            using var owned = Process.Start("chown", ["postgres", directory]);
            await owned.WaitForExitAsync();
        }

        return new PostgreSql(programs, directory, FreePort.Take(1)[0]);
    }

    private Task StartServerAsync() =>
        RunAsync($"'{_programs}/pg_ctl' -D '{_directory}/data' -l '{_directory}/log' -w -o '-p {Port} -h 127.0.0.1 -k {_directory}' start");

    private Task ExecuteAsync(string statement) => RunAsync($"'{_programs}/psql' -d '{Conninfo}' -X -q -c \"{statement}\"");

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
