using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Operations;

/// <summary>Rows in SQLite, bytes in Azure Blob Storage.</summary>
public sealed class AzureTests : ObjectStoreContract
{
    protected override Task<ITestStore> StartStoreAsync() => AzuriteStore.StartAsync();
}
