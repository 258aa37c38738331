[assembly: AssemblyFixture(typeof(Granary.Tests.SharedAzurite))]

namespace Granary.Tests;

/// <summary>One emulator of Azure's Blob Storage for the whole run, started by the first test that asks and ended after the last.</summary>
public sealed class SharedAzurite : IAsyncDisposable
{
    private static readonly Lazy<Task<Azurite>> Store = new(Azurite.StartAsync);

    public static Task<Azurite> GetAsync() => Store.Value;

    public async ValueTask DisposeAsync()
    {
        if (Store.IsValueCreated)
        {
            await (await Store.Value).DisposeAsync();
        }
    }
}
