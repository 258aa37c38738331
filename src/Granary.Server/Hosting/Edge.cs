using System.Diagnostics;
using Granary.Core;
using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Trail;
using Granary.Formats;
using Granary.Server.ControlPlane;
using Granary.Server.Monitoring;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Granary.Server.Hosting;

/// <summary>
/// The outermost middleware: reads the path once, refuses what the server below would read in more than one way, and
/// turns every exception into an answer in the endpoint's own dialect.
/// </summary>
public sealed partial class Edge(RequestDelegate next, TrailQueue trail, RequestMeters meters, ILogger<Edge> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var start = Stopwatch.GetTimestamp();
        using var activity = RequestTracing.Begin(context);
        Refusal? refusal = null;
        try
        {
            refusal = await AnswerAsync(context);
        }
        finally
        {
            meters.End(context, RequestTrail.End(context, trail, refusal), start, activity);
        }
    }

    /// <summary>Answers the request; returns the refusal where it was one.</summary>
    private async Task<Refusal?> AnswerAsync(HttpContext context)
    {
        try
        {
            DemandUnambiguous(context.Request);
            CountedBody.Begin(context.Request);
            var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            var path = RequestPath.Decode(target);
            if (HostForm.Rewrite(context.Request.Host, path) is { } rewritten)
            {
                context.Features.Set(CameByHost.Mark);
                path = rewritten;
            }

            context.Request.Path = path;
            await next(context);
            if (context.Response is { StatusCode: StatusCodes.Status404NotFound, HasStarted: false } && context.GetEndpoint() is null)
            {
                throw NothingHere(context.Request);
            }

            return null;
        }
        catch (Refusal refusal)
        {
            return await RefuseAsync(context, refusal);
        }
        catch (BadHttpRequestException bad)
        {
            var refusal = bad.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? Refusal.TooLarge("The body is larger than this request may be.")
                : Refusal.Validation($"The request is malformed: {bad.Message}", "CANNOT_PARSE");
            return await RefuseAsync(context, refusal);
        }
        // Of a body that is broken off by the end of the server the reader hears first.
        catch (Exception failure) when (failure is OperationCanceledException { InnerException: ConnectionAbortedException }
            || (failure is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested))
        {
            context.Abort();
            RequestTrail.Of(context)?.ErrorCode = "RequestAborted";
            return null;
        }
        catch (IOException failure)
        {
            return await RefuseAsync(context, StorageRefusal.Of(failure));
        }
        catch (Exception failure) when (StorageFailure.Of(failure) is { } refusal)
        {
            return await RefuseAsync(context, refusal);
        }
#pragma warning disable CA1031 // The edge: whatever else arrives here is a bug, told once to the log and never to the client.
        catch (Exception bug)
#pragma warning restore CA1031
        {
            LogBug(bug, context.Request.Method, Route(context));
            return await RefuseAsync(context, Refusal.Bug());
        }
    }

    private async Task<Refusal> RefuseAsync(HttpContext context, Refusal refusal)
    {
        if (context.Response.HasStarted)
        {
            // Part of a body is out: only a broken connection tells the client that the rest does not come.
            LogAborted(context.Request.Method, Route(context), refusal.Message);
            context.Abort();
            return refusal;
        }

        if (refusal.InnerException is { } cause)
        {
            LogCause(context.Request.Method, Route(context), refusal.Message, cause.Message);
        }

        context.Response.Clear();
        if (refusal.RetryAfter is { } wait)
        {
            context.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        // Without an endpoint, and yet the client must be able to read what is wrong.
        var dialect = context.GetEndpoint()?.Metadata.GetMetadata<Dialect>()
            ?? (context.Request.Path.StartsWithSegments("/v1", StringComparison.Ordinal) ? AwsErrors.Dialect
                : FormatOf(context.Request) is { } format ? new Dialect(format.RefuseAsync)
                : PlainDialect.Instance);
        await dialect.Render(context, refusal);
        return refusal;
    }

    private static Refusal NothingHere(HttpRequest request) => Refusal.NotFound(
        "address",
        "",
        FormatOf(request) is { } format
            ? $"This version of Granary has no answer to this {request.Method} request of {format.Name} clients."
            : "Nothing is at this address. Package managers use the address that aws codeartifact get-repository-endpoint names.");

    private static PackageFormat? FormatOf(HttpRequest request) =>
        request.Path.Value?.Split('/', 3) is ["", var first, _] ? PackageFormats.Find(first) : null;

    /// <summary>The route and not the path: npm's logout puts a token into its path, and no log ever shows one.</summary>
    private static string Route(HttpContext context)
    {
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "an address without a route";
        return context.Features.Get<RepositoryRequest>()?.Package is { } package ? $"{route} ({package})" : route;
    }

    /// <summary>Forms of framing that Kestrel reads and that a proxy in front may read differently.</summary>
    private static void DemandUnambiguous(HttpRequest request)
    {
        // RFC 9110, 9.1: methods are case-sensitive, and routing would not notice.
        if (request.Method.AsSpan().ContainsAnyInRange('a', 'z'))
        {
            throw Refusal.Validation("The request's method is not in capitals.", "CANNOT_PARSE");
        }

        var headers = request.Headers;
        if (headers.TransferEncoding.Count > 0)
        {
            // Where both headers came, Kestrel moves the length to this name and reads by chunks.
            var chunked = headers.TransferEncoding.Count == 1 && headers.TransferEncoding[0] == "chunked";
            if (!chunked || headers.ContainsKey("X-Content-Length") || request.Protocol == HttpProtocol.Http10)
            {
                throw Refusal.Validation("The request's Transfer-Encoding is not understood.", "CANNOT_PARSE");
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed for a reason that nobody foresaw")]
    private partial void LogBug(Exception exception, string method, string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Method} {Path} was refused: {Reason} Cause: {Cause}")]
    private partial void LogCause(string method, string path, string reason, string cause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Method} {Path} was broken off: {Reason}")]
    private partial void LogAborted(string method, string path, string reason);
}
