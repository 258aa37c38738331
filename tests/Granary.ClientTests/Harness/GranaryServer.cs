using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;

namespace Granary.ClientTests.Harness;

/// <summary>The published server as a process of its own, on free ports of loopback and with a data directory of its own.</summary>
public sealed class GranaryServer : IAsyncDisposable
{
    public const string Account = "123456789012";
    public const string Domain = "my-domain";
    public const string Repository = "my-repo";

    // A port on which nobody listens.
    private const string Nowhere = "http://127.0.0.1:1/";

    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(90);

    private readonly TempDirectory _directory = new("server");
    private readonly Dictionary<string, string> _environment;
    private readonly string[] _arguments;
    private readonly Lock _logLock = new();
    private Process? _process;
    private StreamWriter? _log;

    private GranaryServer(Dictionary<string, string> environment, string[] arguments)
    {
        var ports = FreePort.Take(2);
        Http = new Uri($"http://127.0.0.1:{ports[0]}/");
        Https = new Uri($"https://127.0.0.1:{ports[1]}/");
        _environment = new Dictionary<string, string>(environment);
        _arguments = arguments;
        if (!environment.ContainsKey("npm_config_registry"))
        {
            // A server without these asks npm and pip at every start, which costs a second of two processors.
            _environment.TryAdd("ExternalConnections__public__npmjs", Nowhere);
            _environment.TryAdd("ExternalConnections__public__pypi", Nowhere);
        }
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, MaxConnectionsPerServer = 400 })
        {
            BaseAddress = Http,
            Timeout = TimeSpan.FromMinutes(2),
        };
    }

    public Uri Http { get; }

    public Uri Https { get; }

    /// <summary>A client without credentials that follows nothing and decompresses nothing.</summary>
    public HttpClient Client { get; }

    public string DataDirectory => Path.Combine(_directory.Path, "data");

    public string AuthorityFile => Path.Combine(DataDirectory, "tls", "ca.crt");

    /// <summary>The access key that the first start made.</summary>
    public (string Key, string Secret) Administrator
    {
        get
        {
            var lines = File.ReadAllLines(Path.Combine(DataDirectory, "aws", "credentials"));
            string Value(string name) => lines
                .Select(line => line.Split('=', 2, StringSplitOptions.TrimEntries))
                .First(pair => pair.Length == 2 && pair[0] == name)[1];
            return (Value("aws_access_key_id"), Value("aws_secret_access_key"));
        }
    }

    public string LogFile => Path.Combine(_directory.Path, "server.log");

    public int ProcessId => _process?.Id ?? throw new InvalidOperationException("the server is not running");

    /// <summary>What the server has used of all processors together.</summary>
    public TimeSpan ProcessorTime => _process!.TotalProcessorTime;

    /// <summary>The program that <c>./test</c> published, or the one that was built next to the tests.</summary>
    public static string Program =>
        Environment.GetEnvironmentVariable("GRANARY_SERVER") ?? Path.Combine(AppContext.BaseDirectory, "granary");

    /// <summary>Starts a server whose public npm source is <paramref name="source"/>; waits until it is ready.</summary>
    public static Task<GranaryServer> StartAsync(FakeNpmSource source, params string[] arguments) =>
        StartAsync(new Dictionary<string, string> { ["ExternalConnections__public__npmjs"] = source.Address.ToString() }, arguments);

    public static Task<GranaryServer> StartAsync(Dictionary<string, string> environment, params string[] arguments) => StartAsync(null, environment, arguments);

    /// <summary>Another node of <paramref name="first"/>: it is given a copy of the keys, as operators do.</summary>
    public static async Task<GranaryServer> StartAsync(GranaryServer? first, Dictionary<string, string> environment, params string[] arguments)
    {
        var server = new GranaryServer(environment, arguments);
        if (first is not null)
        {
            var keys = Directory.CreateDirectory(Path.Combine(server.DataDirectory, "keys")).FullName;
            foreach (var key in Directory.EnumerateFiles(Path.Combine(first.DataDirectory, "keys")))
            {
                File.Copy(key, Path.Combine(keys, Path.GetFileName(key)));
            }
        }

        try
        {
            await server.StartAgainAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the stopped server on the same data directory and the same ports, with changes to its environment if any.</summary>
    public async Task StartAgainAsync(IReadOnlyDictionary<string, string>? changes = null)
    {
        foreach (var (name, value) in changes ?? new Dictionary<string, string>())
        {
            _environment[name] = value;
        }

        _log = new StreamWriter(LogFile, append: true) { AutoFlush = true };
        _process = Launch([.. _arguments]);
        _process.OutputDataReceived += (_, line) => Log(line.Data);
        _process.ErrorDataReceived += (_, line) => Log(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await WaitUntilReadyAsync();
    }

    /// <summary>A second process on the same data directory, on other ports, run to its end.</summary>
    public async Task<CommandResult> RunSecondAsync(TimeSpan limit)
    {
        var ports = FreePort.Take(1);
        var environment = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!);
        return await Command.RunAsync(
            Program,
            ["serve", "--data", DataDirectory, "--urls", $"http://127.0.0.1:{ports[0]}"],
            _directory.Path,
            environment,
            limit);
    }

    /// <summary>Interrupts the server as Ctrl-C does, or as is given, and says how long it took to end and with which code.</summary>
    public async Task<(TimeSpan Took, int ExitCode)> StopAsync(string signal = "INT")
    {
        var process = _process ?? throw new InvalidOperationException("the server is not running");
        var started = TimeProvider.System.GetTimestamp();
        using (var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]))
        {
            await kill.WaitForExitAsync();
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync(limit.Token);
        var took = TimeProvider.System.GetElapsedTime(started);
        var code = process.ExitCode;
        Forget();
        return (took, code);
    }

    /// <summary>Ends the server at once, without a chance to write anything more (SIGKILL).</summary>
    public async Task KillAsync()
    {
        if (_process is { HasExited: false } process)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        Forget();
    }

    /// <summary>The address that a client of the repository is given, with its closing slash.</summary>
    public Uri Npm(string repository = Repository, string domain = Domain, bool https = false) =>
        new(https ? Https : Http, $"npm/d/{domain}-{Account}/{repository}/");

    /// <summary>A request of a client that holds <paramref name="token"/>; a relative address is inside my-repo.</summary>
    public HttpRequestMessage Request(HttpMethod method, string path, string? token, Uri? repository = null)
    {
        var request = new HttpRequestMessage(method, new Uri(repository ?? Npm(), path));
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return request;
    }

    public Task<Answer> SendAsync(HttpRequestMessage request) => Answer.ReadAsync(Client, request);

    public string ReadLog()
    {
        using var file = new FileStream(LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Client.Dispose();
        _directory.Dispose();
    }

    private Process Launch(string[] more)
    {
        // A shell that runs the tests in the background lets them ignore SIGINT, and the server would inherit that.
        string[] arguments =
            ["--default-signal=INT", Program, "serve", "--data", DataDirectory, "--urls", $"{Origin(Http)};{Origin(Https)}", .. more];
        var start = new ProcessStartInfo("env", arguments)
        {
            WorkingDirectory = _directory.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in _environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"could not start {Program}");
    }

    private async Task WaitUntilReadyAsync()
    {
        var started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < ReadyLimit)
        {
            if (_process!.HasExited)
            {
                throw new InvalidOperationException($"the server ended with code {_process.ExitCode}:\n{ReadLog()}");
            }

            try
            {
                using var answer = await Client.GetAsync(new Uri(Http, "health/ready"));
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }

        throw new TimeoutException($"the server was not ready after {ReadyLimit}:\n{ReadLog()}");
    }

    private void Log(string? line)
    {
        lock (_logLock)
        {
            if (line is not null)
            {
                _log?.WriteLine(line);
            }
        }
    }

    private void Forget()
    {
        _process?.Dispose();
        _process = null;
        lock (_logLock)
        {
            _log?.Dispose();
            _log = null;
        }
    }

    private static string Origin(Uri uri) => uri.GetLeftPart(UriPartial.Authority);
}
