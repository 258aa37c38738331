using System.Text;
using Granary.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Granary.Formats;

/// <summary>
/// A refusal as plain text, and as the reason beside the status, which is all that pip, twine, Maven and Gradle print of an answer unless they are asked for more.
/// </summary>
internal static class PlainRefusal
{
    // Characters. Some proxies give up at a line of a few thousand.
    private const int MaxPhrase = 400;

    public static Task RenderAsync(HttpContext context, Refusal refusal)
    {
        var response = context.Response;
        response.StatusCode = HttpStatus.Of(refusal.Kind);
        response.ContentType = "text/plain; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        if (context.Features.Get<IHttpResponseFeature>() is { } feature)
        {
            feature.ReasonPhrase = Phrase(refusal.Message);
        }

        var body = Encoding.UTF8.GetBytes(refusal.Message + "\n");
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(body).AsTask();
    }

    /// <summary>The message as a status line may hold it (RFC 9112, 4): printable ASCII in one line, or whoever chose a name in it would write headers.</summary>
    internal static string Phrase(string message) =>
        string.Concat(message.Take(MaxPhrase).Select(c => c is >= ' ' and <= '~' ? c : c is '\n' or '\r' or '\t' ? ' ' : '?'));
}
