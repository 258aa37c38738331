using System.Text;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Hostile;

/// <summary>Requests that are malformed as HTTP, and hosts that are not ours.</summary>
public sealed class MessageTests(SharedServer shared)
{
    private static readonly string Ping = $"/npm/d/{GranaryServer.Domain}-{GranaryServer.Account}/{GranaryServer.Repository}/-/ping";

    [Theory]
    [InlineData("Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde")]
    [InlineData("Content-Length: +3\r\n\r\nabc")]
    [InlineData("Content-Length: 00000000000000000000000003\r\n\r\nabc")]
    [InlineData("Content-Length: 99999999999999999999999999\r\n\r\nabc")]
    [InlineData("Content-Length: -3\r\n\r\nabc")]
    [InlineData("Content-Length: 3 ,\r\n\r\nabc")]
    [InlineData("Content-Length: 0x3\r\n\r\nabc")]
    [InlineData("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")]
    [InlineData("X-Folded: a\r\n b\r\n\r\n")]
    [InlineData("X Space: a\r\n\r\n")]
    [InlineData("X-Space : a\r\n\r\n")]
    [InlineData("X-Nul: a\0b\r\n\r\n")]
    public async Task Ambiguous_framing_is_400(string rest)
    {
        var answer = await RawHttp.SendBytesAsync(
            shared.Server.Http,
            Encoding.Latin1.GetBytes(
                $"PUT {Ping} HTTP/1.1\r\nHost: {shared.Server.Http.Authority}\r\nConnection: close\r\nAuthorization: Bearer {shared.Token}\r\n{rest}"));

        Assert.True(answer.Status is 400 or 501, answer.Head);
    }

    // HT-1 (CVE-2025-55315): a proxy that ends the chunk's extension at the bare line feed would pass the second request unseen.
    [Theory]
    [InlineData("2;\nxx\r\n47\r\n0\r\n\r\n")]
    [InlineData("0;\n\r\n\r\n")]
    [InlineData("0\n\n")]
    public async Task A_request_hidden_in_a_chunked_body_is_not_answered(string body)
    {
        var hidden = $"GET /health/ready HTTP/1.1\r\nHost: {shared.Server.Http.Authority}\r\nConnection: close\r\n\r\n";
        var target = Ping.Replace("-/ping", SharedServer.Fresh("smuggled"), StringComparison.Ordinal);

        var answer = await RawHttp.SendBytesAsync(
            shared.Server.Http,
            Encoding.Latin1.GetBytes(
                $"PUT {target} HTTP/1.1\r\nHost: {shared.Server.Http.Authority}\r\nAuthorization: Bearer {shared.Token}\r\nTransfer-Encoding: chunked\r\n\r\n{body}{hidden}"));

        Assert.Equal(400, answer.Status);
        Assert.DoesNotContain("HTTP/1.1 200", answer.Body, StringComparison.Ordinal);
    }

    // JS-5: nobody uploads gigabytes only to be told that they are too many.
    [Fact]
    public async Task A_body_beyond_the_quota_is_refused_before_it_is_sent()
    {
        var target = Ping.Replace("-/ping", SharedServer.Fresh("toolarge"), StringComparison.Ordinal);

        var answer = await RawHttp.SendAsync(
            shared.Server.Http, "PUT", target, shared.Token, "Content-Type: application/json", "Content-Length: 3000000000", "Expect: 100-continue");

        Assert.Equal(413, answer.Status);
    }

    // HT-8
    [Theory]
    [InlineData("X-HTTP-Method-Override: DELETE")]
    [InlineData("X-HTTP-Method: DELETE")]
    [InlineData("X-Method-Override: PUT")]
    public async Task A_header_does_not_change_the_method(string header)
    {
        Assert.Equal(200, (await RawHttp.SendAsync(shared.Server.Http, "GET", Ping, shared.Token, header)).Status);
    }

    // HT-4: whoever sends his request a byte at a time holds a connection for seconds, not for ever.
    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")]
    [InlineData("PUT /v1/domain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n")]
    public async Task HT4_a_request_that_does_not_come_is_given_up_in_forty_seconds(string beginning)
    {
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(40));
        await socket.ConnectAsync(shared.Server.Http.Host, shared.Server.Http.Port, limit.Token);
        await socket.SendAsync(Encoding.ASCII.GetBytes(beginning), limit.Token);

        var buffer = new byte[1024];
        while (await ReceiveAsync() > 0)
        {
        }

        async Task<int> ReceiveAsync()
        {
            try
            {
                return await socket.ReceiveAsync(buffer, limit.Token);
            }
            catch (System.Net.Sockets.SocketException)
            {
                return 0; // Reset: given up as well.
            }
        }
    }

    // HT-9: what a client claims about the host never comes back in a URL.
    [Theory]
    [InlineData("evil.invalid")]
    [InlineData("evil.invalid:443")]
    [InlineData("my-domain-123456789012.d.codeartifact.us-east-1.evil.invalid")]
    [InlineData("127.0.0.1@evil.invalid")]
    public async Task HT9_an_unknown_host_is_refused_or_not_repeated(string host)
    {
        var name = SharedServer.Fresh("host");
        shared.Source.Add(name);

        var answer = await RawHttp.SendAsync(
            shared.Server.Http, "GET", Ping.Replace("-/ping", name, StringComparison.Ordinal), shared.Token, $"Host: {host}");
        var next = await shared.GetAsync(name);

        Assert.DoesNotContain("evil.invalid", answer.Body, StringComparison.Ordinal);
        Assert.True(answer.Status is 200 or (>= 400 and < 500), answer.Head);
        Assert.DoesNotContain("evil.invalid", next.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_or_doubled_host_is_400()
    {
        var none = await RawHttp.SendBytesAsync(shared.Server.Http, Encoding.ASCII.GetBytes($"GET {Ping} HTTP/1.1\r\nConnection: close\r\n\r\n"));
        var two = await RawHttp.SendBytesAsync(
            shared.Server.Http, Encoding.ASCII.GetBytes($"GET {Ping} HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n"));

        Assert.Equal(400, none.Status);
        Assert.Equal(400, two.Status);
    }

    [Theory]
    [InlineData("TRACE")]
    [InlineData("CONNECT")]
    [InlineData("PATCH")]
    [InlineData("PROPFIND")]
    [InlineData("get")]
    public async Task Methods_that_nothing_answers_are_refused(string method)
    {
        var answer = await RawHttp.SendAsync(shared.Server.Http, method, Ping, shared.Token);

        Assert.True(answer.IsRefusal || answer.Status is 501 or 0, answer.Head);
    }

    [Fact]
    public async Task An_enormous_head_is_refused_and_the_server_lives()
    {
        var answer = await RawHttp.SendAsync(shared.Server.Http, "GET", Ping, shared.Token, "X-Big: " + new string('x', 200_000));

        Assert.True(answer.IsRefusal || answer.Status == 0, answer.Head);
        Assert.Equal(200, (await RawHttp.SendAsync(shared.Server.Http, "GET", "/health/ready", null)).Status);
    }

    [Fact]
    public async Task A_name_and_a_tag_of_64_KB_are_refused_quickly()
    {
        foreach (var letters in new[] { "a", "-", ".", "1.", "1-1" })
        {
            var text = string.Concat(Enumerable.Repeat(letters, 6_000));
            var started = TimeProvider.System.GetTimestamp();
            var answer = await RawHttp.SendAsync(shared.Server.Http, "GET", Ping.Replace("-/ping", text, StringComparison.Ordinal), shared.Token);
            Assert.True(answer.IsRefusal, answer.Head);
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(5), "too slow to refuse");
        }
    }
}
