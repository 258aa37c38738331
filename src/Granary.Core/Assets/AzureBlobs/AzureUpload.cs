using Azure;
using Azure.Storage;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Granary.Core.Assets.AzureBlobs;

/// <summary>
/// As <see cref="ObjectUpload"/> says, by Put Blob or by Put Block and Put Block List. The store compares what arrives with the MD5 that is
/// sent along. Blocks of an upload that broke off are removed by the store after a week.
/// </summary>
internal sealed class AzureUpload(AzureContainer container) : ObjectUpload(container)
{
    private readonly AzureContainer container = container;

    // The SDK reads what it is to send once before, and sends the MD5 along. It can be given one only for blocks.
    private static UploadTransferValidationOptions Validation => new() { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5 };

    // 409 is what the service answers to If-None-Match: *, and 412 to other conditions.
    protected override bool IsThere(Exception failure) => failure is RequestFailedException { ErrorCode: "BlobAlreadyExists" } or RequestFailedException { Status: 412 };

    protected override async Task PutAsync(Spool spool, string key, Digests digests, bool isNew, CancellationToken cancellation)
    {
        await using var bytes = spool.OpenRead();
        await container.Writer(key).UploadAsync(
            bytes,
            new BlobUploadOptions
            {
                Conditions = Conditions(isNew),
                // What arrived here is what the service compares the bytes with; an emulator does so only where the request has an MD5 of its own too.
                HttpHeaders = new BlobHttpHeaders { ContentHash = digests.Md5 },
                TransferValidation = Validation,
            },
            cancellation);
    }

    protected override async Task PutInPartsAsync(Spool spool, string key, Digests digests, bool isNew, CancellationToken cancellation)
    {
        var blob = container.Writer(key);
        // Blocks of two uploads under one key lie side by side until one of them is put together, and encrypted bytes are others each time.
        var upload = Guid.NewGuid();
        var blocks = await SendPartsAsync(digests.Size, (part, token) => SendAsync(blob, spool, upload, part, digests.Size, token), cancellation);
        // The service keeps the digest of all for others who read there, and compares nothing with it.
        var options = new CommitBlockListOptions { Conditions = Conditions(isNew), HttpHeaders = new BlobHttpHeaders { ContentHash = digests.Md5 } };
        await blob.CommitBlockListAsync(blocks, options, cancellation);
    }

    /// <summary>Answers the block's id. All ids of a blob must have one length.</summary>
    private static async Task<string> SendAsync(BlockBlobClient blob, Spool spool, Guid upload, int part, long size, CancellationToken cancellation)
    {
        var offset = (long)part * PartSize;
        await using var bytes = new SpoolPart(spool.OpenRead(), offset, Math.Min(PartSize, size - offset));
        var id = Convert.ToBase64String([.. upload.ToByteArray(), .. BitConverter.GetBytes(part)]);
        await blob.StageBlockAsync(id, bytes, new BlockBlobStageBlockOptions { TransferValidation = Validation }, cancellation);
        return id;
    }

    private static BlobRequestConditions? Conditions(bool isNew) => isNew ? new BlobRequestConditions { IfNoneMatch = ETag.All } : null;
}
