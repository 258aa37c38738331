using System.Net;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Upstreams;

/// <summary>UP-5 and UP-6: neither a client's headers nor the source's reach the next client.</summary>
public sealed class PoisoningTests(SharedServer shared)
{
    [Fact]
    public async Task Headers_of_one_client_do_not_change_the_listing_of_the_next()
    {
        var name = SharedServer.Fresh("poison");
        shared.Source.Add(name);
        using var request = shared.Request(HttpMethod.Get, name + "?x=1&write=true");
        foreach (var header in new[] { "X-Forwarded-Host", "X-Original-URL", "X-Rewrite-URL", "Forwarded", "X-Forwarded-Proto", "X-HTTP-Method-Override" })
        {
            request.Headers.TryAddWithoutValidation(header, header == "Forwarded" ? "host=evil.invalid;proto=https" : "evil.invalid");
        }

        var poisoned = await shared.SendAsync(request);
        var next = await shared.GetAsync(name);

        Assert.DoesNotContain("evil.invalid", poisoned.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("evil.invalid", next.Must(HttpStatusCode.OK).Text, StringComparison.Ordinal);
        Assert.All(shared.Source.Requests, sent => Assert.DoesNotContain("x=1", sent.Target, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Headers_of_the_source_are_not_relayed()
    {
        var package = shared.Source.Add(SharedServer.Fresh("relay"));
        var path = package.TarballPath("1.0.0");
        shared.Source.Script(path, exchange => exchange.SendAsync(
            200, "text/html", package.Versions[0].Bytes,
            "Set-Cookie: session=1", "Location: http://evil.invalid/", "Cache-Control: private", "Vary: *", "X-Source: yes", "ETag: \"theirs\""));

        foreach (var _ in new[] { "first", "stored" })
        {
            var tarball = await shared.GetAsync(path[1..]);

            Assert.Equal(package.Versions[0].Bytes, tarball.Must(HttpStatusCode.OK).Body);
            Assert.Equal("application/octet-stream", tarball.ContentHeaders.ContentType!.MediaType);
            Assert.False(tarball.Headers.Contains("Set-Cookie"));
            Assert.False(tarball.Headers.Contains("X-Source"));
            Assert.Null(tarball.Headers.Location);
            Assert.DoesNotContain("*", tarball.Headers.Vary);
            Assert.NotEqual("\"theirs\"", tarball.Headers.ETag?.Tag);
        }
    }

    [Fact]
    public async Task The_token_of_the_client_is_never_sent_to_the_source()
    {
        var package = shared.Source.Add(SharedServer.Fresh("token"));

        (await shared.GetAsync(package.Name)).Must(HttpStatusCode.OK);
        (await shared.GetAsync(package.TarballPath("1.0.0")[1..])).Must(HttpStatusCode.OK);

        Assert.All(shared.Source.Requests, request => Assert.False(request.Headers.ContainsKey("Authorization")));
        Assert.All(shared.Source.Requests, request => Assert.False(request.Headers.ContainsKey("Cookie")));
    }
}
