using Granary.Server.GranaryApi;
using Granary.Tests.ControlPlane;

namespace Granary.Tests.GranaryApi;

/// <summary>
/// The description of Granary's own API is generated from its routes, and docs/openapi.json is what it was when somebody last looked at a
/// change of it: <c>curl -s http://localhost:8080/granary/v1/openapi.json > docs/openapi.json</c>.
/// </summary>
public sealed class OpenApiTests
{
    private static readonly HttpClient Http = new();

    [Fact]
    public async Task The_committed_description_is_the_server_s_own()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var served = await Http.GetStringAsync(new Uri(host.Address, GranaryRoutes.Description), TestContext.Current.CancellationToken);

        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(DependencyRuleTests.Root(), "docs", "openapi.json"), TestContext.Current.CancellationToken), served);
    }
}
