using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Granary.Core.Usage;

namespace Granary.Core.Upstreams;

/// <summary>
/// The only way out: requests to configured sources. The address that is connected to is what is checked, redirects are
/// followed by hand, and a source's credentials go to the source alone.
/// </summary>
public sealed class SourceClient : IDisposable
{
    private const int MostRedirects = 5;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    // HARDENING UP-10: a source that hangs is given up within 30 s. Half of it is for the answer to begin.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(15);

    // Two clients, so that a redirect never finds a connection that was opened to a configured source.
    private readonly HttpClient sources = CreateClient(everywhere: true);
    private readonly HttpClient strangers = CreateClient(everywhere: false);

    /// <summary>Asks the source, following its redirects. The body is not read; the caller disposes the response.</summary>
    /// <exception cref="Refusal">The source cannot be reached, does not begin to answer in time, or redirects where it may not.</exception>
    public async Task<HttpResponseMessage> SendAsync(Source source, Uri address, Action<HttpRequestHeaders> headers, CancellationToken cancellation)
    {
        using var call = UpstreamCall.Begin(source.Connection);
        var response = await AskAsync(source, address, headers, cancellation);
        call.Answered((int)response.StatusCode);
        return response;
    }

    public void Dispose()
    {
        sources.Dispose();
        strangers.Dispose();
    }

    private async Task<HttpResponseMessage> AskAsync(Source source, Uri address, Action<HttpRequestHeaders> headers, CancellationToken cancellation)
    {
        address = Reach(source, address);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(AnswerTimeout);
        try
        {
            for (var redirects = 0; redirects <= MostRedirects; redirects++)
            {
                var isSource = IsSame(source.Address, address);
                using var request = CreateRequest(isSource ? source.Credentials : null, address, headers);
                var response = await (isSource ? sources : strangers).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
                if (response.StatusCode is not (HttpStatusCode.Moved or HttpStatusCode.Found or HttpStatusCode.SeeOther
                    or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect))
                {
                    return response;
                }

                address = Next(source, address, response.Headers.Location);
                response.Dispose();
            }
        }
        // HttpClient lets the second one through where a connection is cut while it is being opened.
        catch (Exception failure) when (failure is HttpRequestException or SocketException)
        {
            var error = (failure as HttpRequestException)?.HttpRequestError ?? HttpRequestError.ConnectionError;
            throw Refusal.SourceFailed($"{source.Connection} could not be reached ({error}). Where it is looked for is shown by: granary connections.", failure);
        }
        catch (OperationCanceledException failure) when (!cancellation.IsCancellationRequested)
        {
            throw Refusal.SourceFailed($"{source.Connection} did not answer within {AnswerTimeout.TotalSeconds:0} s.", failure);
        }

        throw Refusal.SourceFailed($"{source.Connection} redirected more than {MostRedirects} times.");
    }

    private static HttpClient CreateClient(bool everywhere) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        // A public source is not told which requests here belong together.
        ActivityHeadersPropagator = null,
        ConnectTimeout = ConnectTimeout,
        MaxResponseHeadersLength = 64,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        EnableMultipleHttp2Connections = true,
        // A configured source may be anywhere. Every other host (a redirect) must be on the public internet, whatever its name resolves to.
        ConnectCallback = (context, cancellation) => CheckedConnection.OpenAsync(context, address => everywhere || PublicAddress.Is(address), cancellation),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
    };

    private static Uri Next(Source source, Uri from, Uri? location)
    {
        if (location is null || !Uri.TryCreate(from, location, out var next))
        {
            throw Refusal.SourceFailed($"{source.Connection} redirected to nowhere.");
        }

        // Where a proxy connects for us, an address in the text is all that can be looked at.
        if (IPAddress.TryParse(next.IdnHost, out var literal) && !PublicAddress.Is(literal) && !IsSame(source.Address, next))
        {
            throw Refusal.SourceFailed($"{source.Connection} redirected to an address that is not on the public internet.");
        }

        var downgrade = from.Scheme == Uri.UriSchemeHttps && next.Scheme != Uri.UriSchemeHttps;
        return downgrade || (next.Scheme != Uri.UriSchemeHttp && next.Scheme != Uri.UriSchemeHttps)
            ? throw Refusal.SourceFailed($"{source.Connection} redirected to an address that is not https.")
            : next;
    }

    private static HttpRequestMessage CreateRequest(SourceCredentials? credentials, Uri address, Action<HttpRequestHeaders> headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.UserAgent.ParseAdd("Granary/0.1");
        headers(request.Headers);
        request.Headers.Authorization = credentials switch
        {
            { Token: { } token } => new AuthenticationHeaderValue("Bearer", token),
            { Password: { } password } => new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credentials.Username}:{password}"))),
            _ => null,
        };
        return request;
    }

    /// <summary>Whether an address is the source's own: the same scheme, host and port.</summary>
    internal static bool IsSame(Uri source, Uri address) =>
        source.Scheme == address.Scheme && source.Port == address.Port &&
        string.Equals(source.IdnHost, address.IdnHost, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Where to ask for what a document of the source names: on its own host by the scheme and port that are configured, elsewhere by https on the public
    /// internet, as far as the text tells. What a name resolves to is looked at when it is connected to.
    /// </summary>
    /// <exception cref="Refusal">SourceFailed: it is nowhere that may be asked.</exception>
    internal static Uri Reach(Source source, Uri address)
    {
        if (IsSame(source.Address, address) && address.UserInfo.Length == 0)
        {
            return address;
        }

        if (string.Equals(address.IdnHost, source.Address.IdnHost, StringComparison.OrdinalIgnoreCase))
        {
            return new UriBuilder(address) { Scheme = source.Address.Scheme, Port = source.Address.Port, UserName = "", Password = "" }.Uri;
        }

        return address is { Scheme: "https", UserInfo: "" } && !(IPAddress.TryParse(address.IdnHost, out var literal) && !PublicAddress.Is(literal))
            ? address
            : throw Refusal.SourceFailed($"{source.Connection} names an address that is not fetched: it must be on the source's own host, or https on the public internet.");
    }
}
