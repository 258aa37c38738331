using Granary.Server.ControlPlane;

namespace Granary.Tests.ControlPlane;

public sealed class PageTokensTests
{
    [Fact]
    public void No_token_begins_as_an_option_of_a_command_line_does()
    {
        var tokens = new PageTokens(new byte[32]);
        var binding = PageTokens.Bind("ListPackages", "123456789012", []);

        // One in sixty-four would, were it the bare base64url.
        Assert.All(Enumerable.Range(0, 1000), row =>
        {
            var token = tokens.Seal(binding, [$"{row}"]);
            Assert.True(char.IsAsciiLetterOrDigit(token[0]), token);
            Assert.Equal([$"{row}"], tokens.Open(binding, token));
        });
    }
}
