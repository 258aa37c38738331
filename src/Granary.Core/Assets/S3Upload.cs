using System.Net;
using Amazon.S3;
using Amazon.S3.Model;

namespace Granary.Core.Assets;

/// <summary>
/// Brings a finished spool under a key: at once, or in parts where it is large. The store compares what arrives with the SHA-256 that
/// is sent along, and takes it only where the key is not there.
/// </summary>
internal sealed class S3Upload(S3Bucket bucket)
{
    // Bytes. As large as fits into the time that one request has; 10,000 of them are what a store takes.
    internal const int PartSize = 16 << 20;

    // Parts of one asset that are on their way at once. Each is read from the spool as it is sent.
    private const int AtOnce = 3;

    private const string Any = "*";
    private static readonly TimeSpan ForEachPart = TimeSpan.FromMinutes(1);

    /// <summary>Returns when the store has said that it has the bytes. What lies there with another length is replaced.</summary>
    /// <exception cref="Refusal">It has not, or it is not known whether it has.</exception>
    public async Task RunAsync(Spool spool, string key, CancellationToken cancellation)
    {
        var digests = spool.Finish();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(bucket.Options.Patience.Storing + (ForEachPart * (digests.Size / PartSize)));
        try
        {
            await StoreAsync(spool, key, digests, deadline.Token);
        }
        catch (Exception failure) when (S3Failure.IsOfStore(failure) && !cancellation.IsCancellationRequested)
        {
            // What was not answered, or with an error, may have been done.
            if (await LookAsync(key, cancellation) != digests.Size)
            {
                throw S3Failure.Refuse(failure);
            }
        }
    }

    private async Task StoreAsync(Spool spool, string key, Digests digests, CancellationToken cancellation)
    {
        try
        {
            await SendAsync(spool, key, digests, Any, cancellation);
        }
        catch (AmazonS3Exception failure) when (failure.StatusCode is HttpStatusCode.PreconditionFailed)
        {
            // It is there, and a key names one content for ever. One of another length was damaged: the bytes that are here are right.
            if (await bucket.LengthAsync(key, cancellation) != digests.Size)
            {
                await SendAsync(spool, key, digests, null, cancellation);
            }
        }
    }

    /// <param name="unless">What must not be there for the store to take it; null: it takes the place of what is there.</param>
    private Task SendAsync(Spool spool, string key, Digests digests, string? unless, CancellationToken cancellation) =>
        digests.Size <= PartSize ? PutAsync(spool, key, digests, unless, cancellation) : PutInPartsAsync(spool, key, digests.Size, cancellation);

    private async Task PutAsync(Spool spool, string key, Digests digests, string? unless, CancellationToken cancellation)
    {
        await using var bytes = spool.OpenRead();
        var request = new PutObjectRequest
        {
            BucketName = bucket.Options.Bucket,
            Key = bucket.KeyOf(key),
            InputStream = bytes,
            AutoCloseStream = false,
            IfNoneMatch = unless,
            MD5Digest = Convert.ToBase64String(digests.Md5),
            // The signature covers the digest that is known already, and the store compares the bytes with it.
            UseChunkEncoding = false,
        };
        request.Headers["x-amz-content-sha256"] = digests.Sha256Hex;
        await bucket.Writer.PutObjectAsync(request, cancellation);
    }

    private async Task PutInPartsAsync(Spool spool, string key, long size, CancellationToken cancellation)
    {
        var there = await bucket.LengthAsync(key, cancellation);
        if (there == size)
        {
            // Published before, and large: not sent again only to be refused at its end.
            return;
        }

        var (name, inside) = (bucket.Options.Bucket, bucket.KeyOf(key));
        var upload = (await bucket.Writer.InitiateMultipartUploadAsync(new() { BucketName = name, Key = inside }, cancellation)).UploadId;
        try
        {
            var parts = new PartETag[(size + PartSize - 1) / PartSize];
            await Parallel.ForEachAsync(
                Enumerable.Range(0, parts.Length),
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
                async (part, token) => parts[part] = await SendAsync(spool, inside, upload, part, size, token));
            await bucket.Writer.CompleteMultipartUploadAsync(
                new() { BucketName = name, Key = inside, UploadId = upload, PartETags = [.. parts], IfNoneMatch = there is null ? Any : null }, cancellation);
        }
        catch
        {
            await AbortAsync(inside, upload);
            throw;
        }

        // The answer to the last request may have begun with 200 before the parts were put together.
        if (await bucket.LengthAsync(key, cancellation) != size)
        {
            throw Refusal.Unavailable("The object store did not put the parts of the asset together. Send the request again later.");
        }
    }

    private async Task<PartETag> SendAsync(Spool spool, string key, string upload, int part, long size, CancellationToken cancellation)
    {
        await using var bytes = spool.OpenRead();
        bytes.Position = (long)part * PartSize;
        var sent = await bucket.Writer.UploadPartAsync(
            new()
            {
                BucketName = bucket.Options.Bucket,
                Key = key,
                UploadId = upload,
                PartNumber = part + 1,
                InputStream = bytes,
                PartSize = Math.Min(PartSize, size - bytes.Position),
                // Without it the SDK computes the SHA-256 of the part before it sends it, for the store to compare.
                UseChunkEncoding = false,
            },
            cancellation);
        return new PartETag(part + 1, sent.ETag);
    }

    /// <summary>Whatever becomes of it, the one who waits is told of the first failure; what is left is for the bucket's lifecycle rule.</summary>
    private async Task AbortAsync(string key, string upload)
    {
        using var deadline = new CancellationTokenSource(bucket.Options.Patience.Answer);
        try
        {
            await bucket.Writer.AbortMultipartUploadAsync(new() { BucketName = bucket.Options.Bucket, Key = key, UploadId = upload }, deadline.Token);
        }
        catch (Exception failure) when (S3Failure.IsOfStore(failure))
        {
        }
    }

    /// <summary>The length of what is there, or null where that cannot be said.</summary>
    private async Task<long?> LookAsync(string key, CancellationToken cancellation)
    {
        try
        {
            return await bucket.LengthAsync(key, cancellation);
        }
        catch (Refusal)
        {
            return null;
        }
    }
}
