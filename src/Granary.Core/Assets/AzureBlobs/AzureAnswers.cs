using Azure.Core;
using Azure.Core.Pipeline;

namespace Granary.Core.Assets.AzureBlobs;

/// <summary>
/// Lets nothing pass for an answer of the blob service that is none, as the page of a proxy is; and has a body that breaks off fail at once.
/// The SDK's own stream would ask up to five times for the rest of it, each time with all retries, while <see cref="ObjectStream"/> waits for
/// the next bytes and counts the breaks.
/// </summary>
internal sealed class AzureAnswers : HttpPipelinePolicy
{
    // Stands in every answer since 2009.
    private const string Version = "x-ms-version";

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        await ProcessNextAsync(message, pipeline);
        var answer = message.Response;
        if (answer.Status >= 300)
        {
            return;
        }

        if (!answer.Headers.Contains(Version))
        {
            throw new IOException("What answers there is no blob service.");
        }

        // What the SDK has in memory by now, which is all but downloads, can seek.
        if (answer.ContentStream is { CanSeek: false } body)
        {
            answer.ContentStream = new OnceStream(body);
        }
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException("The store is asked asynchronously.");

    private sealed class OnceStream(Stream body) : ForwardStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                return await body.ReadAsync(buffer, cancellationToken);
            }
            catch (Exception failure) when (AzureFailure.IsOfStore(failure) && !cancellationToken.IsCancellationRequested)
            {
                throw new BrokenBodyException(failure);
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                body.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}

/// <summary>A body broke off. No kind of exception that the SDK would try again after.</summary>
internal sealed class BrokenBodyException(Exception cause) : Exception("The object store broke off in the middle of its answer.", cause);
