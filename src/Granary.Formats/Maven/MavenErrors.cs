using System.Text;
using Granary.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Granary.Formats.Maven;

/// <summary>A refusal as plain text, and as the reason beside the status, which is all that Maven and Gradle print of an answer.</summary>
internal static class MavenErrors
{
    // Characters. Some proxies give up at a line of a few thousand.
    private const int MaxReason = 400;

    public static Task RenderAsync(HttpContext context, Refusal refusal)
    {
        var response = context.Response;
        response.StatusCode = HttpStatus.Of(refusal.Kind);
        response.ContentType = "text/plain; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        if (context.Features.Get<IHttpResponseFeature>() is { } feature)
        {
            feature.ReasonPhrase = Reason(refusal.Message);
        }

        var body = Encoding.UTF8.GetBytes(refusal.Message + "\n");
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(body).AsTask();
    }

    /// <summary>One line of printable ASCII, whatever names the message repeats.</summary>
    private static string Reason(string message)
    {
        var reason = message.Length > MaxReason ? message[..MaxReason] : message;
        return string.Create(reason.Length, reason, (span, text) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = text[i] is >= ' ' and <= '~' ? text[i] : '?';
            }
        });
    }
}
