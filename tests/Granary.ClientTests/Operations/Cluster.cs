using Granary.ClientTests.Harness;
using Granary.Tests;

namespace Granary.ClientTests.Operations;

/// <summary>Three nodes, their database, their object store, and the public source that they are connected to. The repository <c>own</c> takes from nobody.</summary>
public sealed class Cluster : IAsyncLifetime
{
    private readonly ClientHome home = new();
    private readonly List<GranaryServer> nodes = [];

    public FakeNpmSource Source { get; } = new();

    public PostgreSql Postgres { get; private set; } = null!;

    public Ceph Ceph { get; private set; } = null!;

    public IReadOnlyList<GranaryServer> Nodes => nodes;

    /// <summary>The CLI at the first node.</summary>
    public AwsCli Aws => new(nodes[0], home);

    public string Token { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        try
        {
            Postgres = await PostgreSql.StartAsync();
            Ceph = await Ceph.StartAsync();
            var settings = new Dictionary<string, string>
            {
                ["ExternalConnections__public__npmjs"] = Source.Address.ToString(),
                ["Storage__Kind"] = "s3",
                ["Storage__S3__Bucket"] = await Ceph.CreateBucketAsync(),
                ["Storage__S3__ServiceUrl"] = Ceph.Address.ToString(),
                ["Storage__S3__AccessKey"] = Ceph.AccessKey,
                ["Storage__S3__SecretKey"] = Ceph.SecretKey,
            };
            for (var i = 0; i < 3; i++)
            {
                nodes.Add(await GranaryServer.StartAsync(nodes.FirstOrDefault(), settings, "--database", Postgres.ConnectionString));
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
