using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Granary.ClientTests.Harness;

/// <summary>
/// A public Maven repository on loopback: the thousand artifacts of Debian's own, which lie as files and links below <see cref="Place"/> without listings
/// and checksums, and what a test adds. Both are made up, or left out where a test wants a source that lacks them.
/// </summary>
public sealed class FakeMavenSource : IAsyncDisposable
{
    public const string Place = "/usr/share/maven-repo";

    private readonly ConcurrentDictionary<string, byte[]> added = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> asked = new();
    private HttpListener? listener;

    public FakeMavenSource()
    {
        Address = new Uri($"http://127.0.0.1:{FreePort.Take(1)[0]}/");
        SwitchOn();
    }

    public Uri Address { get; }

    /// <summary>Whether there is a <c>maven-metadata.xml</c> for each artifact.</summary>
    public bool HasListings { get; set; } = true;

    /// <summary>Which checksums lie beside each file.</summary>
    public IReadOnlyList<string> Checksums { get; set; } = [".md5", ".sha1"];

    /// <summary>Every path in the order of arrival, without a slash at its beginning.</summary>
    public IReadOnlyCollection<string> Asked => asked;

    public void Add(string path, byte[] bytes) => added[path] = bytes;

    public void SwitchOn()
    {
        if (listener is null)
        {
            listener = new HttpListener { Prefixes = { Address.ToString() } };
            listener.Start();
            _ = ServeAsync(listener);
        }
    }

    /// <summary>From now on connections are refused.</summary>
    public void SwitchOff()
    {
        listener?.Close();
        listener = null;
    }

    public ValueTask DisposeAsync()
    {
        SwitchOff();
        return ValueTask.CompletedTask;
    }

    private async Task ServeAsync(HttpListener from)
    {
        while (true)
        {
            try
            {
                var context = await from.GetContextAsync();
                _ = Task.Run(() => AnswerAsync(context));
            }
            catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        var path = Uri.UnescapeDataString(context.Request.Url!.AbsolutePath)[1..];
        asked.Enqueue(path);
        try
        {
            using var response = context.Response;
            // A connection that is kept is closed at a moment of the listener's own choice, which Maven takes for a failure.
            response.KeepAlive = false;
            if (await ReadAsync(path) is not { } bytes)
            {
                response.StatusCode = 404;
                return;
            }

            response.ContentLength64 = bytes.Length;
            if (context.Request.HttpMethod == "GET")
            {
                await response.OutputStream.WriteAsync(bytes);
            }
        }
        catch (Exception cut) when (cut is HttpListenerException or ObjectDisposedException or IOException)
        {
            // The other side has gone, or the source was switched off.
        }
    }

    private async Task<byte[]?> ReadAsync(string path)
    {
        if (added.TryGetValue(path, out var bytes))
        {
            return bytes;
        }

        var file = Path.Combine(Place, path);
        if (!path.Contains("..", StringComparison.Ordinal) && File.Exists(file))
        {
            return await File.ReadAllBytesAsync(file);
        }

        var suffix = Path.GetExtension(path);
        if (Checksums.Contains(suffix) && await ReadAsync(path[..^suffix.Length]) is { } of)
        {
            return Encoding.ASCII.GetBytes(Convert.ToHexStringLower(suffix switch
            {
                ".md5" => MD5.HashData(of),
                ".sha1" => SHA1.HashData(of),
                ".sha256" => SHA256.HashData(of),
                _ => SHA512.HashData(of),
            }));
        }

        return HasListings && path.EndsWith("/maven-metadata.xml", StringComparison.Ordinal) ? Listing(path[..path.LastIndexOf('/')]) : null;
    }

    private byte[]? Listing(string artifact)
    {
        var name = artifact[(artifact.LastIndexOf('/') + 1)..];
        var folder = Path.Combine(Place, artifact);
        var versions = Directory.Exists(folder) ? Directory.EnumerateDirectories(folder).Select(v => Path.GetFileName(v)!).Where(v => File.Exists(Path.Combine(folder, v, $"{name}-{v}.pom"))) : [];
        var all = versions.Concat(added.Keys.Where(k => k.StartsWith(artifact + "/", StringComparison.Ordinal)).Select(k => k[(artifact.Length + 1)..].Split('/')[0])).Distinct().ToList();
        return all.Count == 0 ? null : Encoding.UTF8.GetBytes($"""
            <?xml version="1.0" encoding="UTF-8"?>
            <metadata><groupId>{artifact[..artifact.LastIndexOf('/')].Replace('/', '.')}</groupId><artifactId>{name}</artifactId>
            <versioning><versions>{string.Concat(all.Select(v => $"<version>{v}</version>"))}</versions><lastUpdated>20240101000000</lastUpdated></versioning></metadata>
            """);
    }
}
