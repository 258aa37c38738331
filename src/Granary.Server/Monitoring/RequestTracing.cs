using System.Diagnostics;
using Granary.Core.Trail;
using Granary.Core.Usage;

namespace Granary.Server.Monitoring;

/// <summary>One activity for each request, as part of the client's trace where it tells of one (W3C Trace Context). Without a listener there is none.</summary>
internal static class RequestTracing
{
    public static Activity? Begin(HttpContext context)
    {
        if (!Telemetry.Activities.HasListeners())
        {
            return null;
        }

        var headers = context.Request.Headers;
        // One value each, as the specification has it; what is not well-formed begins a trace of its own.
        _ = ActivityContext.TryParse(headers.TraceParent.Count == 1 ? headers.TraceParent[0] : null, headers.TraceState.Count == 1 ? headers.TraceState[0] : null, isRemote: true, out var parent);
        var activity = Telemetry.Activities.StartActivity("request", ActivityKind.Server, parent);
        activity?.SetTag("http.request.method", Method(context.Request.Method));
        return activity;
    }

    /// <summary>Tells what the request was. Never its path or query, which may hold a token, and nothing of its body.</summary>
    public static void Describe(Activity activity, TrailRecord record, string domain, string repository, int status, string outcome)
    {
        activity.DisplayName = record.Name;
        activity.SetTag("granary.operation", record.Name);
        activity.SetTag("http.response.status_code", status);
        Set(activity, "granary.format", record.Format);
        Set(activity, "granary.domain", domain);
        Set(activity, "granary.repository", repository);
        if (outcome is "aborted" or "server_error")
        {
            activity.SetTag("error.type", record.ErrorCode ?? outcome).SetStatus(ActivityStatusCode.Error);
        }
    }

    private static void Set(Activity activity, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            activity.SetTag(name, value);
        }
    }

    // A client may write any word there: OpenTelemetry's conventions for HTTP.
    private static string Method(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsPost(method) || HttpMethods.IsPut(method) || HttpMethods.IsDelete(method) ? method : "_OTHER";
}
