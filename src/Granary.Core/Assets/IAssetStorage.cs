namespace Granary.Core.Assets;

/// <summary>
/// Where bytes lie, under keys of Granary's own making (<c>[a-z0-9/.]</c>, at most 200 characters). Implementations pass
/// the same contract tests.
/// </summary>
public interface IAssetStorage
{
    /// <summary>A spool whose bytes can be stored here.</summary>
    Spool CreateSpool();

    /// <summary>
    /// Stores the finished spool. When this returns the bytes are durable and readable under the key. A key names one
    /// content for ever, so a key that is already there is left as it is.
    /// </summary>
    /// <exception cref="Refusal">The storage is full or fails: nothing may be acknowledged.</exception>
    Task StoreAsync(Spool spool, string key, CancellationToken cancellation);

    /// <summary>The bytes under the key, or null.</summary>
    Task<AssetContent?> OpenAsync(string key, CancellationToken cancellation);

    /// <summary>Removes the key if it is there. Streams that are open read on; opening one of an earlier answer fails.</summary>
    Task DeleteAsync(string key, CancellationToken cancellation);
}

/// <summary>Stored bytes. <paramref name="Path"/> is set where they are a local file that the system can send by itself.</summary>
/// <param name="OpenRead">Throws <see cref="FileNotFoundException"/> when the key was deleted since.</param>
public sealed record AssetContent(long Length, string? Path, Func<Stream> OpenRead);
