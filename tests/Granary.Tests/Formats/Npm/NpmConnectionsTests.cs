using System.Diagnostics;
using Granary.Core.Upstreams;
using Granary.Formats;
using Granary.Formats.Npm;

namespace Granary.Tests.Formats.Npm;

public sealed class NpmConnectionsTests : IDisposable
{
    private readonly TestMachine machine = new();

    [Fact]
    public async Task Takes_what_npm_answers_and_the_token_that_belongs_to_it()
    {
        machine.Install("npm", "[ \"$1 $2 $3\" = 'config get registry' ] && echo https://a.test/npm")
            .Set("NPM_TOKEN", "s3cret")
            .Write("home/.npmrc", "//b.test/:_authToken=other\n//a.test/:_authToken=${NPM_TOKEN}\n");
        TestMachine.AssertFound(await Discover(), "https://a.test/npm/", new SourceCredentials(null, null, "s3cret"));
    }

    [Fact]
    public async Task Asks_the_npm_of_this_machine()
    {
        machine.Set("PATH", Environment.GetEnvironmentVariable("PATH")!).Write("home/.npmrc", "registry=https://real.test/\n");
        machine.ToolTimeout = TimeSpan.FromMinutes(1);
        var found = await Discover();
        TestMachine.AssertFound(found, "https://real.test/");
        Assert.Equal("npm config get registry", found.Why);
    }

    [Fact]
    public async Task Reads_npmrc_where_npm_is_not_installed()
    {
        machine.Write("home/.npmrc", "; registry=https://no.test\nregistry = \"https://u:p%40ss@a.test/x/\"\n");
        TestMachine.AssertFound(await Discover(), "https://a.test/x/", new SourceCredentials("u", "p@ss", null));
    }

    [Fact]
    public async Task Prefers_the_variable_to_the_files_and_decodes_a_password()
    {
        machine.Set("NPM_CONFIG_REGISTRY", "http://a.test:4873/")
            .Set("NPM_CONFIG_USERCONFIG", Path.Combine(machine.Home, "own"))
            .Write("home/own", "registry=https://no.test/\n//a.test:4873/:username=u\n//a.test:4873/:_password=cDpA\n");
        TestMachine.AssertFound(await Discover(), "http://a.test:4873/", new SourceCredentials("u", "p:@", null));
    }

    [Fact]
    public async Task Gives_a_client_up_that_does_not_answer()
    {
        machine.Install("npm", "exec sleep 60").Set("PATH", machine.Build().Variable("PATH") + ":/usr/bin:/bin");
        machine.ToolTimeout = TimeSpan.FromMilliseconds(200);
        var watch = Stopwatch.StartNew();
        TestMachine.AssertAbsent(await Discover(), "npm did not answer");
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30));
    }

    [Theory]
    [InlineData("exit 1")]
    [InlineData("echo undefined")]
    [InlineData("echo")]
    public async Task Says_that_there_is_none_where_npm_fails(string script)
    {
        machine.Install("npm", script);
        TestMachine.AssertAbsent(await Discover(), "no .npmrc names a registry");
    }

    public void Dispose() => machine.Dispose();

    private Task<Discovery> Discover() => machine.DiscoverAsync(NpmConnections.All, "public:npmjs");
}
