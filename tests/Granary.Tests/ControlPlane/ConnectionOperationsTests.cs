using Granary.Formats;

namespace Granary.Tests.ControlPlane;

public sealed class ConnectionOperationsTests
{
    private const string Target = "/v1/repository/external-connection?domain=tools&repository=shop&external-connection=";

    [Fact]
    public async Task Associates_one_connection_and_takes_it_away_again()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        var associated = (await host.PostAsync(Target + "public:npmjs")).Ok();
        Assert.Equal(
            """[{"externalConnectionName":"public:npmjs","packageFormat":"npm","status":"AVAILABLE"}]""",
            associated.At("repository", "externalConnections")!.ToJsonString());
        Assert.Equal(associated.Body.ToJsonString(), (await host.GetAsync("/v1/repository?domain=tools&repository=shop")).Ok().Body.ToJsonString());
        Assert.Equal("public:npmjs", (await host.FindAsync("tools", "shop")).Repository.ExternalConnection);

        (await host.PostAsync(Target + "public:npmjs")).Is(409, "ConflictException").IsAbout("repository", "shop");
        Assert.Equal("[]", (await host.DeleteAsync(Target + "public:npmjs")).Ok().At("repository", "externalConnections")!.ToJsonString());
        (await host.DeleteAsync(Target + "public:npmjs")).Is(404, "ResourceNotFoundException").IsAbout("repository", "shop");
    }

    [Fact]
    public async Task Refuses_a_second_connection_as_a_quota()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        var names = PackageFormats.All.SelectMany(f => f.Connections).Select(c => c.Name).ToList();
        var (domain, repository) = await host.FindAsync("tools", "shop");
        await host.Service<Granary.Core.Repositories.RepositoryStore>().ConnectAsync(repository, "public:another", "arn:test", TestContext.Current.CancellationToken);
        (await host.PostAsync(Target + names[0])).Is(402, "ServiceQuotaExceededException").IsAbout("repository", "shop");
        Assert.Equal(domain.Id, repository.DomainId);
    }

    [Theory]
    [InlineData("public:unknown")]
    [InlineData("npmjs")]
    [InlineData("x")]
    public async Task Refuses_names_that_no_format_has_and_says_which_there_are(string name)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        var refused = (await host.PostAsync(Target + name)).IsInvalid();
        Assert.True(name.Length < 2 || refused.Message.Contains("public:npmjs", StringComparison.Ordinal));
    }
}
