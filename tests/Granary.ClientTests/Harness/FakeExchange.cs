using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Granary.ClientTests.Harness;

/// <summary>A request as it arrived. <see cref="Path"/> is decoded once and has no query, <see cref="Target"/> is as sent.</summary>
public sealed record FakeRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers)
{
    public string Path => Uri.UnescapeDataString(Target.Split('?')[0]);

    /// <summary>Reads the head of a request that has no body; null when the connection was closed before it was whole.</summary>
    public static async Task<FakeRequest?> ReadAsync(NetworkStream stream)
    {
        var buffer = new byte[64 * 1024];
        var length = 0;
        while (!Encoding.Latin1.GetString(buffer, 0, length).Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            var read = length == buffer.Length ? 0 : await stream.ReadAsync(buffer.AsMemory(length));
            if (read == 0)
            {
                return null;
            }

            length += read;
        }

        var lines = Encoding.Latin1.GetString(buffer, 0, length).Split("\r\n");
        var first = lines[0].Split(' ');
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in lines.Skip(1).TakeWhile(line => line.Length > 0))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        return new FakeRequest(first[0], first[1], headers);
    }
}

/// <summary>One request and the connection on which to answer it; each connection carries one exchange.</summary>
public sealed class FakeExchange(FakeNpmSource source, FakeRequest request, NetworkStream stream)
{
    public FakeNpmSource Source => source;

    public FakeRequest Request => request;

    public string Path => request.Path;

    public NetworkStream Stream => stream;

    public string? Header(string name) => request.Headers.GetValueOrDefault(name);

    public async Task WriteAsync(string text) => await stream.WriteAsync(Encoding.Latin1.GetBytes(text));

    public async Task HeadAsync(int status, params string[] headers) =>
        await WriteAsync($"HTTP/1.1 {status} Said\r\nConnection: close\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n");

    public async Task SendAsync(int status, string type, byte[] body, params string[] headers)
    {
        await HeadAsync(status, [$"Content-Type: {type}", $"Content-Length: {body.Length}", .. headers]);
        await stream.WriteAsync(body);
    }

    /// <summary>A packument with an ETag, gzip where it is accepted, and 304 where the client has it already.</summary>
    public async Task SendPackumentAsync(JsonObject packument)
    {
        var body = Encoding.UTF8.GetBytes(packument.ToJsonString());
        var etag = $"ETag: \"{Tarball.Shasum(body)}\"";
        if (Header("If-None-Match")?.Contains(Tarball.Shasum(body), StringComparison.Ordinal) == true)
        {
            await HeadAsync(304, etag, "Content-Length: 0");
        }
        else if (Header("Accept-Encoding")?.Contains("gzip", StringComparison.Ordinal) == true)
        {
            await SendAsync(200, "application/json", Gzip(body), etag, "Content-Encoding: gzip", "Vary: Accept-Encoding");
        }
        else
        {
            await SendAsync(200, "application/json", body, etag);
        }
    }

    public static byte[] Gzip(byte[] body)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(body);
        }

        return bytes.ToArray();
    }
}
