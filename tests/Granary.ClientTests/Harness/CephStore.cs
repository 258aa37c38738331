using Amazon.S3.Model;
using Granary.Tests;

namespace Granary.ClientTests.Harness;

public sealed class CephStore : ITestStore
{
    private readonly Ceph ceph;

    private CephStore(Ceph ceph) => this.ceph = ceph;

    public string Kind => "s3";

    public string Section => "S3";

    public Uri Address => ceph.Address;

    public IReadOnlyList<string> Secrets => [Ceph.SecretKey, Ceph.AccessKey];

    public static async Task<ITestStore> StartAsync() => new CephStore(await Ceph.StartAsync());

    public Task<string> CreateAsync() => ceph.CreateBucketAsync();

    public Dictionary<string, string> Settings(string place) => new()
    {
        ["Bucket"] = place,
        ["ServiceUrl"] = ceph.Address.ToString(),
        ["AccessKey"] = Ceph.AccessKey,
        ["SecretKey"] = Ceph.SecretKey,
    };

    public async Task<IReadOnlyList<(string Key, long Length)>> ListAsync(string place, string prefix)
    {
        using var client = ceph.Client();
        var listed = await client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = place, Prefix = prefix });
        return [.. (listed.S3Objects ?? []).Select(found => (found.Key, found.Size ?? 0))];
    }

    public async Task OverwriteAsync(string place, string key, byte[] bytes)
    {
        using var client = ceph.Client();
        await client.PutObjectAsync(new PutObjectRequest { BucketName = place, Key = key, InputStream = new MemoryStream(bytes), UseChunkEncoding = false });
    }

    public Task StopAsync() => ceph.KillGatewayAsync();

    public Task StartAgainAsync() => ceph.StartGatewayAsync();

    public ValueTask DisposeAsync() => ceph.DisposeAsync();
}
