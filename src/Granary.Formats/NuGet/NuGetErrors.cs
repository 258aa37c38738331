using System.Text.Json;
using Granary.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Formats.NuGet;

/// <summary>A refusal as NuGet's clients print it: they show the reason phrase of the status line and hardly ever a body.</summary>
internal static class NuGetErrors
{
    // Characters; longer lines are cut off by some proxies.
    private const int LongestPhrase = 400;

    public static async Task RenderAsync(HttpContext context, Refusal refusal)
    {
        if (HttpMethods.IsPut(context.Request.Method))
        {
            await NuGetUpload.DrainAsync(context, context.RequestServices.GetRequiredService<Quotas>());
        }

        var response = context.Response;
        response.StatusCode = HttpStatus.Of(refusal.Kind);
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
        if (HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = Phrase(refusal.Message);
        }

        var body = JsonSerializer.SerializeToUtf8Bytes(new NuGetError(refusal.Message), NuGetJson.Default.NuGetError);
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    // RFC 9112, 4: visible ASCII, blanks and tabs.
    private static string Phrase(string message) =>
        string.Concat((message.Length > LongestPhrase ? message[..LongestPhrase] : message).Select(c => c is >= ' ' and <= '~' ? c : '?'));
}

internal sealed record NuGetError(string Error);
