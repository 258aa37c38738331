namespace Granary.Server.Hosting;

/// <summary>
/// While the server stops, each answer closes its connection (RFC 9112, 9.6; over HTTP/2 Kestrel says GOAWAY), so that clients and proxies
/// open their next one where they are wanted, and none sends a request on a connection that is just being closed.
/// </summary>
internal static class Farewell
{
    public static void UseFarewell(this WebApplication app)
    {
        var readiness = app.Services.GetRequiredService<Readiness>();
        app.Use((context, next) =>
        {
            if (readiness.IsStopping)
            {
                // When the answer begins, because an error's answer begins by clearing all headers.
                context.Response.OnStarting(CloseAsync, context.Response);
            }

            return next(context);
        });
    }

    private static Task CloseAsync(object response)
    {
        ((HttpResponse)response).Headers.Connection = "close";
        return Task.CompletedTask;
    }
}
