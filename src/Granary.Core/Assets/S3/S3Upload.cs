using System.Net;
using Amazon.S3;
using Amazon.S3.Model;

namespace Granary.Core.Assets.S3;

/// <summary>
/// As <see cref="ObjectUpload"/> says, by a PUT or an upload in parts. The store compares what arrives with the SHA-256 that is sent along.
/// </summary>
internal sealed class S3Upload(S3Bucket bucket) : ObjectUpload(bucket)
{
    private const string Any = "*";

    private readonly S3Bucket bucket = bucket;

    protected override bool IsThere(Exception failure) => failure is AmazonS3Exception { StatusCode: HttpStatusCode.PreconditionFailed };

    protected override async Task PutAsync(Spool spool, string key, Digests digests, bool isNew, CancellationToken cancellation)
    {
        await using var bytes = spool.OpenRead();
        var request = new PutObjectRequest
        {
            BucketName = bucket.Options.Bucket,
            Key = bucket.KeyOf(key),
            InputStream = bytes,
            AutoCloseStream = false,
            IfNoneMatch = isNew ? Any : null,
            MD5Digest = Convert.ToBase64String(digests.Md5),
            // The signature covers the digest that is known already, and the store compares the bytes with it.
            UseChunkEncoding = false,
        };
        request.Headers["x-amz-content-sha256"] = digests.Sha256Hex;
        await bucket.Writer.PutObjectAsync(request, cancellation);
    }

    protected override async Task PutInPartsAsync(Spool spool, string key, Digests digests, bool isNew, CancellationToken cancellation)
    {
        var (name, inside) = (bucket.Options.Bucket, bucket.KeyOf(key));
        var upload = (await bucket.Writer.InitiateMultipartUploadAsync(new() { BucketName = name, Key = inside }, cancellation)).UploadId;
        try
        {
            var parts = await SendPartsAsync(digests.Size, (part, token) => SendAsync(spool, inside, upload, part, digests.Size, token), cancellation);
            await bucket.Writer.CompleteMultipartUploadAsync(
                new() { BucketName = name, Key = inside, UploadId = upload, PartETags = [.. parts], IfNoneMatch = isNew ? Any : null }, cancellation);
        }
        catch
        {
            await AbortAsync(inside, upload);
            throw;
        }

        // The answer to the last request may have begun with 200 before the parts were put together.
        if (await bucket.LengthAsync(key, cancellation) != digests.Size)
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
}
