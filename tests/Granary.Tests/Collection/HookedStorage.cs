using Granary.Core.Assets;

namespace Granary.Tests.Collection;

/// <summary>Files that stop, or fail, where a test wants them to.</summary>
internal sealed class HookedStorage(IAssetStorage inner) : IAssetStorage
{
    private int calls;

    public Func<string, Task> BeforeDelete { get; set; } = _ => Task.CompletedTask;

    public Func<string, Task> AfterDelete { get; set; } = _ => Task.CompletedTask;

    /// <summary>A key whose bytes lie on a bad sector.</summary>
    public string? Unreadable { get; set; }

    /// <summary>Fails at this call from now, and at every one after it; null: at none.</summary>
    public int? DiesAt { get; set; }

    public int Calls => calls;

    public void Restart()
    {
        calls = 0;
        DiesAt = null;
    }

    public Spool CreateSpool() => inner.CreateSpool();

    public Task StoreAsync(Spool spool, string key, CancellationToken cancellation) => inner.StoreAsync(spool, key, cancellation);

    public Task<AssetContent?> OpenAsync(string key, CancellationToken cancellation)
    {
        Step();
        return key == Unreadable
            ? Task.FromResult<AssetContent?>(new AssetContent(1, null, (_, _, _) => throw new IOException("Input/output error")))
            : inner.OpenAsync(key, cancellation);
    }

    public Task<AssetContent?> OpenAsync(string key, long length, CancellationToken cancellation)
    {
        Step();
        return inner.OpenAsync(key, length, cancellation);
    }

    public async Task DeleteAsync(string key, CancellationToken cancellation)
    {
        await BeforeDelete(key);
        Step();
        await inner.DeleteAsync(key, cancellation);
        await AfterDelete(key);
        Step();
    }

    public IAsyncEnumerable<StoredKey> ListAsync(string prefix, CancellationToken cancellation)
    {
        Step();
        return inner.ListAsync(prefix, cancellation);
    }

    private void Step()
    {
        if (Interlocked.Increment(ref calls) > DiesAt)
        {
            throw new IOException("The storage is gone.");
        }
    }
}
