using Granary.Core.Upstreams;
using Granary.Formats;
using Granary.Formats.Cargo;

namespace Granary.Tests.Formats.Cargo;

public sealed class CargoConnectionsTests : IDisposable
{
    private readonly TestMachine machine = new();

    [Fact]
    public async Task Follows_the_replacement_of_the_public_index()
    {
        machine.Write("home/.cargo/config.toml", """
            [source.crates-io]
            replace-with = "first"
            [source]
            first = { replace-with = "my-mirror" }
            [source."my-mirror"]
            registry = "sparse+https://a.test/index/"
            """).Write("home/.cargo/credentials.toml", "[registries.my-mirror]\ntoken = \"s3cret\"\n");
        TestMachine.AssertFound(await Discover(), "https://a.test/index/", new SourceCredentials(null, null, "s3cret"));
    }

    [Fact]
    public async Task Takes_a_registry_that_is_named_as_the_replacement_and_its_variables()
    {
        machine.Set("CARGO_HOME", Path.Combine(machine.Home, "elsewhere")).Set("CARGO_REGISTRIES_MY_MIRROR_TOKEN", "t")
            .Write("home/elsewhere/config", "source.crates-io.replace-with = 'my-mirror'\nregistries.my-mirror.index = 'sparse+https://a.test/index'\n");
        TestMachine.AssertFound(await Discover(), "https://a.test/index/", new SourceCredentials(null, null, "t"));
        machine.Set("CARGO_REGISTRIES_MY_MIRROR_INDEX", "sparse+https://b.test/");
        TestMachine.AssertFound(await Discover(), "https://b.test/", new SourceCredentials(null, null, "t"));
    }

    [Theory]
    [InlineData("[net]\noffline = true\n", "does not replace")]
    [InlineData("[source.crates-io]\nreplace-with = 'v'\n[source.v]\ndirectory = '/vendor'\n", "not a sparse registry")]
    [InlineData("[source.crates-io]\nreplace-with = 'g'\n[source.g]\nregistry = 'https://a.test/git'\n", "not a sparse registry")]
    [InlineData("[source.crates-io]\nreplace-with = 'b'\n[source.b]\nreplace-with = 'crates-io'\n", "does not replace")]
    [InlineData("[source.crates-io\nreplace-with", "is not valid TOML")]
    [InlineData("source = 7", "does not replace")]
    public async Task Says_why_there_is_none(string text, string why)
    {
        machine.Write("home/.cargo/config.toml", text);
        TestMachine.AssertAbsent(await Discover(), why);
    }

    [Fact]
    public async Task No_file_is_none() => TestMachine.AssertAbsent(await Discover(), "no config.toml");

    public void Dispose() => machine.Dispose();

    private Task<Discovery> Discover() => machine.DiscoverAsync(CargoConnections.All, "public:crates-io");
}
