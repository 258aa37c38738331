using Granary.Core.Upstreams;
using Granary.Formats;
using Granary.Formats.PyPi;

namespace Granary.Tests.Formats.PyPi;

public sealed class PyPiConnectionsTests : IDisposable
{
    private readonly TestMachine machine = new();

    [Fact]
    public async Task The_variable_comes_first_and_its_user_info_becomes_credentials()
    {
        machine.Set("PIP_INDEX_URL", "https://__token__:a%3Ab@a.test/simple").Install("pip", "echo https://no.test/");
        var found = await Discover();
        TestMachine.AssertFound(found, "https://a.test/simple/", new SourceCredentials("__token__", "a:b", null));
        Assert.DoesNotContain("a:b", found.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Then_pip_itself()
    {
        machine.Install("pip3", "[ \"$*\" = 'config get global.index-url --disable-pip-version-check' ] && echo https://a.test/simple/")
            .Write("home/.pip/pip.conf", "[global]\nindex-url=https://no.test/");
        TestMachine.AssertFound(await Discover(), "https://a.test/simple/");
    }

    [Theory]
    [InlineData("home/.config/pip/pip.conf", "[global]\nindex-url = https://a.test/simple\n")]
    [InlineData("home/.pip/pip.conf", "[install]\nindex-url = https://no.test\n[global]\n# index-url=x\ntimeout: 3\nindex_url: https://a.test/simple\n")]
    [InlineData("etc/pip.conf", "[global]\nindex-url=https://a.test/simple")]
    public async Task Then_its_files(string path, string text)
    {
        machine.Write(path, text);
        TestMachine.AssertFound(await Discover(), "https://a.test/simple/");
    }

    [Fact]
    public async Task Heeds_the_variable_that_turns_files_off()
    {
        machine.Set("PIP_CONFIG_FILE", "/dev/null").Write("home/.pip/pip.conf", "[global]\nindex-url=https://no.test/");
        TestMachine.AssertAbsent(await Discover(), "no index-url");
    }

    [Theory]
    [InlineData("ftp://a.test/")]
    [InlineData("a.test/simple")]
    [InlineData("https://a.test/simple?token=s3cret")]
    public async Task An_address_that_cannot_be_used_is_none_and_is_not_repeated(string address)
    {
        machine.Set("PIP_INDEX_URL", address);
        var found = await Discover();
        TestMachine.AssertAbsent(found, "PIP_INDEX_URL gives an address that cannot be used");
        Assert.DoesNotContain("s3cret", found.Why, StringComparison.Ordinal);
    }

    public void Dispose() => machine.Dispose();

    private Task<Discovery> Discover() => machine.DiscoverAsync(PyPiConnections.All, "public:pypi");
}
