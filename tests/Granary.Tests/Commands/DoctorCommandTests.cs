using System.CommandLine;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Events;
using Granary.Core.Events.Buses;
using Granary.Formats;
using Granary.Server.Authentication;
using Granary.Server.Commands;
using Granary.Server.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Granary.Tests.Commands;

public sealed class DoctorCommandTests : IAsyncLifetime
{
    private readonly TemporaryDirectory folder = new();
    private readonly HttpListener source = Listen();

    private string Data => folder["data"];

    public async ValueTask InitializeAsync()
    {
        _ = AnswerAsync();
        Directory.CreateDirectory(Data);
        await WriteSettingsAsync(_ => { });
        await NewServer.MakeAsync(Data);
    }

    public ValueTask DisposeAsync()
    {
        source.Close();
        SqliteConnection.ClearAllPools();
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_healthy_server_is_found_healthy_while_it_runs_and_when_it_is_stopped()
    {
        var (stopped, said) = await RunAsync();
        Assert.Equal((0, 0), (stopped, said.Count(c => c == '✗')));
        Assert.Contains("✓ data directory: no server runs on it", said, StringComparison.Ordinal);
        Assert.Contains("✓ keys: they open the secrets of all 1 access keys", said, StringComparison.Ordinal);
        Assert.Contains("✓ storage: it takes, gives back and removes bytes", said, StringComparison.Ordinal);
        Assert.EndsWith("Nothing is wrong.\n", said, StringComparison.Ordinal);

        using var held = DataDirectory.Open(Data);
        var (running, whileRunning) = await RunAsync();
        Assert.Equal(0, running);
        Assert.Contains("✓ data directory: a server, or a command that needs it alone, runs on it", whileRunning, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(Data, "storage"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task What_authorises_connections_is_opened_and_those_that_are_not_authorised_are_passed_over()
    {
        await AddAsync(Connection("mine", "hook"));
        var deauthorized = Connection("other", "silent");
        (deauthorized.SealedParameters, deauthorized.State) = (null, EventConnection.Deauthorized);
        await AddAsync(deauthorized);

        var (code, said) = await RunAsync();

        Assert.Equal(0, code);
        Assert.Contains("✓ keys: they open the secrets of all 1 connections of API destinations", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("setting", "settings: Regoin", "Correct")]
    [InlineData("directory mode", "data directory: others than its owner may write", "chmod go-w")]
    [InlineData("stranger's file", "belongs to the user 1, and the directory to 0", "chown -R 0")]
    [InlineData("unfinished restore", "data directory: a restore or a migration into it", "Run the same command again")]
    [InlineData("no database", "database: there is none", "--database")]
    [InlineData("damaged database", "✗ database: ", "granary restore")]
    [InlineData("older tables", "its tables are of an older", "start a server of this version")]
    [InlineData("newer tables", "its tables are of a newer", "Run that version")]
    [InlineData("half-migrated database", "database: a restore or a migration into it", "Run the same command again")]
    [InlineData("no storage", "storage: it cannot be used", "may be written")]
    [InlineData("object store that is away", "cannot be used: The container granary of the account acmegranary at http://127.0.0.1:1 cannot be reached", "503")]
    [InlineData("missing asset", "of the newest 1 assets 1 are missing or damaged", "backup")]
    [InlineData("change in the future", "the newest change was made at 2", "NTP")]
    [InlineData("open key", "keys: others may read", "chmod 600")]
    [InlineData("another's key", "do not open the secrets of 1 of 1", "folder keys")]
    [InlineData("another's connection", "do not open the secrets of 1 of 1 connections of API destinations, first hook of account 123456789012", "deauthorize-connection")]
    [InlineData("no key", "keys: there is no", "folder keys")]
    [InlineData("old certificate", "certificate: it expires in ", "Restart the server")]
    [InlineData("name that the certificate lacks", "certificate: it does not name packages.example.com", "Restart the server")]
    [InlineData("silent source", "✗ source: public:", "firewall")]
    [InlineData("failing source", "answers 503", "fails at the moment")]
    public async Task Each_fault_is_found_with_what_to_do(string fault, string text, string advice)
    {
        Assert.SkipWhen(fault == "stranger's file" && !Environment.IsPrivilegedProcess, "Only root gives files away.");
        await BreakAsync(fault);

        var (code, said) = await RunAsync();

        Assert.Equal(1, code);
        var lines = said.Split('\n');
        var at = Array.FindIndex(lines, line => line.StartsWith('✗') && line.Contains(text, StringComparison.Ordinal));
        Assert.True(at >= 0, said);
        Assert.Contains(advice, lines[at + 1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_PostgreSQL_it_finds_settings_that_lose_what_was_acknowledged_and_a_server_that_is_away()
    {
        await using var databases = await Databases.CreateAsync(Engine.PostgreSql);
        Directory.Delete(Data, recursive: true);
        Directory.CreateDirectory(Data);
        await WriteSettingsAsync(_ => { });
        await NewServer.MakeAsync(Data, databases.ConnectionString);

        // The tests' own server runs without fsync.
        var (code, said) = await RunAsync("--database", $"{databases.ConnectionString};Options=-c synchronous_commit=off");
        Assert.Equal((1, 2), (code, said.Count(c => c == '✗')));
        Assert.Contains("✗ database: fsync is off", said, StringComparison.Ordinal);
        Assert.Contains("✗ database: synchronous_commit is off", said, StringComparison.Ordinal);
        Assert.Contains("✓ database: the server is a primary", said, StringComparison.Ordinal);
        Assert.Contains("✓ clock: it and the database's are 0.", said, StringComparison.Ordinal);

        var away = new NpgsqlConnectionStringBuilder(databases.ConnectionString) { Port = 1, Password = "s3cret" }.ConnectionString;
        var (lost, reason) = await RunAsync("--database", away);
        Assert.Equal(1, lost);
        Assert.Contains("✗ database: it does not answer", reason, StringComparison.Ordinal);
        Assert.Contains("✓ storage: it takes", reason, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", reason, StringComparison.Ordinal);
    }

    private Task BreakAsync(string fault) => fault switch
    {
        "setting" => WriteSettingsAsync(json => json["Regoin"] = "us-east-1"),
        "directory mode" => Do(() => SetMode(Data, "go+w")),
        "stranger's file" => Do(() => Run("chown", "1", Path.Combine(Data, "granary.db"))),
        "unfinished restore" => File.WriteAllTextAsync(Path.Combine(Data, "granary.unfinished"), "the restore of a snapshot\n"),
        "no database" => Do(() => File.Delete(Path.Combine(Data, "granary.db"))),
        "damaged database" => DamageAsync(Path.Combine(Data, "granary.db")),
        "older tables" => ExecuteAsync("""DELETE FROM "__EFMigrationsHistory" """),
        "newer tables" => ExecuteAsync("""INSERT INTO "__EFMigrationsHistory" VALUES ('29991231235959_Later', '99.0')"""),
        "half-migrated database" => ExecuteAsync("CREATE TABLE granary_transfer (name TEXT NOT NULL PRIMARY KEY, copied BIGINT NOT NULL)"),
        "no storage" => ReplaceStorageAsync(),
        "object store that is away" => WriteSettingsAsync(json => json["Storage"] = JsonNode.Parse(
            """{ "Kind": "azure", "Azure": { "Container": "granary", "AccountName": "acmegranary", "AccountKey": "a2V5", "ServiceUrl": "http://127.0.0.1:1" } }""")),
        "missing asset" => AddAsync(new Asset { DomainId = 1, Sha256 = SHA256.HashData([1]), Size = 1, Md5 = [], Sha1 = [], Sha512 = [], StoredAt = DateTimeOffset.UnixEpoch }),
        "change in the future" => AddAsync(new Change
        {
            DomainId = 1, Sequence = 1_000, At = TimeProvider.System.GetUtcNow().AddHours(1), Kind = ChangeKind.DomainUpdated, Actor = "arn:test",
        }),
        "open key" => Do(() => SetMode(Path.Combine(Data, "keys", "trail.key"), "go+r")),
        "another's key" => File.WriteAllBytesAsync(Path.Combine(Data, "keys", "access-keys.key"), RandomNumberGenerator.GetBytes(32)),
        "another's connection" => AddAsync(Connection("another", "hook")),
        "no key" => Do(() => File.Delete(Path.Combine(Data, "keys", "access-keys.key"))),
        "old certificate" => CertifyAsync(TimeProvider.System.GetUtcNow().AddDays(-790), json => json["Urls"] = "https://127.0.0.1:0"),
        "name that the certificate lacks" => CertifyAsync(TimeProvider.System.GetUtcNow(), json => (json["Urls"], json["AllowedHosts"]) = ("https://127.0.0.1:0", "packages.example.com")),
        "silent source" => WriteSettingsAsync(_ => { }, "http://127.0.0.1:1/"),
        _ => WriteSettingsAsync(_ => { }, $"{source.Prefixes.Single()}failing/"),
    };

    private static Task Do(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    private async Task CertifyAsync(DateTimeOffset made, Action<JsonObject> settings)
    {
        LocalAuthority.LoadOrCreate(Data, [], new ManualTime(made)).Dispose();
        await WriteSettingsAsync(settings);
    }

    private async Task ReplaceStorageAsync()
    {
        Directory.Delete(Path.Combine(Data, "storage"), recursive: true);
        await File.WriteAllTextAsync(Path.Combine(Data, "storage"), "");
    }

    private static async Task DamageAsync(string path)
    {
        SqliteConnection.ClearAllPools();
        await using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        // All but the first page, which holds the schema and the header.
        for (var at = 4096L; at < file.Length; at += 4096)
        {
            file.Position = at;
            await file.WriteAsync(new byte[64]);
        }
    }

    private async Task ExecuteAsync(string statement)
    {
        await using var db = GranaryDatabase.Sqlite(Path.Combine(Data, "granary.db")).Open();
        await db.Database.ExecuteSqlRawAsync(statement);
    }

    /// <summary>Sealed for the connection of the id <c>mine</c>, and so not for another.</summary>
    private EventConnection Connection(string id, string name) => new()
    {
        AccountId = "123456789012",
        Name = name,
        Id = id,
        AuthorizationType = "BASIC",
        State = EventConnection.Authorized,
        SealedParameters = new SecretSeal(Data).Seal("{}", "mine"),
        CreatedAt = DateTimeOffset.UnixEpoch,
        ModifiedAt = DateTimeOffset.UnixEpoch,
    };

    private async Task AddAsync(object row)
    {
        await using var db = GranaryDatabase.Sqlite(Path.Combine(Data, "granary.db")).Open();
        db.Add(row);
        await db.SaveChangesAsync();
    }

    /// <summary>Every connection has an address, so that none of this machine's is asked.</summary>
    private Task WriteSettingsAsync(Action<JsonObject> more, string? address = null)
    {
        var json = new JsonObject { ["Urls"] = "http://127.0.0.1:0" };
        var connections = new JsonObject();
        foreach (var connection in Sources.Connections)
        {
            connections[connection["public:".Length..]] = address ?? source.Prefixes.Single();
        }

        json[Sources.Section] = new JsonObject { ["public"] = connections };
        more(json);
        return File.WriteAllTextAsync(Path.Combine(Data, "granary.json"), json.ToJsonString());
    }

    private async Task AnswerAsync()
    {
        try
        {
            while (true)
            {
                var context = await source.GetContextAsync();
                context.Response.StatusCode = context.Request.Url!.AbsolutePath.StartsWith("/failing", StringComparison.Ordinal) ? 503 : 404;
                context.Response.Close();
            }
        }
        catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }

    private async Task<(int Code, string Output)> RunAsync(params string[] more)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var code = await DoctorCommand.Create().Parse(["--data", Data, .. more]).InvokeAsync(
            new InvocationConfiguration { Output = output, Error = output }, TestContext.Current.CancellationToken);
        return (code, output.ToString());
    }

    private static void SetMode(string path, string mode) => Run("chmod", mode, path);

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    /// <summary>On a port of its own, another one where somebody was faster.</summary>
    private static HttpListener Listen()
    {
        for (var attempt = 1; ; attempt++)
        {
            var listener = new HttpListener { Prefixes = { $"http://127.0.0.1:{FreePort()}/" } };
            try
            {
                listener.Start();
                return listener;
            }
            catch (HttpListenerException) when (attempt < 20)
            {
                listener.Close();
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
