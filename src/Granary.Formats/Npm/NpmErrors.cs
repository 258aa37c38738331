using System.Text.Json;
using Granary.Core;
using Microsoft.AspNetCore.Http;

namespace Granary.Formats.Npm;

/// <summary>A refusal as npm's clients print it: they show the member <c>error</c>.</summary>
internal static class NpmErrors
{
    public static Task RenderAsync(HttpContext context, Refusal refusal)
    {
        var response = context.Response;
        response.StatusCode = HttpStatus.Of(refusal.Kind);
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
        var body = JsonSerializer.SerializeToUtf8Bytes(new NpmError(refusal.Message), NpmJson.Default.NpmError);
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(body).AsTask();
    }
}

internal sealed record NpmError(string Error);
