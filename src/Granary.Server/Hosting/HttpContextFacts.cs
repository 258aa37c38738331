using Granary.Core.Access;

namespace Granary.Server.Hosting;

internal static class HttpContextFacts
{
    /// <summary>
    /// What conditions may ask of a request. The address is that of the connection, or where that is a trusted proxy's the one that the
    /// proxy names; no other header is asked, because whoever sends the request writes the headers.
    /// </summary>
    public static RequestFacts Facts(this HttpContext context) => new(context.Connection.RemoteIpAddress, context.Request.IsHttps);
}
