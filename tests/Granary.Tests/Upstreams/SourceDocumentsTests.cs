using Granary.Core;

namespace Granary.Tests.Upstreams;

public sealed class SourceDocumentsTests : SourceDocumentsContext
{
    [Fact]
    public async Task A_listing_is_fresh_for_a_minute_and_then_confirmed()
    {
        Source.Lists("pear");
        var first = await AskAsync("pear");

        Pass(59);
        Assert.Equal(first, await AskAsync("pear"));
        Assert.Equal(1, Source.Count("pear"));

        Pass(1);
        var confirmed = await AskAsync("pear");
        Assert.Equal((first.StorageKey, false, 2), (confirmed.StorageKey, confirmed.IsStale, Source.Count("pear")));
        Pass(59);
        await AskAsync("pear");
        Assert.Equal(2, Source.Count("pear"));
    }

    [Fact]
    public async Task Another_content_has_another_key_and_the_former_is_gone()
    {
        Source.Lists("pear", "1.0");
        var first = await AskAsync("pear");
        Source.Lists("pear", "2.0", "\"2\"");
        Pass(60);

        var second = await AskAsync("pear");

        Assert.Equal("pear\n2.0", await ReadAsync(second));
        Assert.Null(await ReadAsync(first));
        Assert.Single(Stored());
    }

    [Fact]
    public async Task A_document_that_another_process_replaced_is_found_again_at_once()
    {
        Source.Says("pear", Answer.Text("pear\n1.0"));
        var first = await AskAsync("pear");
        Source.Says("pear", Answer.Text("pear\n2.0"));
        await AskElsewhereAsync("pear");

        // Still fresh here, and its bytes are gone.
        Assert.Equal(first, await AskAsync("pear"));
        Assert.Null(await ReadAsync(first));

        Assert.Equal("pear\n2.0", await ReadAsync(await AskAsync("pear")));
    }

    [Fact]
    public async Task A_document_that_the_disk_lost_is_fetched_again_and_not_confirmed()
    {
        Source.Lists("pear");
        var lost = await AskAsync("pear");
        File.Delete(Assert.Single(Stored()));
        Assert.Null(await ReadAsync(lost));

        Assert.Equal("pear\n1.0", await ReadAsync(await AskAsync("pear")));
    }

    [Theory]
    [InlineData(404)]
    [InlineData(410)]
    public async Task That_there_is_no_package_is_learnt_from_a_404_or_a_410(int status)
    {
        Source.Says("plum", Answer.Code(status));
        Assert.Null((await AskAsync("plum")).StorageKey);

        Source.Lists("pear");
        await AskAsync("pear");
        Source.Says("pear", Answer.Code(status));
        Pass(60);
        Assert.Null((await AskAsync("pear")).StorageKey);
        Assert.Empty(Stored());
    }

    [Theory]
    [InlineData(204)]
    [InlineData(304)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task It_is_learnt_from_nothing_else(int status)
    {
        Source.Says("plum", Answer.Code(status));
        Assert.Equal(RefusalKind.SourceFailed, (await Assert.ThrowsAsync<Refusal>(() => AskAsync("plum"))).Kind);

        Source.Says("pear", Answer.Text("pear\n1.0"));
        var first = await AskAsync("pear");
        Pass(60);
        Source.Says("pear", Answer.Code(status));
        var now = await AskAsync("pear");
        Assert.Equal((first.StorageKey, status != 304), (now.StorageKey, now.IsStale));
        Assert.Equal("pear\n1.0", await ReadAsync(now));
    }

    [Fact]
    public async Task Many_who_ask_at_once_are_one_request()
    {
        Source.Lists("pear");

        var all = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => AskAsync("pear")));

        Assert.Single(all.Select(l => l.StorageKey).Distinct());
        Assert.Equal(1, Source.Count("pear"));
    }
}
