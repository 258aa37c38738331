using System.Net.Sockets;
using System.Text;

namespace Granary.ClientTests.Harness;

/// <summary>Requests written byte by byte: HTTP libraries normalise paths and so hide what an attacker sends.</summary>
public static class RawHttp
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Sends one request with the target exactly as given and reads the answer until the server closes.</summary>
    public static Task<RawAnswer> SendAsync(Uri server, string method, string target, string? token, params string[] headers)
    {
        var authorization = token is null ? "" : $"Authorization: Bearer {token}\r\n";
        var host = headers.Any(header => header.StartsWith("Host:", StringComparison.OrdinalIgnoreCase))
            ? "" : $"Host: {server.Authority}\r\n";
        var more = string.Concat(headers.Select(header => header + "\r\n"));
        return SendBytesAsync(server, Encoding.Latin1.GetBytes($"{method} {target} HTTP/1.1\r\n{host}Connection: close\r\n{authorization}{more}\r\n"));
    }

    public static async Task<RawAnswer> SendBytesAsync(Uri server, byte[] request)
    {
        using var limit = new CancellationTokenSource(Limit);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Host, server.Port, limit.Token);
        await socket.SendAsync(request, limit.Token);
        using var answer = new MemoryStream();
        var buffer = new byte[16 * 1024];
        try
        {
            int read;
            while ((read = await socket.ReceiveAsync(buffer, limit.Token)) > 0)
            {
                answer.Write(buffer, 0, read);
            }
        }
        catch (SocketException)
        {
            // Reset by the server: what came before it counts.
        }

        return RawAnswer.Parse(Encoding.Latin1.GetString(answer.ToArray()));
    }
}

/// <summary>An answer as text; status 0 when the server closed without one. The body keeps its chunk framing, if it has any.</summary>
public sealed record RawAnswer(int Status, string Head, string Body)
{
    public static RawAnswer Parse(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var head = end < 0 ? text : text[..end];
        var parts = head.Split(' ', 3);
        var status = parts.Length > 1 && int.TryParse(parts[1], out var number) ? number : 0;
        return new RawAnswer(status, head, end < 0 ? "" : text[(end + 4)..]);
    }

    public bool IsRefusal => Status is >= 400 and < 500;
}
