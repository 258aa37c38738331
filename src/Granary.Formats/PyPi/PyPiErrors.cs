using System.Text;
using Granary.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Granary.Formats.PyPi;

/// <summary>
/// A refusal as Python's clients print it: of an answer they show the reason phrase of its status line, and twine the body as well when it
/// is told to be verbose.
/// </summary>
internal static class PyPiErrors
{
    private const int MaxPhrase = 300;

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
