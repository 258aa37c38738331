using System.Net;
using System.Net.Sockets;

namespace Granary.Core.Upstreams;

/// <summary>Opens connections for a client, and only to addresses that may be: what a name resolves to is looked at when it is connected to.</summary>
public static class CheckedConnection
{
    /// <param name="context">As a handler's <see cref="SocketsHttpHandler.ConnectCallback"/> gets it.</param>
    /// <param name="mayBe">Of a host that is not a proxy, which is the machine's own configuration and may be anywhere.</param>
    /// <param name="cancellation">Of the request.</param>
    /// <exception cref="ForbiddenAddressException">The host has none but addresses that may not be.</exception>
    public static ValueTask<Stream> OpenAsync(SocketsHttpConnectionContext context, Func<IPAddress, bool> mayBe, CancellationToken cancellation) =>
        OpenAsync(context, mayBe, Dns.GetHostAddressesAsync, cancellation);

    /// <param name="context">As above.</param>
    /// <param name="mayBe">As above.</param>
    /// <param name="resolve">The addresses of a host, which may be others each time: what is looked at is what is connected to.</param>
    /// <param name="cancellation">As above.</param>
    /// <exception cref="ForbiddenAddressException">As above.</exception>
    public static async ValueTask<Stream> OpenAsync(
        SocketsHttpConnectionContext context, Func<IPAddress, bool> mayBe, Func<string, CancellationToken, Task<IPAddress[]>> resolve, CancellationToken cancellation)
    {
        // Handlers write a literal IPv6 address in brackets here.
        var host = context.DnsEndPoint.Host.Trim('[', ']');
        var addresses = await resolve(host, cancellation);
        var allowed = IsProxy(context, host) ? addresses : [.. addresses.Where(mayBe)];
        if (allowed.Length == 0)
        {
            throw new ForbiddenAddressException();
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static bool IsProxy(SocketsHttpConnectionContext context, string host) =>
        HttpClient.DefaultProxy.GetProxy(context.InitialRequestMessage.RequestUri!) is { } proxy
        && proxy.Port == context.DnsEndPoint.Port && string.Equals(proxy.IdnHost, host, StringComparison.OrdinalIgnoreCase);
}

/// <summary>A host is somewhere that must not be connected to.</summary>
public sealed class ForbiddenAddressException() : HttpRequestException(HttpRequestError.ConnectionError, "The address is not on the public internet.");
