namespace Granary.Server.Hosting;

/// <summary>Whether requests are served: from the end of the start until the beginning of the stop.</summary>
public sealed class Readiness
{
    private volatile bool ready;
    private volatile bool stopping;

    public bool IsReady => ready && !stopping;

    /// <summary>Whether the stop has begun. It is never taken back.</summary>
    public bool IsStopping => stopping;

    public void Begin() => ready = true;

    public void End() => stopping = true;
}

internal static class Health
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", Live);
        routes.MapGet("/health/ready", Ready);
    }

    private static IResult Live() => Results.Text("live\n");

    private static IResult Ready(Readiness readiness) =>
        readiness.IsReady ? Results.Text("ready\n") : Results.Text("not ready\n", statusCode: StatusCodes.Status503ServiceUnavailable);
}
