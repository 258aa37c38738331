namespace Granary.Core.Assets;

/// <summary>
/// Where bytes lie, under keys of Granary's own making (<c>[a-z0-9/.]</c>, at most 200 characters). Implementations pass
/// the same contract tests.
/// </summary>
public interface IAssetStorage
{
    /// <summary>The storage of the bytes as they lie there, which may be encrypted.</summary>
    IAssetStorage Stored => this;

    /// <summary>What was stored under the key, of bytes as they lie in <see cref="Stored"/> or in a copy of it.</summary>
    ValueTask<AssetContent> ViewAsync(string key, AssetContent content, CancellationToken cancellation) => new(content);

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

    /// <summary>
    /// The bytes under a key that is known to be there with this length. Where looking costs a request nothing is looked at, and what
    /// opens the bytes finds out; elsewhere null says that they are missing or have another length.
    /// </summary>
    Task<AssetContent?> OpenAsync(string key, long length, CancellationToken cancellation);

    /// <summary>Removes the key if it is there. Streams that are open read on; opening one of an earlier answer fails.</summary>
    Task DeleteAsync(string key, CancellationToken cancellation);

    /// <summary>
    /// The keys that begin with <paramref name="prefix"/>, in the order of their bytes, as they are read. What is stored or deleted
    /// meanwhile may be among them or not.
    /// </summary>
    IAsyncEnumerable<StoredKey> ListAsync(string prefix, CancellationToken cancellation);

    /// <summary>Why the storage cannot be used, in words for the operator that say what to do; null where it can. A disk is not asked.</summary>
    Task<string?> FaultAsync(CancellationToken cancellation) => Task.FromResult<string?>(null);
}

/// <summary>A key that is there. <paramref name="StoredAt"/> is by the storage's own clock.</summary>
public sealed record StoredKey(string Key, long Length, DateTimeOffset StoredAt);
