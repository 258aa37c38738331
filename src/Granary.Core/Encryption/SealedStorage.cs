using System.Runtime.CompilerServices;
using Granary.Core.Assets;

namespace Granary.Core.Encryption;

/// <summary>
/// Encrypts what encrypted domains store, and decrypts it when it is read. Everything else passes through. What is read of an encrypted
/// domain is no file that the system could send and has no address to be given away, so that all of it passes the comparison here.
/// </summary>
public sealed class SealedStorage(IAssetStorage stored, DomainKeys keys) : IAssetStorage
{
    public IAssetStorage Stored => stored;

    public Spool CreateSpool() => stored.CreateSpool();

    public async Task StoreAsync(Spool spool, string key, CancellationToken cancellation)
    {
        if (AssetKey.DomainOf(key) is not { } domain || await keys.OpenAsync(domain, cancellation) is not { } dataKey)
        {
            await stored.StoreAsync(spool, key, cancellation);
            return;
        }

        await using var encrypted = stored.CreateSpool();
        await SealedForm.WriteAsync(spool, encrypted, key, dataKey, cancellation);
        await stored.StoreAsync(encrypted, key, cancellation);
    }

    public async Task<AssetContent?> OpenAsync(string key, CancellationToken cancellation) =>
        await stored.OpenAsync(key, cancellation) is { } content ? await ViewAsync(key, content, cancellation) : null;

    public async Task<AssetContent?> OpenAsync(string key, long length, CancellationToken cancellation)
    {
        var isSealed = await IsSealedAsync(key, cancellation);
        var content = await stored.OpenAsync(key, isSealed ? SealedForm.LengthOf(length) : length, cancellation);
        return content is not null && isSealed ? View(key, content) : content;
    }

    public Task DeleteAsync(string key, CancellationToken cancellation) => stored.DeleteAsync(key, cancellation);

    public async IAsyncEnumerable<StoredKey> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var found in stored.ListAsync(prefix, cancellation).WithCancellation(cancellation))
        {
            yield return await IsSealedAsync(found.Key, cancellation) ? found with { Length = SealedForm.PlainLengthOf(found.Length) ?? 0 } : found;
        }
    }

    public async ValueTask<AssetContent> ViewAsync(string key, AssetContent content, CancellationToken cancellation) =>
        await IsSealedAsync(key, cancellation) ? View(key, content) : content;

    private async ValueTask<bool> IsSealedAsync(string key, CancellationToken cancellation) =>
        AssetKey.DomainOf(key) is { } domain && await keys.FindAsync(domain, cancellation) is not null;

    /// <summary>The plain bytes. The data key is asked for when they are opened: their length is known without it.</summary>
    private AssetContent View(string key, AssetContent content)
    {
        var length = SealedForm.PlainLengthOf(content.Length);
        return new AssetContent(
            length ?? 0,
            path: null,
            async (offset, count, cancellation) =>
            {
                var dataKey = await keys.OpenAsync(AssetKey.DomainOf(key)!.Value, cancellation);
                return length is { } whole
                    ? await SealedStream.OpenAsync(content.OpenPartAsync, key, dataKey!, whole, offset, count, cancellation)
                    : throw new DamagedBytesException("The stored bytes have a length that no encrypted ones have.");
            });
    }
}
