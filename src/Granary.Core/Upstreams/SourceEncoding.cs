namespace Granary.Core.Upstreams;

/// <summary>In which coding a source sent a document. Names of codings have no case, and identity is none (RFC 9110, 8.4.1).</summary>
internal static class SourceEncoding
{
    /// <exception cref="Refusal">SourceFailed: it is a coding that was not asked for.</exception>
    public static bool IsCompressed(Source source, HttpResponseMessage response) => response.Content.Headers.ContentEncoding.ToArray() switch
    {
        [] => false,
        [var one] when one.Equals("identity", StringComparison.OrdinalIgnoreCase) => false,
        [var one] when one.Equals("gzip", StringComparison.OrdinalIgnoreCase) || one.Equals("x-gzip", StringComparison.OrdinalIgnoreCase) => true,
        _ => throw Refusal.SourceFailed($"{source.Connection} used a content encoding that was not asked for."),
    };
}
