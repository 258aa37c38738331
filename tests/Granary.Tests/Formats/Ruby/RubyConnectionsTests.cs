using Granary.Core.Upstreams;
using Granary.Formats;
using Granary.Formats.Ruby;

namespace Granary.Tests.Formats.Ruby;

public sealed class RubyConnectionsTests : IDisposable
{
    private readonly TestMachine machine = new();

    [Fact]
    public async Task Takes_the_first_source_that_gem_lists()
    {
        machine.Install("gem", "echo '*** CURRENT SOURCES ***'; echo; echo https://u:p@a.test; echo https://b.test/");
        TestMachine.AssertFound(await Discover(), "https://a.test/", new SourceCredentials("u", "p", null));
    }

    [Theory]
    [InlineData("home/.gemrc")]
    [InlineData("etc/gemrc")]
    public async Task Reads_gemrc_where_gem_is_not_installed(string path)
    {
        machine.Write(path, "---\n:backtrace: false\n:sources:\n- https://a.test/\n- https://b.test/\n:update_sources: true\n");
        TestMachine.AssertFound(await Discover(), "https://a.test/");
    }

    [Theory]
    [InlineData(":update_sources: true\n- https://no.test/\n")]
    [InlineData(":sources: []\n- https://no.test/\n")]
    [InlineData("\0\u0001 no text at all")]
    public async Task A_file_without_sources_is_none(string text)
    {
        machine.Write("home/.gemrc", text);
        TestMachine.AssertAbsent(await Discover(), "no .gemrc names a source");
    }

    public void Dispose() => machine.Dispose();

    private Task<Discovery> Discover() => machine.DiscoverAsync(RubyConnections.All, "public:ruby-gems-org");
}
