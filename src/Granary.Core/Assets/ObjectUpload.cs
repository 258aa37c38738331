namespace Granary.Core.Assets;

/// <summary>
/// Brings a finished spool under a key of an object store: at once, or in parts where it is large. The store compares what arrives with a
/// digest that is sent along, and takes it only where the key is not there.
/// </summary>
internal abstract class ObjectUpload(IObjectStore store)
{
    // Bytes. As large as fits into the time that one request has; 10,000 of them are what every store takes.
    internal const int PartSize = 16 << 20;

    // Parts of one asset that are on their way at once. Each is read from the spool as it is sent.
    private const int AtOnce = 3;

    private static readonly TimeSpan ForEachPart = TimeSpan.FromMinutes(1);

    /// <summary>Returns when the store has said that it has the bytes. What lies there with another length is replaced.</summary>
    /// <exception cref="Refusal">It has not, or it is not known whether it has.</exception>
    public async Task RunAsync(Spool spool, string key, CancellationToken cancellation)
    {
        var digests = spool.Finish();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(store.Patience.Storing + (ForEachPart * (digests.Size / PartSize)));
        try
        {
            await StoreAsync(spool, key, digests, deadline.Token);
        }
        catch (Exception failure) when (store.IsOfStore(failure) && !cancellation.IsCancellationRequested)
        {
            // What was not answered, or with an error, may have been done.
            if (await LookAsync(key, cancellation) != digests.Size)
            {
                throw store.Refuse(failure);
            }
        }
    }

    /// <summary>Sends at most <see cref="PartSize"/> bytes.</summary>
    /// <param name="isNew">Whether the store is to take them only where the key is not there; else they take the place of what is there.</param>
    protected abstract Task PutAsync(Spool spool, string key, Digests digests, bool isNew, CancellationToken cancellation);

    /// <summary>Sends more than that, as <see cref="SendPartsAsync"/> cuts it.</summary>
    /// <param name="isNew">As above.</param>
    protected abstract Task PutInPartsAsync(Spool spool, string key, Digests digests, bool isNew, CancellationToken cancellation);

    /// <summary>Whether the store did not take the bytes because the key is there.</summary>
    protected abstract bool IsThere(Exception failure);

    /// <summary>Sends each part, of which all but the last have <see cref="PartSize"/> bytes, and answers what came of each.</summary>
    protected static async Task<T[]> SendPartsAsync<T>(long size, Func<int, CancellationToken, Task<T>> send, CancellationToken cancellation)
    {
        var sent = new T[(size + PartSize - 1) / PartSize];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, sent.Length),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
            async (part, token) => sent[part] = await send(part, token));
        return sent;
    }

    private async Task StoreAsync(Spool spool, string key, Digests digests, CancellationToken cancellation)
    {
        try
        {
            await SendAsync(spool, key, digests, isNew: true, cancellation);
        }
        catch (Exception failure) when (IsThere(failure))
        {
            // It is there, and a key names one content for ever. One of another length was damaged: the bytes that are here are right.
            if (await store.LengthAsync(key, cancellation) != digests.Size)
            {
                await SendAsync(spool, key, digests, isNew: false, cancellation);
            }
        }
    }

    private async Task SendAsync(Spool spool, string key, Digests digests, bool isNew, CancellationToken cancellation)
    {
        if (digests.Size <= PartSize)
        {
            await PutAsync(spool, key, digests, isNew, cancellation);
            return;
        }

        var there = await store.LengthAsync(key, cancellation);
        // Published before, and large: not sent again only to be refused at its end.
        if (there != digests.Size)
        {
            await PutInPartsAsync(spool, key, digests, there is null, cancellation);
        }
    }

    /// <summary>The length of what is there, or null where that cannot be said.</summary>
    private async Task<long?> LookAsync(string key, CancellationToken cancellation)
    {
        try
        {
            return await store.LengthAsync(key, cancellation);
        }
        catch (Refusal)
        {
            return null;
        }
    }
}
