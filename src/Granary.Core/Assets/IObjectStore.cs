namespace Granary.Core.Assets;

/// <summary>
/// An object store as it is asked: with retries, for a limited time, and with one meaning for each way to fail. Keys are without the prefix
/// that stands before them in the store.
/// </summary>
internal interface IObjectStore
{
    StorePatience Patience { get; }

    /// <summary>The bytes of a key as they come: all of them, or <paramref name="count"/> from an offset on.</summary>
    /// <exception cref="FileNotFoundException">The key is not there.</exception>
    /// <exception cref="EndOfStreamException">It has fewer bytes.</exception>
    /// <exception cref="Refusal">The store cannot be asked.</exception>
    Task<ObjectBody> OpenAsync(string key, long offset, long? count, CancellationToken cancellation);

    /// <summary>The length of the key's bytes, or null where it is not there.</summary>
    /// <exception cref="Refusal">The store cannot be asked, or the place of all keys is not there.</exception>
    Task<long?> LengthAsync(string key, CancellationToken cancellation);

    /// <summary>Whether it is the store or the way to it that failed. Where the caller gave up, that must be asked first.</summary>
    bool IsOfStore(Exception failure);

    /// <summary>What such a failure is called towards a client.</summary>
    Refusal Refuse(Exception failure);
}

/// <summary>What the store announced, and the bytes that follow.</summary>
/// <param name="Bytes">Fails where the connection breaks off.</param>
/// <param name="Length">Of this body.</param>
/// <param name="Range">As HTTP's <c>Content-Range</c> has it; null for all bytes.</param>
/// <param name="Answer">Ends the answer. It may fail where the store's own check of the bytes does.</param>
internal sealed record ObjectBody(Stream Bytes, long Length, string? Range, IDisposable Answer) : IDisposable
{
    public void Dispose() => Answer.Dispose();
}
