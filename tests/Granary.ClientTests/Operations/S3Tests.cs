using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Operations;

/// <summary>A node without anything of its own: rows in PostgreSQL, bytes in an object store.</summary>
public sealed class S3Tests : ObjectStoreContract
{
    private PostgreSql? postgres;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (postgres is not null)
        {
            await postgres.DisposeAsync();
        }
    }

    protected override Task<ITestStore> StartStoreAsync() => CephStore.StartAsync();

    protected override async Task<string[]> ArgumentsAsync()
    {
        postgres = await PostgreSql.StartAsync();
        return ["--database", postgres.ConnectionString];
    }
}
