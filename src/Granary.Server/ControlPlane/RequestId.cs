namespace Granary.Server.ControlPlane;

/// <summary>The id that SDKs show with every answer and that a person can look for in the log.</summary>
internal static class RequestId
{
    private static readonly object Key = new();

    /// <summary>Puts the header on the answer. An error clears the headers and writes it again: it is the same id.</summary>
    public static void Write(HttpContext context) => context.Response.Headers["x-amzn-RequestId"] = Of(context);

    public static string Of(HttpContext context)
    {
        if (context.Items[Key] is not string id)
        {
            context.Items[Key] = id = Guid.NewGuid().ToString();
        }

        return id;
    }
}
