using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Azure.Storage;
using Azure.Storage.Blobs;

namespace Granary.Tests;

/// <summary>
/// Azure's own emulator of Blob Storage on loopback, as npm installed it, with its files in a temporary folder. It ends with whoever disposes it.
/// </summary>
public sealed class Azurite : IAsyncDisposable
{
    public const string AccountName = "granarytests";

    // Made up for the tests: the emulator takes any.
    public static readonly string AccountKey = Convert.ToBase64String("a key of the tests, and of nothing else"u8);

    private readonly string directory = Directory.CreateTempSubdirectory("granary-azurite-").FullName;
    private Process? process;

    private Azurite(int port) => Address = new Uri($"http://127.0.0.1:{port}/{AccountName}");

    /// <summary>The blob endpoint, with the account in its path.</summary>
    public Uri Address { get; }

    private string Output => Path.Combine(directory, "output");

    public static async Task<Azurite> StartAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            var azurite = new Azurite(FreePort());
            try
            {
                await azurite.StartAgainAsync();
                return azurite;
            }
            catch (InvalidOperationException) when (attempt < 3)
            {
                // A port that was free a moment ago is another's by now.
                await azurite.DisposeAsync();
            }
            catch
            {
                await azurite.DisposeAsync();
                throw;
            }
        }
    }

    public BlobContainerClient Container(string name) => new(new Uri($"{Address}/{name}"), new StorageSharedKeyCredential(AccountName, AccountKey), new BlobClientOptions(BlobClientOptions.ServiceVersion.V2021_12_02));

    public async Task<string> CreateContainerAsync()
    {
        var name = $"granary-{Guid.NewGuid():N}";
        await Container(name).CreateAsync();
        return name;
    }

    /// <summary>Starts it on what it had when it was stopped, and waits until it answers.</summary>
    public async Task StartAgainAsync()
    {
        // Not into a pipe, which nobody reads. With exec the process is the program itself.
        process = Process.Start(new ProcessStartInfo(
            "/bin/sh",
            [
                "-c", $"exec \"$@\" </dev/null >>'{Output}' 2>&1", "sh", "node", Program(),
                "--blobHost", "127.0.0.1", "--blobPort", $"{Address.Port}", "--location", directory, "--silent", "--disableTelemetry", "--skipApiVersionCheck",
            ])
        {
            Environment = { ["AZURITE_ACCOUNTS"] = $"{AccountName}:{AccountKey}" },
            WorkingDirectory = directory,
        })!;
        using var client = new HttpClient();
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                using var answer = await client.GetAsync(Address);
                return;
            }
            catch (HttpRequestException) when (TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(90) && !process.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100));
            }
            catch (HttpRequestException)
            {
                throw new InvalidOperationException($"Azurite does not answer. {await File.ReadAllTextAsync(Output)}");
            }
        }
    }

    /// <summary>Ends it as its operator would, so that it writes down what it has.</summary>
    public async Task StopAsync()
    {
        if (process is { HasExited: false } running)
        {
            using var signal = Process.Start("kill", ["-INT", $"{running.Id}"]);
            await signal.WaitForExitAsync();
            await running.WaitForExitAsync();
        }

        process?.Dispose();
        process = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (process is { HasExited: false } running)
        {
            running.Kill(entireProcessTree: true);
            await running.WaitForExitAsync();
        }

        process?.Dispose();
        process = null;
        Directory.Delete(directory, recursive: true);
    }

    // Where ./test installs what comes from npm.
    private static string Program()
    {
        var clients = Environment.GetEnvironmentVariable("GRANARY_CLIENTS") ?? Path.Combine(Repository(), ".cache", "test", "clients");
        var program = Path.Combine(clients, "node_modules", "azurite", "dist", "src", "blob", "main.js");
        return File.Exists(program) ? program : throw new FileNotFoundException($"There is no Azurite in {clients}. Run ./test once, which installs it, or name the folder in GRANARY_CLIENTS.");
    }

    private static string Repository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Granary.slnx")))
            {
                return folder.FullName;
            }
        }

        return AppContext.BaseDirectory;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
