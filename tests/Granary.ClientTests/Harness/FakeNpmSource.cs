using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Granary.ClientTests.Harness;

/// <summary>What the fake source does with one request.</summary>
public delegate Task Behaviour(FakeExchange exchange);

/// <summary>
/// A public npm registry on loopback, written over sockets so that it can misbehave byte by byte. It serves made-up packages,
/// does what a test scripts for a path, counts what it is asked, and can be switched off (nothing listens) and on again.
/// </summary>
public sealed class FakeNpmSource : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, FakePackage> _packages = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Behaviour> _scripts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Socket, byte> _open = new();
    private readonly ConcurrentQueue<FakeRequest> _requests = new();
    private readonly IPEndPoint _endpoint;
    private TcpListener? _listener;

    /// <param name="at">The loopback address to listen on, when it is not the IPv4 one.</param>
    public FakeNpmSource(IPAddress? at = null)
    {
        _endpoint = new IPEndPoint(at ?? IPAddress.Loopback, FreePort.Take(1)[0]);
        Address = new Uri($"http://{_endpoint}/");
        SwitchOn();
    }

    public Uri Address { get; }

    /// <summary>What happens to every request whose path has no script; null means that the made-up packages are served.</summary>
    public Behaviour? Otherwise { get; set; }

    /// <summary>Every request in the order of arrival, with its headers.</summary>
    public IReadOnlyCollection<FakeRequest> Requests => _requests;

    public FakePackage Add(FakePackage package) => _packages[package.Name] = package;

    /// <summary>Adds a package with one version 1.0.0, or with the versions that are named.</summary>
    public FakePackage Add(string name, params string[] versions)
    {
        var package = new FakePackage(name);
        foreach (var version in versions.Length == 0 ? ["1.0.0"] : versions)
        {
            package.With(version);
        }

        return Add(package);
    }

    public void Remove(string name) => _packages.TryRemove(name, out _);

    /// <summary>Scripts a path such as <c>/left</c> or <c>/left/-/left-1.0.0.tgz</c>; scoped names are written with a plain slash.</summary>
    public void Script(string path, Behaviour behaviour) => _scripts[path] = behaviour;

    public void Unscript(string path) => _scripts.TryRemove(path, out _);

    /// <summary>How often the path was asked, whatever was answered.</summary>
    public int Count(string path) => _counts.GetValueOrDefault(path);

    /// <summary>How often anything about the package was asked: its packument and its tarballs.</summary>
    public int CountOf(string package) =>
        _counts.Where(count => count.Key == "/" + package || count.Key.StartsWith($"/{package}/-/", StringComparison.Ordinal)).Sum(count => count.Value);

    public void SwitchOn()
    {
        if (_listener is not null)
        {
            return;
        }

        _listener = new TcpListener(_endpoint);
        _listener.Server.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _listener.Start(512);
        _ = AcceptAsync(_listener);
    }

    /// <summary>From now on connections are refused; those that are open are cut.</summary>
    public void SwitchOff()
    {
        _listener?.Stop();
        _listener = null;
        foreach (var socket in _open.Keys)
        {
            socket.Dispose();
        }
    }

    /// <summary>Answers as a well-behaved registry does, from the made-up packages.</summary>
    public Task ServeAsync(FakeExchange exchange)
    {
        var tarball = exchange.Path.IndexOf("/-/", StringComparison.Ordinal);
        var name = tarball < 0 ? exchange.Path[1..] : exchange.Path[1..tarball];
        if (!_packages.TryGetValue(name, out var package))
        {
            return Behaviours.Status(404)(exchange);
        }

        if (tarball < 0)
        {
            var abbreviated = exchange.Header("Accept")?.Contains("install-v1", StringComparison.Ordinal) == true;
            return exchange.SendPackumentAsync(package.Packument(Address, abbreviated));
        }

        var file = exchange.Path[(tarball + 3)..];
        var version = package.Versions.FirstOrDefault(candidate => package.FileName(candidate.Version) == file);
        return version is null ? Behaviours.Status(404)(exchange) : exchange.SendAsync(200, "application/octet-stream", version.Bytes);
    }

    public ValueTask DisposeAsync()
    {
        SwitchOff();
        return ValueTask.CompletedTask;
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await listener.AcceptSocketAsync();
            }
            catch (Exception refused) when (refused is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }

            _ = TalkAsync(socket);
        }
    }

    private async Task TalkAsync(Socket socket)
    {
        _open[socket] = 0;
        socket.NoDelay = true;
        try
        {
            await using var stream = new NetworkStream(socket, ownsSocket: false);
            if (await FakeRequest.ReadAsync(stream) is not { } request)
            {
                return;
            }

            _requests.Enqueue(request);
            _counts.AddOrUpdate(request.Path, 1, (_, count) => count + 1);
            var behaviour = _scripts.GetValueOrDefault(request.Path) ?? Otherwise ?? ServeAsync;
            await behaviour(new FakeExchange(this, request, stream));
            if (socket.Connected)
            {
                socket.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception cut) when (cut is IOException or SocketException or ObjectDisposedException)
        {
            // The other side has gone, or the source was switched off.
        }
        finally
        {
            _open.TryRemove(socket, out _);
            socket.Dispose();
        }
    }
}
