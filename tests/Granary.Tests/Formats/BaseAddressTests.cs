using System.Net;
using Granary.Core;
using Granary.Formats;
using Microsoft.AspNetCore.Http;

namespace Granary.Tests.Formats;

public sealed class BaseAddressTests
{
    [Theory]
    [InlineData("localhost:8080", "http://localhost:8080")]
    [InlineData("LOCALHOST", "http://localhost")]
    [InlineData("127.0.0.1:1", "http://127.0.0.1:1")]
    [InlineData("[::1]:8080", "http://[::1]:8080")]
    [InlineData("my-domain-123456789012.d.localhost:8080", "http://my-domain-123456789012.d.localhost:8080")]
    [InlineData("packages.example", "http://packages.example")]
    [InlineData("a.b.corp.example:81", "http://a.b.corp.example:81")]
    [InlineData("10.1.2.3:8080", "http://10.1.2.3:8080")]
    public void Takes_hosts_that_are_this_servers(string host, string expected) =>
        Assert.Equal(expected, new BaseAddress(null, ["packages.example", "*.corp.example"]).Of(Request(host)));

    [Theory]
    [InlineData("evil.example")]
    [InlineData("localhost.evil.example")]
    [InlineData("notlocalhost")]
    [InlineData("corp.example")]
    [InlineData(".corp.example")]
    [InlineData("evilcorp.example")]
    [InlineData("a/b.corp.example")]
    [InlineData("packages.example:8080@evil.example")]
    [InlineData("10.1.2.4")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("")]
    public void Refuses_hosts_that_are_not(string host)
    {
        var refusal = Assert.Throws<Refusal>(() => new BaseAddress(null, ["packages.example", "*.corp.example"]).Of(Request(host)));
        Assert.Equal(RefusalKind.Validation, refusal.Kind);
    }

    [Fact]
    public void Prefers_the_configured_address_and_reads_no_forwarded_header()
    {
        var request = Request("localhost");
        request.Request.Headers["X-Forwarded-Host"] = "evil.example";
        request.Request.Headers["X-Forwarded-Proto"] = "https";
        Assert.Equal("http://localhost", new BaseAddress().Of(request));
        Assert.Equal("https://packages.example/base", new BaseAddress(new Uri("https://packages.example/base/")).Of(Request("evil.example")));
    }

    private static DefaultHttpContext Request(string host)
    {
        var context = new DefaultHttpContext();
        (context.Request.Scheme, context.Request.Host) = ("http", new HostString(host));
        context.Connection.LocalIpAddress = IPAddress.Parse("::ffff:10.1.2.3");
        return context;
    }
}
