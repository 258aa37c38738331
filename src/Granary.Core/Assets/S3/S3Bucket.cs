using System.Net;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Granary.Core.Assets.S3;

/// <summary>The bucket as it is asked.</summary>
internal sealed class S3Bucket(S3Options options) : IObjectStore, IDisposable
{
    private readonly AmazonS3Client reader = Client(options, options.Patience.Answer);

    public S3Options Options => options;

    public StorePatience Patience => options.Patience;

    /// <summary>For what carries bytes there.</summary>
    public AmazonS3Client Writer { get; } = Client(options, options.Patience.Transfer);

    public string KeyOf(string key) => options.Prefix + key;

    /// <summary>An answer within the deadline.</summary>
    /// <exception cref="FileNotFoundException">The bucket is there, the key is not.</exception>
    /// <exception cref="EndOfStreamException">The key has fewer bytes than were asked for.</exception>
    /// <exception cref="Refusal">The store cannot be asked.</exception>
    public async Task<T> AskAsync<T>(Func<AmazonS3Client, CancellationToken, Task<T>> question, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(options.Patience.Asking);
        try
        {
            return await question(reader, deadline.Token);
        }
        catch (AmazonS3Exception failure) when (failure.ErrorCode is "NoSuchKey")
        {
            throw new FileNotFoundException("The object store does not have these bytes any more.", failure);
        }
        catch (AmazonS3Exception failure) when (failure.StatusCode is HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            throw new EndOfStreamException("The stored bytes end too early.", failure);
        }
        catch (Exception failure) when (S3Failure.IsOfStore(failure) && !cancellation.IsCancellationRequested)
        {
            throw S3Failure.Refuse(failure);
        }
    }

    public async Task<ObjectBody> OpenAsync(string key, long offset, long? count, CancellationToken cancellation)
    {
        var request = new GetObjectRequest
        {
            BucketName = options.Bucket,
            Key = KeyOf(key),
            ByteRange = count is { } part ? new ByteRange(offset, offset + part - 1) : null,
        };
        var answer = await AskAsync((s3, token) => s3.GetObjectAsync(request, token), cancellation);
        return new ObjectBody(answer.ResponseStream, answer.ContentLength, answer.ContentRange, answer);
    }

    public async Task<long?> LengthAsync(string key, CancellationToken cancellation)
    {
        var request = new GetObjectMetadataRequest { BucketName = options.Bucket, Key = KeyOf(key) };
        var known = await AskAsync(
            async (s3, token) =>
            {
                try
                {
                    return (await s3.GetObjectMetadataAsync(request, token)).ContentLength;
                }
                catch (AmazonS3Exception failure) when (failure.StatusCode is HttpStatusCode.NotFound)
                {
                    return -1;
                }
            },
            cancellation);
        if (known >= 0)
        {
            return known;
        }

        // The answer to HEAD has no body that could say whether it is the key that is missing or the bucket: a listing refuses where it is the bucket.
        var listed = await ListAsync(KeyOf(key), null, 1, cancellation);
        return listed.S3Objects?.Find(found => found.Key == KeyOf(key))?.Size;
    }

    /// <summary>A page of the keys that begin so, as they are in the bucket, in the order of their bytes.</summary>
    public Task<ListObjectsV2Response> ListAsync(string prefix, string? from, int most, CancellationToken cancellation) => AskAsync(
        async (s3, token) =>
        {
            var request = new ListObjectsV2Request { BucketName = options.Bucket, Prefix = prefix, ContinuationToken = from, MaxKeys = most };
            var page = await s3.ListObjectsV2Async(request, token);
            // A page names its bucket. Something else with status 200 would otherwise be read as a page without keys.
            return page.Name == options.Bucket ? page : throw new AmazonClientException("The answer to a listing is none.");
        },
        cancellation);

    public bool IsOfStore(Exception failure) => S3Failure.IsOfStore(failure);

    public Refusal Refuse(Exception failure) => S3Failure.Refuse(failure);

    public void Dispose()
    {
        reader.Dispose();
        Writer.Dispose();
    }

    private static AmazonS3Client Client(S3Options options, TimeSpan answer)
    {
        var config = new AmazonS3Config
        {
            Timeout = answer,
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = options.Patience.Retries,
            // The shared budget of retries would let one slow minute refuse requests that a retry saves.
            ThrottleRetries = false,
            ForcePathStyle = options.PathStyle,
            // Where the environment of this machine sends AWS's clients is most likely Granary itself.
            IgnoreConfiguredEndpointUrls = true,
            // The default ones are trailers that other stores than AWS's refuse; what is sent is compared by its SHA-256 anyway.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (options.ServiceUrl is { } address)
        {
            config.ServiceURL = address.ToString();
            config.AuthenticationRegion = options.Region;
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(options.Region);
        }

        return options is { AccessKey: { } key, SecretKey: { } secret } ? new(key, secret, config) : new(config);
    }
}
