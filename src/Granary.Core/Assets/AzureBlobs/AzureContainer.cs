using Azure;
using Azure.Core;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Granary.Core.Assets.AzureBlobs;

/// <summary>The container as it is asked.</summary>
internal sealed class AzureContainer(AzureOptions options) : IObjectStore
{
    // Nothing newer is used, and every gateway and emulator of these years knows it.
    private const BlobClientOptions.ServiceVersion Version = BlobClientOptions.ServiceVersion.V2021_12_02;

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(20);

    private readonly BlobContainerClient reader = Client(options, options.Patience.Answer);

    // For what carries bytes there.
    private readonly BlobContainerClient writer = Client(options, options.Patience.Transfer);

    public AzureOptions Options => options;

    public StorePatience Patience => options.Patience;

    public string KeyOf(string key) => options.Prefix + key;

    /// <summary>The blob as it is written.</summary>
    public BlockBlobClient Writer(string key) => writer.GetBlockBlobClient(KeyOf(key));

    /// <summary>The blob as it is asked for.</summary>
    public BlobClient Reader(string key) => reader.GetBlobClient(KeyOf(key));

    /// <summary>An answer within the deadline.</summary>
    /// <exception cref="FileNotFoundException">The container is there, the key is not.</exception>
    /// <exception cref="EndOfStreamException">The key has fewer bytes than were asked for.</exception>
    /// <exception cref="Refusal">The store cannot be asked.</exception>
    public async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> question, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(options.Patience.Asking);
        try
        {
            return await question(deadline.Token);
        }
        catch (RequestFailedException failure) when (failure.ErrorCode is "BlobNotFound")
        {
            throw new FileNotFoundException("The object store does not have these bytes any more.", failure);
        }
        catch (RequestFailedException failure) when (failure.Status is 416)
        {
            throw new EndOfStreamException("The stored bytes end too early.", failure);
        }
        catch (Exception failure) when (AzureFailure.IsOfStore(failure) && !cancellation.IsCancellationRequested)
        {
            throw AzureFailure.Refuse(failure);
        }
    }

    public async Task<ObjectBody> OpenAsync(string key, long offset, long? count, CancellationToken cancellation)
    {
        var request = new BlobDownloadOptions { Range = count is { } part ? new HttpRange(offset, part) : default };
        var answer = await AskAsync(token => Reader(key).DownloadStreamingAsync(request, token), cancellation);
        return new ObjectBody(answer.Value.Content, answer.Value.Details.ContentLength, answer.Value.Details.ContentRange, answer.Value);
    }

    public async Task<long?> LengthAsync(string key, CancellationToken cancellation)
    {
        try
        {
            return (await AskAsync(token => Reader(key).GetPropertiesAsync(cancellationToken: token), cancellation)).Value.ContentLength;
        }
        catch (FileNotFoundException)
        {
            // Even the answer to HEAD says, in a header, that it is the blob and not the container.
            return null;
        }
    }

    /// <summary>A page of the keys that begin so, as they are in the container, in the order of their bytes. It may be empty and not the last.</summary>
    public Task<Page<BlobItem>> ListAsync(string prefix, string? from, int most, CancellationToken cancellation) => AskAsync(
        token => reader.GetBlobsAsync(new GetBlobsOptions { Prefix = prefix }, token).AsPages(from, most).FirstAsync(token).AsTask(),
        cancellation);

    public bool IsOfStore(Exception failure) => AzureFailure.IsOfStore(failure);

    public Refusal Refuse(Exception failure) => AzureFailure.Refuse(failure);

    private static BlobContainerClient Client(AzureOptions options, TimeSpan answer)
    {
        var client = new BlobClientOptions(Version)
        {
            Retry = { Mode = RetryMode.Exponential, MaxRetries = options.Patience.Retries, MaxDelay = LongestPause, NetworkTimeout = answer },
            // What is asked of the store has addresses that open it, and is nobody's.
            Diagnostics = { IsTelemetryEnabled = false, IsLoggingEnabled = false, IsLoggingContentEnabled = false, IsDistributedTracingEnabled = false },
        };
        client.AddPolicy(new AzureAnswers(), HttpPipelinePosition.PerRetry);
        return options.SasToken is { } token
            ? new BlobContainerClient(options.Address, new AzureSasCredential(token), client)
            : new BlobContainerClient(options.Address, new StorageSharedKeyCredential(options.AccountName, options.AccountKey), client);
    }
}
