using System.Globalization;

namespace Granary.Tests.Upstreams;

/// <summary>What is listed already is served while the source fails; how long the source is left alone depends on how it fails.</summary>
public sealed class SourceDocumentsFailureTests : SourceDocumentsContext
{
    public static TheoryData<string, int, string> Useless => new()
    {
        { "forbidden", 403, "" },
        { "HTML", 200, "<!DOCTYPE html>\n<title>Sign in</title>" },
        { "another name", 200, "plum\n1.0" },
        { "failed", 500, "" },
    };

    [Theory]
    [MemberData(nameof(Useless))]
    public async Task An_answer_of_no_use_is_about_its_own_package_alone(string what, int status, string body)
    {
        var first = await ListAsync("pear", "plum");
        Source.Says("pear", Answer.Text(body) with { Status = status });
        Source.Lists("plum", "2.0", "\"2\"");

        var pear = await AskAsync("pear");
        var plum = await AskAsync("plum");

        Assert.Equal((first, true), (pear.StorageKey, pear.IsStale));
        Assert.False(plum.IsStale, what);
        Assert.Equal("plum\n2.0", await ReadAsync(plum));

        // The package itself is let be for 15 s.
        Pass(14);
        Assert.True((await AskAsync("pear")).IsStale);
        Assert.Equal(2, Source.Count("pear"));
        Source.Lists("pear");
        Pass(1);
        Assert.False((await AskAsync("pear")).IsStale);
    }

    [Fact]
    public async Task A_source_that_cannot_be_connected_to_is_left_alone_for_all_its_packages_for_15_seconds()
    {
        var first = await ListAsync("pear", "plum");

        var pear = await AskNobodyAsync("pear");
        var plum = await AskAsync("plum");
        Pass(14);
        Assert.True((await AskAsync("plum")).IsStale);

        Assert.Equal((first, true, true), (pear.StorageKey, pear.IsStale, plum.IsStale));
        Assert.Equal((1, 1), (Source.Count("pear"), Source.Count("plum")));
        Pass(1);
        Assert.False((await AskAsync("plum")).IsStale);
        Assert.False((await AskAsync("pear")).IsStale);
    }

    [Fact]
    public async Task A_source_that_is_slow_to_confirm_keeps_one_client_for_3_seconds_and_nobody_else()
    {
        var first = await ListAsync("pear", "plum");
        var answer = new TaskCompletionSource<Answer>(TaskCreationOptions.RunContinuationsAsynchronously);
        Source.Does("pear", _ => answer.Task);

        var waiting = AskAsync("pear");
        Pass(2.9);
        Assert.False(waiting.IsCompleted);
        Pass(0.1);
        var pear = await waiting;

        Assert.Equal((first, true), (pear.StorageKey, pear.IsStale));
        Assert.True((await AskAsync("plum")).IsStale);
        answer.SetResult(Answer.Code(304));
    }

    [Theory]
    [InlineData(429, "60", 60)]
    [InlineData(503, "60", 60)]
    [InlineData(429, "3600", 300)]
    [InlineData(429, "0", 1)]
    [InlineData(503, null, 15)]
    [InlineData(429, "soon", 15)]
    public async Task A_source_that_asks_for_time_gets_it_within_reason(int status, string? retryAfter, int seconds)
    {
        await ListAsync("pear", "plum");
        Source.Says("pear", Answer.Code(status, retryAfter is null ? [] : [("Retry-After", retryAfter)]));
        Assert.True((await AskAsync("pear")).IsStale);

        Pass(seconds - 0.5);
        Assert.True((await AskAsync("plum")).IsStale);
        Assert.Equal(1, Source.Count("plum"));

        Pass(0.5);
        Assert.False((await AskAsync("plum")).IsStale);
        Assert.Equal(2, Source.Count("plum"));
    }

    [Fact]
    public async Task It_may_name_the_time_as_a_date()
    {
        await ListAsync("pear", "plum");
        var until = Clock.GetUtcNow().AddSeconds(90).ToString("R", CultureInfo.InvariantCulture);
        Source.Says("pear", Answer.Code(503, ("Retry-After", until)));
        await AskAsync("pear");

        Pass(89);
        Assert.True((await AskAsync("plum")).IsStale);
        Pass(1);
        Assert.False((await AskAsync("plum")).IsStale);
    }

    [Fact]
    public async Task A_package_that_was_never_listed_is_asked_for_whatever_the_source_wants()
    {
        await ListAsync("pear");
        Source.Says("pear", Answer.Code(429, ("Retry-After", "60")));
        await AskAsync("pear");
        Source.Lists("fig");

        Assert.Equal("fig\n1.0", await ReadAsync(await AskAsync("fig")));
    }

    /// <summary>Has the packages listed and lets the minute pass; answers the first one's storage key.</summary>
    private async Task<string?> ListAsync(params string[] packages)
    {
        string? first = null;
        foreach (var package in packages)
        {
            Source.Lists(package);
            var listing = await AskAsync(package);
            first ??= listing.StorageKey;
        }

        Pass(60);
        return first;
    }
}
