using System.Text;
using Granary.Core;

namespace Granary.Tests.Upstreams;

public sealed class SourceDocumentsBodyTests : SourceDocumentsContext
{
    private const int MiB = 1 << 20;

    [Theory]
    [InlineData("gzip")]
    [InlineData("GZIP")]
    [InlineData("x-gzip")]
    [InlineData("X-Gzip")]
    public async Task Gzip_has_no_case_and_two_names(string coding)
    {
        Source.Says("pear", Answer.Gzip("pear\n1.0"u8.ToArray(), coding));

        Assert.Equal("pear\n1.0", await ReadAsync(await AskAsync("pear")));
    }

    [Theory]
    [InlineData("identity")]
    [InlineData("Identity")]
    public async Task Identity_is_no_coding(string coding)
    {
        Source.Says("pear", Answer.Text("pear\n1.0", ("Content-Encoding", coding)));

        Assert.Equal("pear\n1.0", await ReadAsync(await AskAsync("pear")));
    }

    [Theory]
    [InlineData("br")]
    [InlineData("deflate")]
    [InlineData("gzip, gzip")]
    [InlineData("gzip, identity")]
    public async Task A_coding_that_was_not_asked_for_is_refused(string coding)
    {
        Source.Says("pear", Answer.Gzip("pear\n1.0"u8.ToArray(), coding));

        await RefusedAsync("content encoding that was not asked for");
    }

    [Fact]
    public async Task What_is_no_gzip_is_refused()
    {
        Source.Says("pear", Answer.Text("pear\n1.0", ("Content-Encoding", "gzip")));

        await RefusedAsync("cannot be decompressed");
    }

    [Fact]
    public async Task What_swells_more_than_a_hundredfold_beyond_8_MiB_is_refused_and_leaves_nothing()
    {
        Source.Says("pear", Answer.Gzip(Listing(9 * MiB)));

        await RefusedAsync("larger than");
    }

    [Fact]
    public async Task What_swells_as_much_and_stays_small_is_kept()
    {
        Source.Says("pear", Answer.Gzip(Listing(7 * MiB)));

        Assert.Equal(7 * MiB, (await ReadAsync(await AskAsync("pear")))!.Length);
    }

    [Fact]
    public async Task What_is_large_and_shrinks_as_listings_do_is_kept()
    {
        var plain = Listing(9 * MiB);
        new Random(1).NextBytes(plain.AsSpan(5, MiB / 2));
        Source.Says("pear", Answer.Gzip(plain));

        Assert.Equal(Encoding.Latin1.GetString(plain), await ReadAsync(await AskAsync("pear")));
    }

    [Fact]
    public async Task More_than_64_MiB_is_refused_whatever_it_shrinks_to()
    {
        var plain = Listing(65 * MiB);
        new Random(1).NextBytes(plain.AsSpan(5, MiB));
        Source.Says("pear", Answer.Gzip(plain));

        await RefusedAsync("larger than");
    }

    private static byte[] Listing(int size)
    {
        var bytes = new byte[size];
        "pear\n"u8.CopyTo(bytes);
        return bytes;
    }

    private async Task RefusedAsync(string reason)
    {
        var refusal = await Assert.ThrowsAsync<Refusal>(() => AskAsync("pear"));
        Assert.Equal(RefusalKind.SourceFailed, refusal.Kind);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.Empty(Stored());
    }
}
