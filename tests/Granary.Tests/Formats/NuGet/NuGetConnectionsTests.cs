using Granary.Core.Upstreams;
using Granary.Formats;
using Granary.Formats.NuGet;

namespace Granary.Tests.Formats.NuGet;

public sealed class NuGetConnectionsTests : IDisposable
{
    private readonly TestMachine machine = new();

    [Fact]
    public async Task Takes_the_first_enabled_source_of_version_3_over_https_with_its_credentials()
    {
        machine.Write("home/.nuget/NuGet/NuGet.Config", """
            <configuration>
              <packageSources>
                <clear />
                <add key="folder" value="/srv/packages" />
                <add key="plain" value="http://plain.test/v3/index.json" allowInsecureConnections="true" />
                <add key="old" value="https://old.test/api/v2" />
                <add key="off" value="https://off.test/v3/index.json" />
                <add key="one" value="https://one.test/v3/index.json" protocolVersion="3" />
                <add key="two" value="https://two.test/v3/index.json" />
              </packageSources>
              <disabledPackageSources><add key="off" value="true" /></disabledPackageSources>
              <packageSourceCredentials>
                <one><add key="Username" value="u" /><add key="ClearTextPassword" value="p" /></one>
              </packageSourceCredentials>
            </configuration>
            """);
        var found = await Discover();
        TestMachine.AssertFound(found, "https://one.test/v3/index.json", new SourceCredentials("u", "p", null));
        Assert.Contains("source one", found.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tries_a_source_without_a_password_that_cannot_be_decrypted()
    {
        machine.Write("etc/opt/NuGet/Config/company.config", """
            <configuration>
              <packageSources><add key="one" value="https://one.test/v3/index.json" /></packageSources>
              <packageSourceCredentials><one><add key="Username" value="u" /><add key="Password" value="AQAAANCMnd8=" /></one></packageSourceCredentials>
            </configuration>
            """);
        TestMachine.AssertFound(await Discover(), "https://one.test/v3/index.json");
    }

    [Fact]
    public async Task Without_any_settings_it_is_what_the_client_would_use()
    {
        var found = await Discover();
        Assert.Equal(Uri.UriSchemeHttps, found.Address?.Scheme);
        Assert.Contains("NuGet's default", found.Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<configuration><packageSources>", "NuGet cannot read")]
    [InlineData("", "NuGet cannot read")]
    [InlineData("<configuration><packageSources><clear /></packageSources></configuration>", "No enabled V3 source over https")]
    public async Task Settings_without_a_usable_source_are_none(string text, string why)
    {
        machine.Write("home/.nuget/NuGet/NuGet.Config", text);
        TestMachine.AssertAbsent(await Discover(), why);
    }

    public void Dispose() => machine.Dispose();

    private Task<Discovery> Discover() => machine.DiscoverAsync(NuGetConnections.All, "public:nuget-org");
}
