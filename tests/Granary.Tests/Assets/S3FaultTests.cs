using Granary.Core;
using Granary.Core.Assets;
using Granary.Core.Assets.S3;
using Microsoft.AspNetCore.Http;

namespace Granary.Tests.Assets;

public sealed class S3FaultTests : StoreFaultContract
{
    private Ceph ceph = null!;
    private string bucket = "";

    private protected override StoreFault Full => new(507, "InsufficientStorage");

    private protected override StoreFault Gone => new(404, "NoSuchBucket");

    [Fact]
    public async Task A_quota_that_is_used_up_is_called_so()
    {
        Proxy.Fault = request => HttpMethods.IsPut(request.Method) ? new StoreFault(403, "QuotaExceeded") : null;
        using var storage = (S3AssetStorage)On(Proxy.Address);

        var refusal = await Assert.ThrowsAsync<Refusal>(() => AssetStorageContract.StoreAsync(storage, Key, "no room"));

        Assert.Equal(RefusalKind.StorageFull, refusal.Kind);
    }

    protected override async Task<Uri> StartStoreAsync()
    {
        ceph = await SharedCeph.GetAsync();
        bucket = await ceph.CreateBucketAsync();
        return ceph.Address;
    }

    protected override IAssetStorage On(Uri address) => new S3AssetStorage(
        new()
        {
            Bucket = bucket,
            ServiceUrl = address,
            Region = "us-east-1",
            AccessKey = Ceph.AccessKey,
            SecretKey = Ceph.SecretKey,
            PathStyle = true,
            Patience = Impatient,
        },
        Incoming,
        TimeProvider.System);

    protected override string KindOf(HttpRequest request) => request.Query.Keys.FirstOrDefault(key => key is "uploads" or "uploadId") switch
    {
        "uploadId" when HttpMethods.IsPost(request.Method) => Last,
        var key => $"{request.Method} {key}",
    };

    protected override async Task NothingIsLeftAsync()
    {
        using var client = ceph.Client();
        var left = await client.ListMultipartUploadsAsync(new Amazon.S3.Model.ListMultipartUploadsRequest { BucketName = bucket }, TestContext.Current.CancellationToken);
        Assert.Empty(left.MultipartUploads ?? []);
    }
}
