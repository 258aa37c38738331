using Granary.Core.Assets;
using Granary.Core.Assets.AzureBlobs;
using Microsoft.AspNetCore.Http;

namespace Granary.Tests.Assets;

public sealed class AzureFaultTests : StoreFaultContract
{
    private string container = "";

    private protected override StoreFault Full => new(507, "InsufficientStorage");

    private protected override StoreFault Gone => new(404, "ContainerNotFound");

    protected override async Task<Uri> StartStoreAsync()
    {
        var azurite = await SharedAzurite.GetAsync();
        container = await azurite.CreateContainerAsync();
        return azurite.Address;
    }

    protected override IAssetStorage On(Uri address) => new AzureAssetStorage(
        new()
        {
            Container = container,
            ServiceUrl = address,
            AccountName = Azurite.AccountName,
            AccountKey = Azurite.AccountKey,
            Patience = Impatient,
        },
        Incoming,
        TimeProvider.System);

    protected override string KindOf(HttpRequest request) => request.Query["comp"].ToString() switch
    {
        "blocklist" when HttpMethods.IsPut(request.Method) => Last,
        var part => $"{request.Method} {part}",
    };
}
