[assembly: AssemblyFixture(typeof(Granary.Tests.SharedCeph))]

namespace Granary.Tests;

/// <summary>One object store for the whole run, started by the first test that asks and ended after the last.</summary>
public sealed class SharedCeph : IAsyncDisposable
{
    private static readonly Lazy<Task<Ceph>> Store = new(Ceph.StartAsync);

    public static Task<Ceph> GetAsync() => Store.Value;

    public async ValueTask DisposeAsync()
    {
        if (Store.IsValueCreated)
        {
            await (await Store.Value).DisposeAsync();
        }
    }
}
