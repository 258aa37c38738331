using Granary.Core;
using Granary.Formats;

namespace Granary.Server.Hosting;

/// <summary>A refusal where no client's own form is known: no route, or a path that names no format.</summary>
internal static class PlainDialect
{
    public static Dialect Instance { get; } = new(RenderAsync);

    private static Task RenderAsync(HttpContext context, Refusal refusal)
    {
        context.Response.StatusCode = HttpStatus.Of(refusal.Kind);
        context.Response.ContentType = "text/plain; charset=utf-8";
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.WriteAsync(refusal.Message + "\n");
    }
}
