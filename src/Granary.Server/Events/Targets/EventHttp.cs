using System.Net;
using System.Net.Sockets;
using Granary.Core.Events.Delivery;
using Granary.Core.Upstreams;

namespace Granary.Server.Events.Targets;

/// <summary>
/// The way out for events. API destinations, and where their tokens come from, are addresses that users write: they must be on the public internet or in a
/// network that the operator allows. AWS's endpoints are the operator's own word. Redirects are followed nowhere, and what is answered is not kept.
/// </summary>
public sealed class EventHttp : IDisposable
{
    /// <summary>What is read of an answer at most, in bytes.</summary>
    public const int MostAnswer = 64 << 10;

    private readonly EventTargetOptions options;

    public EventHttp(EventTargetOptions options)
    {
        this.options = options;
        Web = Create(MayBe);
        Services = Create(_ => true);
    }

    /// <summary>For addresses that users write.</summary>
    public HttpClient Web { get; }

    /// <summary>For AWS's services.</summary>
    public HttpClient Services { get; }

    /// <summary>Whether the address may be asked as far as its text tells, which is all that can be looked at where a proxy connects.</summary>
    public bool MayAsk(Uri address) => !IPAddress.TryParse(address.IdnHost, out var literal) || MayBe(literal);

    /// <summary>Sends, and judges what answers.</summary>
    /// <param name="client">One of those above.</param>
    /// <param name="request">It is not disposed.</param>
    /// <param name="judge">Reads the answer.</param>
    /// <param name="cancellation">Of the attempt, whose time is limited.</param>
    /// <exception cref="OperationCanceledException">The time is up, or the worker was stopped.</exception>
    public static async Task<SendOutcome> SendAsync(
        HttpClient client, HttpRequestMessage request, Func<HttpResponseMessage, CancellationToken, Task<SendOutcome>> judge, CancellationToken cancellation)
    {
        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            return await judge(response, cancellation);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or SocketException)
        {
            return IsForbidden(failure)
                ? SendOutcome.Rejected(SendCodes.ConnectionFailure,
                    $"{request.RequestUri!.Host} is not on the public internet. An operator can allow its network: {EventTargetOptions.Section}:{nameof(EventTargetOptions.AllowedNetworks)}.")
                : SendOutcome.Retry(SendCodes.ConnectionFailure, $"{request.RequestUri!.Host} could not be asked ({(failure as HttpRequestException)?.HttpRequestError ?? HttpRequestError.Unknown}).");
        }
    }

    /// <summary>The beginning of an answer, up to <see cref="MostAnswer"/>.</summary>
    public static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        var buffer = new byte[MostAnswer];
        var read = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        return buffer[..read];
    }

    public void Dispose()
    {
        Web.Dispose();
        Services.Dispose();
    }

    private static bool IsForbidden(Exception? failure)
    {
        for (; failure is not null; failure = failure.InnerException)
        {
            if (failure is ForbiddenAddressException)
            {
                return true;
            }
        }

        return false;
    }

    private bool MayBe(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return PublicAddress.Is(plain) || options.AllowedNetworks.Any(network => network.BaseAddress.AddressFamily == plain.AddressFamily && network.Contains(plain));
    }

    private HttpClient Create(Func<IPAddress, bool> mayBe) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        ConnectTimeout = options.Timeout,
        MaxResponseHeadersLength = 64,
        // What is left of an answer is thrown away with its connection.
        MaxResponseDrainSize = MostAnswer,
        ResponseDrainTimeout = TimeSpan.FromSeconds(1),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        // Headers may come out of events.
        RequestHeaderEncodingSelector = (_, _) => System.Text.Encoding.UTF8,
        ConnectCallback = (context, cancellation) => CheckedConnection.OpenAsync(context, mayBe, options.Resolve, cancellation),
    })
    {
        // An attempt has a limit of its own, for all that it asks.
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestVersion = HttpVersion.Version11,
    };
}
