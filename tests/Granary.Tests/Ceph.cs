using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Amazon.S3;

namespace Granary.Tests;

/// <summary>
/// An object store on loopback that holds everything in memory: of Ceph one monitor, one disk and one gateway, which answers S3. Nothing
/// of it becomes a service of the machine; it ends with whoever disposes it.
/// </summary>
public sealed class Ceph : IAsyncDisposable
{
    public const string AccessKey = "GRANARYTESTKEY";
    public const string SecretKey = "a-secret-of-the-tests-only";

    private readonly string directory = Directory.CreateTempSubdirectory("granary-ceph-").FullName;
    private readonly List<Process> daemons = [];
    private readonly int monitor;
    private Process? gateway;

    private Ceph(int monitor, int port)
    {
        this.monitor = monitor;
        Address = new Uri($"http://127.0.0.1:{port}/");
    }

    public Uri Address { get; }

    private string Configuration => Path.Combine(directory, "ceph.conf");

    private string Output => Path.Combine(directory, "output");

    public static async Task<Ceph> StartAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            var ports = FreePorts();
            var ceph = new Ceph(ports[0], ports[1]);
            try
            {
                await ceph.StartDaemonsAsync();
                return ceph;
            }
            catch (InvalidOperationException) when (attempt < 3)
            {
                // A port that was free a moment ago is another's by now.
                await ceph.DisposeAsync();
            }
            catch
            {
                await ceph.DisposeAsync();
                throw;
            }
        }
    }

    public AmazonS3Client Client() => new(AccessKey, SecretKey, new AmazonS3Config
    {
        ServiceURL = Address.ToString(),
        AuthenticationRegion = "us-east-1",
        ForcePathStyle = true,
        RequestChecksumCalculation = Amazon.Runtime.RequestChecksumCalculation.WHEN_REQUIRED,
        ResponseChecksumValidation = Amazon.Runtime.ResponseChecksumValidation.WHEN_REQUIRED,
    });

    public async Task<string> CreateBucketAsync()
    {
        using var client = Client();
        var name = $"granary-{Guid.NewGuid():N}";
        await client.PutBucketAsync(name);
        return name;
    }

    /// <summary>Starts the gateway, which has nothing of its own to lose, and waits until it answers.</summary>
    public async Task StartGatewayAsync()
    {
        gateway = Start("radosgw", ["-n", "client.rgw.a"]);
        using var client = new HttpClient();
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                using var answer = await client.GetAsync(Address);
                return;
            }
            catch (HttpRequestException) when (TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(90) && !gateway.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100));
            }
        }
    }

    /// <summary>Ends the gateway as a power cut would.</summary>
    public async Task KillGatewayAsync()
    {
        gateway!.Kill();
        await gateway.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var daemon in Enumerable.Reverse(daemons))
        {
            if (!daemon.HasExited)
            {
                daemon.Kill();
                await daemon.WaitForExitAsync();
            }

            daemon.Dispose();
        }

        Directory.Delete(directory, recursive: true);
    }

    private async Task StartDaemonsAsync()
    {
        foreach (var name in (string[])["mon", "osd", "rgw", "run", "log"])
        {
            Directory.CreateDirectory(Path.Combine(directory, name));
        }

        var (cluster, disk) = (Guid.NewGuid(), Guid.NewGuid());
        await File.WriteAllTextAsync(Configuration, Settings(cluster));
        await RunAsync("monmaptool", "--create", "--addv", "a", $"[v1:127.0.0.1:{monitor}]", "--fsid", $"{cluster}", Path.Combine(directory, "monmap"));
        await RunAsync("ceph-authtool", "--create-keyring", Path.Combine(directory, "keyring"), "--gen-key", "-n", "mon.", "--cap", "mon", "allow *");
        await RunAsync("ceph-mon", "--mkfs", "-i", "a", "--monmap", Path.Combine(directory, "monmap"));
        Start("ceph-mon", ["-i", "a"]);
        await RunAsync("ceph", "--connect-timeout", "60", "osd", "new", $"{disk}");
        await RunAsync("ceph", "osd", "crush", "add", "osd.0", "1.0", "root=default");
        await RunAsync("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", $"{disk}");
        Start("ceph-osd", ["-i", "0"]);
        await StartGatewayAsync();
        await RunAsync("radosgw-admin", "user", "create", "--uid", "tests", "--display-name", "tests", "--access-key", AccessKey, "--secret", SecretKey);
    }

    // No manager: only statistics need it. The daemon's own start must ask the monitor nothing by command, since it does not know the
    // cluster's id yet; and pools that wait a second each for the monitors to agree would make most of the time until it is ready.
    private string Settings(Guid cluster) =>
        $"""
        [global]
        fsid = {cluster}
        mon host = [v1:127.0.0.1:{monitor}]
        mon initial members = a
        public network = 127.0.0.0/8
        public addr = 127.0.0.1
        cluster addr = 127.0.0.1
        ms bind msgr2 = false
        ms bind ipv6 = false
        auth cluster required = none
        auth service required = none
        auth client required = none
        paxos propose interval = 0.02
        paxos min wait = 0.01
        osd pool default size = 1
        osd pool default min size = 1
        osd pool default pg num = 4
        osd pool default pgp num = 4
        osd pool default pg autoscale mode = off
        osd crush chooseleaf type = 0
        osd crush update on start = false
        osd class update on start = false
        osd objectstore = memstore
        memstore device bytes = 2147483648
        mon allow pool size one = true
        mon max pg per osd = 1000
        mon data avail crit = 1
        mon data avail warn = 2
        run dir = {directory}/run
        admin socket = {directory}/run/$name.asok
        pid file = {directory}/run/$name.pid
        log file = {directory}/log/$name.log
        keyring = {directory}/keyring
        [mon.a]
        mon data = {directory}/mon
        [osd.0]
        osd data = {directory}/osd
        [client.rgw.a]
        rgw data = {directory}/rgw
        rgw frontends = beast endpoint=127.0.0.1:{Address.Port}
        rgw dns name = 127.0.0.1
        rgw enable usage log = false
        rgw thread pool size = 64

        """;

    private Process Start(string program, string[] arguments)
    {
        var daemon = Process.Start(Shell(program, [.. arguments, "-f", .. Environment.IsPrivilegedProcess ? (string[])["--setuser", "root", "--setgroup", "root"] : []]))!;
        daemons.Add(daemon);
        return daemon;
    }

    private async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(Shell(program, arguments))!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(
                $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}. The tests need ceph-mon, ceph-osd, ceph-common and radosgw. {await File.ReadAllTextAsync(Output)}");
        }
    }

    // Not into a pipe: what runs on would hold it open. With exec the process is the program itself.
    private ProcessStartInfo Shell(string program, IEnumerable<string> arguments) =>
        new("/bin/sh", ["-c", $"exec \"$@\" </dev/null >>'{Output}' 2>&1", "sh", program, "-c", Configuration, .. arguments])
        {
            Environment = { ["CEPH_CONF"] = Configuration },
            WorkingDirectory = "/",
        };

    private static int[] FreePorts()
    {
        using var one = new TcpListener(IPAddress.Loopback, 0);
        using var other = new TcpListener(IPAddress.Loopback, 0);
        one.Start();
        other.Start();
        return [((IPEndPoint)one.LocalEndpoint).Port, ((IPEndPoint)other.LocalEndpoint).Port];
    }
}
