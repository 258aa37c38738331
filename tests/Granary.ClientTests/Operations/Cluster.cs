using Granary.ClientTests.Harness;
using Granary.Tests;

namespace Granary.ClientTests.Operations;

/// <summary>The classes of tests that share one <see cref="Cluster"/>, which takes a while to start.</summary>
[CollectionDefinition(nameof(Cluster))]
public sealed class ClusterCollection : ICollectionFixture<Cluster>;

/// <summary>
/// Three nodes, their database, their object store, and the public source that they are connected to. The repository <c>own</c> takes
/// from nobody. Each node goes to database and store by ways of its own, which can be cut.
/// </summary>
public sealed class Cluster : IAsyncLifetime
{
    private readonly ClientHome home = new();
    private readonly List<GranaryServer> nodes = [];
    private readonly List<TcpRelay> databaseWays = [];
    private readonly List<TcpRelay> storeWays = [];

    public FakeNpmSource Source { get; } = new();

    public PostgreSql Postgres { get; private set; } = null!;

    public Ceph Ceph { get; private set; } = null!;

    public IReadOnlyList<GranaryServer> Nodes => nodes;

    /// <summary>By node.</summary>
    public IReadOnlyList<TcpRelay> DatabaseWays => databaseWays;

    /// <summary>By node.</summary>
    public IReadOnlyList<TcpRelay> StoreWays => storeWays;

    /// <summary>The CLI at the first node.</summary>
    public AwsCli Aws => new(nodes[0], home);

    public string Token { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        try
        {
            Postgres = await PostgreSql.StartAsync();
            Ceph = await Ceph.StartAsync();
            var bucket = await Ceph.CreateBucketAsync();
            for (var i = 0; i < 3; i++)
            {
                databaseWays.Add(new TcpRelay(() => Postgres.Port));
                storeWays.Add(new TcpRelay(() => Ceph.Address.Port));
                var settings = new Dictionary<string, string>
                {
                    ["ExternalConnections__public__npmjs"] = Source.Address.ToString(),
                    ["Storage__Kind"] = "s3",
                    ["Storage__S3__Bucket"] = bucket,
                    ["Storage__S3__ServiceUrl"] = $"http://127.0.0.1:{storeWays[i].Port}",
                    ["Storage__S3__AccessKey"] = Ceph.AccessKey,
                    ["Storage__S3__SecretKey"] = Ceph.SecretKey,
                    ["Shutdown__Delay"] = "2s",
                    ["Shutdown__Limit"] = "30s",
                };
                nodes.Add(await GranaryServer.StartAsync(nodes.FirstOrDefault(), settings, "--database", PostgreSql.ConnectionTo(databaseWays[i].Port)));
            }

            Token = await Aws.TokenAsync();
            await Aws.CreateRepositoryAsync("own");
        }
        catch
        {
            // Nobody disposes what did not come to its start.
            await DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }

        foreach (var way in databaseWays.Concat(storeWays))
        {
            await way.DisposeAsync();
        }

        if (Ceph is not null)
        {
            await Ceph.DisposeAsync();
        }

        if (Postgres is not null)
        {
            await Postgres.DisposeAsync();
        }

        await Source.DisposeAsync();
        home.Dispose();
    }
}
