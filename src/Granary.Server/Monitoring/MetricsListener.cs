using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.Net.Http.Headers;

namespace Granary.Server.Monitoring;

/// <summary>A feature of the connections that came to one of <see cref="MetricsOptions.Urls"/>.</summary>
internal sealed class MetricsListener
{
    private static readonly MetricsListener Mark = new();

    // The ports that marked connections came to: looking for a feature that is not there asks two collections, on every request.
    private static volatile int[] ports = [];

    /// <summary>Marks each connection of a listener. Its port alone would not do: another listener may have the same at another address.</summary>
    public static ConnectionDelegate MarkThose(ConnectionDelegate next) => connection =>
    {
        // Kestrel says 0 too where the listener has no port.
        var port = (connection.LocalEndPoint as IPEndPoint)?.Port ?? 0;
        if (!ports.Contains(port))
        {
            Remember(port);
        }

        connection.Features.Set(Mark);
        return next(connection);
    };

    /// <summary>Whether the request came to one of the addresses.</summary>
    public static bool IsAt(HttpContext context) => ports.Contains(context.Connection.LocalPort) && context.Features.Get<MetricsListener>() is not null;

    private static void Remember(int port)
    {
        lock (Mark)
        {
            ports = [.. ports.Union([port])];
        }
    }
}

/// <summary>
/// <c>/metrics</c> for Prometheus: on its own address, where nothing else answers, and on the others for whoever presents the token. As long
/// as neither is set there is none.
/// </summary>
internal static class MetricsEndpoint
{
    private const string Path = "/metrics";

    public static void UseMetricsEndpoint(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<MetricsOptions>();
        if (!options.IsScraped)
        {
            return;
        }

        var token = options.Token is { } text ? SHA256.HashData(Encoding.UTF8.GetBytes(text)) : null;
        app.MapWhen(context => IsAsked(context, token is not null), branch =>
        {
            branch.Use((context, next) => RefuseAsync(context, token) ?? next(context));
            branch.UseOpenTelemetryPrometheusScrapingEndpoint(_ => true);
        });
    }

    private static bool IsAsked(HttpContext context, bool isGuarded) =>
        (isGuarded && context.Request.Path == Path) || MetricsListener.IsAt(context);

    /// <summary>Null: whoever asks may read.</summary>
    private static Task? RefuseAsync(HttpContext context, byte[]? token)
    {
        if (context.Request.Path != Path)
        {
            return AnswerAsync(context, StatusCodes.Status404NotFound, $"Nothing but {Path} is at this address.");
        }

        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            return AnswerAsync(context, StatusCodes.Status405MethodNotAllowed, $"{Path} is read with GET.");
        }

        if (token is null || IsRight(context.Request.Headers[HeaderNames.Authorization].ToString(), token))
        {
            return null;
        }

        context.Response.Headers.WWWAuthenticate = "Bearer";
        return AnswerAsync(context, StatusCodes.Status401Unauthorized, "Present the token of Metrics:TokenFile as: Authorization: Bearer TOKEN");
    }

    // Hashes, so that the time tells neither a letter nor a length.
    private static bool IsRight(string header, byte[] token) =>
        header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(header["Bearer ".Length..].Trim())), token);

    private static Task AnswerAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync($"{text}\n", context.RequestAborted);
    }
}
