using System.Net;
using System.Net.Sockets;

namespace Granary.Server.Aws.Sts.WebIdentity;

/// <summary>
/// Fetches the two documents of an issuer. Whoever may make providers chooses where it goes, so it follows nothing, sends
/// nothing of ours, reads little and waits shortly, and never connects to where a cloud hands its machines' credentials out.
/// </summary>
internal sealed class IssuerClient(TimeProvider clock) : IDisposable
{
    private const int LargestDocument = 1 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // Link-local, which 169.254.169.254 is one of, and its counterpart in IPv6 that is not.
    private static readonly IPNetwork[] Forbidden =
        [IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("fe80::/10"), IPNetwork.Parse("fd00:ec2::254/128")];

    private static readonly IPNetwork Translated = IPNetwork.Parse("64:ff9b::/96");

    // A proxy of the machine is used as everywhere; what listens on this machine is asked directly.
    private readonly HttpClient outside = Create(useProxy: true);
    private readonly HttpClient loopback = Create(useProxy: false);

    /// <exception cref="HttpRequestException">It cannot be had; the message says why, in words for an operator.</exception>
    public async Task<byte[]> GetAsync(Uri address)
    {
        if (IPAddress.TryParse(address.IdnHost, out var literal) && IsForbidden(literal))
        {
            throw new HttpRequestException("its address is link-local");
        }

        using var timeout = new CancellationTokenSource(Patience, clock);
        try
        {
            using var response = await (address.IsLoopback ? loopback : outside).GetAsync(address, timeout.Token);
            return response.StatusCode == HttpStatusCode.OK
                ? await response.Content.ReadAsByteArrayAsync(timeout.Token)
                : throw new HttpRequestException($"it answered {(int)response.StatusCode}");
        }
        catch (OperationCanceledException)
        {
            throw new HttpRequestException($"it did not answer within {Patience.TotalSeconds:0} s");
        }
        catch (HttpRequestException failure) when (failure.HttpRequestError is not HttpRequestError.Unknown)
        {
            throw new HttpRequestException(
                failure.HttpRequestError is HttpRequestError.ConfigurationLimitExceeded
                    ? $"it sent more than {LargestDocument} bytes"
                    : $"it could not be reached ({failure.HttpRequestError})",
                failure);
        }
    }

    public void Dispose()
    {
        outside.Dispose();
        loopback.Dispose();
    }

    internal static bool IsForbidden(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }
        else if (Translated.Contains(address))
        {
            address = new IPAddress(address.GetAddressBytes().AsSpan(12));
        }

        return Forbidden.Any(network => network.BaseAddress.AddressFamily == address.AddressFamily && network.Contains(address));
    }

    private static HttpClient Create(bool useProxy) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        UseProxy = useProxy,
        ConnectTimeout = Patience,
        MaxResponseHeadersLength = 64,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectCallback = ConnectAsync,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = LargestDocument,
        DefaultRequestHeaders = { UserAgent = { new("Granary", "0.1") }, Accept = { new("application/json") } },
    };

    // The addresses that are connected to are what is checked, whatever the name resolves to at the next question.
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host.Trim('[', ']'), cancellation);
        var allowed = addresses.Where(address => !IsForbidden(address)).ToArray();
        if (allowed.Length == 0)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, "The address is link-local.");
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
}
