using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Npm;

/// <summary>What clients rely on in a packument and a tarball beyond their content.</summary>
public sealed class ListingTests(SharedServer shared)
{
    private const string Abbreviated = "application/vnd.npm.install-v1+json";

    [Fact]
    public async Task Both_forms_carry_the_time_of_each_version()
    {
        var name = SharedServer.Fresh("times");
        shared.Source.Add(name, "1.0.0", "1.1.0");

        var full = await shared.PackumentAsync(name);
        var answer = await shared.GetAsync(name, Abbreviated);
        var small = answer.Json;

        Assert.Equal("2020-01-02T00:00:00.000Z", full["time"]!["1.0.0"]!.GetValue<string>());
        Assert.Equal("2020-01-03T00:00:00.000Z", small["time"]!["1.1.0"]!.GetValue<string>());
        Assert.Equal(Abbreviated, answer.ContentHeaders.ContentType!.MediaType);
        Assert.Null(small["readme"]);
    }

    [Fact]
    public async Task A_packument_that_the_client_has_is_304_and_gzip_is_the_same_document()
    {
        var name = SharedServer.Fresh("etag");
        shared.Source.Add(name);
        var plain = await shared.GetAsync(name);
        Assert.NotNull(plain.Headers.ETag);

        using var again = shared.Request(HttpMethod.Get, name);
        again.Headers.IfNoneMatch.Add(plain.Headers.ETag);
        var unchanged = await shared.SendAsync(again);
        using var zipped = shared.Request(HttpMethod.Get, name);
        zipped.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        var compressed = await shared.SendAsync(zipped);

        Assert.Equal(HttpStatusCode.NotModified, unchanged.Status);
        Assert.Contains("gzip", compressed.ContentHeaders.ContentEncoding);
        Assert.Contains("Accept-Encoding", compressed.Headers.Vary);
        Assert.Equal(plain.Body, Unzip(compressed.Body));
    }

    [Fact]
    public async Task HEAD_says_what_GET_says_without_the_body()
    {
        var name = SharedServer.Fresh("head");
        var package = shared.Source.Add(name);
        Assert.Equal(HttpStatusCode.OK, await shared.StatusAsync(package.TarballPath("1.0.0")[1..]));

        foreach (var path in new[] { name, package.TarballPath("1.0.0")[1..] })
        {
            var get = await shared.GetAsync(path);
            using var request = shared.Request(HttpMethod.Head, path);
            var head = await shared.SendAsync(request);

            head.Must(HttpStatusCode.OK);
            Assert.Equal(get.Body.Length, head.ContentHeaders.ContentLength);
            Assert.Equal(get.Headers.ETag, head.Headers.ETag);
            Assert.Empty(head.Body);
        }
    }

    // HT-5: overflow and several ranges are answered whole, an unknown unit is ignored, what lies beyond the end is 416.
    [Theory]
    [InlineData("bytes=0-9", 206, 10)]
    [InlineData("bytes=-10", 206, 10)]
    [InlineData("bytes=5-", 206, -5)]
    [InlineData("items=0-1", 200, 0)]
    [InlineData("bytes=99999999999999999999-", 0, 0)]
    [InlineData("bytes=9000000000-9000000001", 416, 0)]
    [InlineData("bytes=0-1,4-5,8-9", 200, 0)]
    [InlineData("bytes=9-1", 200, 0)]
    [InlineData("bytes=", 200, 0)]
    public async Task A_range_is_served_or_ignored_but_never_misread(string range, int status, int length)
    {
        var package = shared.Source.Add(SharedServer.Fresh("range"));
        var bytes = package.Versions[0].Bytes;
        Assert.Equal(HttpStatusCode.OK, await shared.StatusAsync(package.TarballPath("1.0.0")[1..]));

        using var request = shared.Request(HttpMethod.Get, package.TarballPath("1.0.0")[1..]);
        request.Headers.TryAddWithoutValidation("Range", range);
        var answer = await shared.SendAsync(request);

        Assert.True(status == 0 ? (int)answer.Status is 200 or 416 : (int)answer.Status == status, $"{answer.Status} for {range}");
        if (answer.Status == HttpStatusCode.PartialContent)
        {
            var expected = length < 0 ? bytes[-length..] : range.Contains("=-", StringComparison.Ordinal) ? bytes[^length..] : bytes[..length];
            Assert.Equal(expected, answer.Body);
        }
        else if (answer.Status == HttpStatusCode.OK)
        {
            Assert.Equal(bytes, answer.Body);
        }
    }

    // RFC 9110, 14.2: a range is for GET.
    [Fact]
    public async Task A_range_means_nothing_to_HEAD()
    {
        var package = shared.Source.Add(SharedServer.Fresh("headrange"));
        var path = package.TarballPath("1.0.0")[1..];
        Assert.Equal(HttpStatusCode.OK, await shared.StatusAsync(path));

        using var request = shared.Request(HttpMethod.Head, path);
        request.Headers.TryAddWithoutValidation("Range", "bytes=0-1");
        var head = (await shared.SendAsync(request)).Must(HttpStatusCode.OK);

        Assert.Equal(package.Versions[0].Bytes.Length, head.ContentHeaders.ContentLength);
        Assert.Null(head.ContentHeaders.ContentRange);
    }

    [Theory]
    [InlineData("gzip;q=0", false)]
    [InlineData("identity, gzip; q=0.0", false)]
    [InlineData("gzip;q=0.5", true)]
    [InlineData("GZIP", true)]
    public async Task A_packument_is_compressed_for_whom_gzip_has_any_weight(string codings, bool compressed)
    {
        var name = SharedServer.Fresh("weight");
        shared.Source.Add(name);

        using var request = shared.Request(HttpMethod.Get, name);
        request.Headers.TryAddWithoutValidation("Accept-Encoding", codings);
        var answer = (await shared.SendAsync(request)).Must(HttpStatusCode.OK);

        Assert.Equal(compressed ? ["gzip"] : [], answer.ContentHeaders.ContentEncoding);
    }

    private static byte[] Unzip(byte[] bytes)
    {
        using var stream = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        using var unzipped = new MemoryStream();
        stream.CopyTo(unzipped);
        return unzipped.ToArray();
    }
}
