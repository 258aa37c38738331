using System.Net;
using Granary.Server.Monitoring;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Net.Http.Headers;

namespace Granary.Server.Hosting;

/// <summary>Turns <c>--urls</c> into listeners, and sets the limits that a server on a hostile network needs.</summary>
internal static class Listeners
{
    // HARDENING §4, Kestrel. Publishing raises the body's limit for its own endpoint.
    private const long LargestBody = 1 << 20;

    /// <summary>The addresses of a list that is separated by semicolons.</summary>
    public static IReadOnlyList<BindingAddress> Parse(string urls) =>
        [.. urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(BindingAddress.Parse)];

    /// <param name="metrics">Those that answer to whoever scrapes, and to nobody else.</param>
    public static void Configure(KestrelServerOptions kestrel, IReadOnlyList<BindingAddress> addresses, IReadOnlyList<BindingAddress> metrics, Func<ConfiguredCertificate> certificate)
    {
        kestrel.AddServerHeader = false;
        kestrel.AllowSynchronousIO = false;
        kestrel.RequestHeaderEncodingSelector = name => name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase) ? LengthDigits.Instance : null;
        kestrel.Limits.MaxRequestBodySize = LargestBody;
        // A listing or a small tarball goes to the socket in one piece instead of by turns with it.
        kestrel.Limits.MaxResponseBufferSize = 512 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(60);
        kestrel.Limits.MaxRequestHeaderCount = 64;
        kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
        // Four names of 255 characters, each four bytes long and percent-encoded, fit.
        kestrel.Limits.MaxRequestLineSize = 16 * 1024;
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(1024, TimeSpan.FromSeconds(10));
        kestrel.Limits.MinResponseDataRate = new MinDataRate(1024, TimeSpan.FromSeconds(10));
        kestrel.Limits.Http2.MaxStreamsPerConnection = 100;

        var https = new Lazy<ConfiguredCertificate>(certificate);
        foreach (var (address, isForMetrics) in addresses.Select(a => (a, false)).Concat(metrics.Select(a => (a, true))))
        {
            void Listener(ListenOptions listen)
            {
                if (isForMetrics)
                {
                    listen.Use(MetricsListener.MarkThose);
                }

                if (address.Scheme == Uri.UriSchemeHttps)
                {
                    listen.UseHttps(tls => (tls.ServerCertificate, tls.ServerCertificateChain) = (https.Value.Certificate, https.Value.Chain));
                }
            }

            if (IPAddress.TryParse(address.Host, out var ip))
            {
                kestrel.Listen(ip, address.Port, Listener);
            }
            else if (address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            {
                kestrel.ListenLocalhost(address.Port, Listener);
            }
            else
            {
                kestrel.ListenAnyIP(address.Port, Listener);
            }
        }
    }
}
