using System.Net;
using System.Text;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Upstreams;

/// <summary>How a source may encode a packument, and how little it may hide much in.</summary>
public sealed class ContentCodingTests(SharedServer shared)
{
    [Theory]
    [InlineData("GZIP")]
    [InlineData("X-Gzip")]
    [InlineData("identity")]
    [InlineData("Identity")]
    public async Task Is_understood_in_any_case(string coding)
    {
        var package = new FakePackage(SharedServer.Fresh("coded")).With("1.0.0");
        var plain = Encoding.UTF8.GetBytes(package.Packument(shared.Source.Address, abbreviated: false).ToJsonString());
        var body = coding.Contains("gzip", StringComparison.OrdinalIgnoreCase) ? FakeExchange.Gzip(plain) : plain;
        shared.Source.Script("/" + package.Name, exchange => exchange.SendAsync(200, "application/json", body, $"Content-Encoding: {coding}"));

        Assert.Single((await shared.PackumentAsync(package.Name))["versions"]!.AsObject());
    }

    // Both inflate more than a hundredfold; what is small anyway does no harm.
    [Theory]
    [InlineData(7, HttpStatusCode.OK)]
    [InlineData(48, HttpStatusCode.BadGateway)]
    public async Task That_inflates_a_hundredfold_is_refused_beyond_eight_megabytes(int megabytes, HttpStatusCode status)
    {
        var package = new FakePackage(SharedServer.Fresh("bomb")).With("1.0.0");
        var plain = package.Packument(shared.Source.Address, abbreviated: false).ToJsonString();
        var body = FakeExchange.Gzip(Encoding.UTF8.GetBytes(plain.Insert(1, new string(' ', megabytes << 20))));
        Assert.True(body.Length * 100 < megabytes << 20, "it does not inflate a hundredfold");
        shared.Source.Script("/" + package.Name, exchange => exchange.SendAsync(200, "application/json", body, "Content-Encoding: gzip"));
        var started = TimeProvider.System.GetTimestamp();

        (await shared.GetAsync(package.Name)).Must(status);

        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(5), "too slow to refuse");
    }
}
