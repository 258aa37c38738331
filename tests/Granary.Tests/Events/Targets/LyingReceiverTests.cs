using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Granary.Core.Events.Delivery;
using Granary.Server.Events.Targets;

namespace Granary.Tests.Events.Targets;

/// <summary>Receivers that break HTTP, their word or the sender's patience: what is decided, and what it costs the sender.</summary>
public sealed class LyingReceiverTests
{
    private const string Secret = "key-that-nobody-else-sees";

    // What lies in the buffers of both sides' kernels may have been sent, and was read by nobody.
    private const long MostTaken = 32 << 20;

    private static readonly DateTimeOffset now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly TimeSpan limit = TimeSpan.FromSeconds(30);

    private static readonly EventTargetOptions open = new() { AllowedNetworks = [IPNetwork.Parse("127.0.0.0/8")], Timeout = TimeSpan.FromSeconds(20) };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The status is the answer; what follows it is nobody's business.</summary>
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nfar longer than that")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 500 No\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nno chunk")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnone")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n")]
    [InlineData("HTTP/1.1 200\r\n\r\n")]
    [InlineData("HTTP/1.0 204 No Content\r\n\r\n")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")]
    public async Task Says_200_and_lies_about_the_rest(string answer)
    {
        await using var receiver = RawReceiver.Answering(answer);
        Assert.Equal(SendOutcome.Delivered, await SendAsync(receiver));
        Assert.Single(receiver.Requests);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le")]
    [InlineData("HTTP/1.1 200 OK\r\nno header at all\r\n\r\n")]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 -20 OK\r\n\r\n")]
    [InlineData("220 mail.example ready\r\n")]
    [InlineData("SSH-2.0-server\r\n")]
    [InlineData("\x16\x03\x01\x02\x00\x01\x00")]
    [InlineData("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")]
    public async Task Answers_what_is_none(string answer)
    {
        await using var receiver = RawReceiver.Answering(answer);
        var outcome = await SendAsync(receiver);
        Assert.Equal((SendResult.Retry, SendCodes.ConnectionFailure), (outcome.Result, outcome.Code));
        Assert.InRange(receiver.Requests.Count, 1, 3);
    }

    /// <summary>It did take the event, and nobody can know: it gets the same again, and can tell by the id.</summary>
    [Fact]
    public async Task Takes_the_event_and_closes_without_an_answer()
    {
        var isFirst = true;
        await using var receiver = new RawReceiver(async (_, send, _) =>
        {
            if (!isFirst)
            {
                await send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
            }

            isFirst = false;
        });
        using var senders = Senders(open);
        Assert.Equal(SendResult.Retry, (await senders.SendAsync(Call(receiver.Address), Token)).Result);
        Assert.Equal(SendOutcome.Delivered, await senders.SendAsync(Call(receiver.Address), Token));
        Assert.Equal(2, receiver.Requests.Count);
        Assert.All(receiver.Requests, request => Assert.Contains("\r\nX-Granary-Event-Id: e-1\r\n", request, StringComparison.OrdinalIgnoreCase));
        Assert.Single(receiver.Requests.Select(request => request[request.IndexOf("\r\n\r\n", StringComparison.Ordinal)..]).Distinct());
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", SendResult.Delivered)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", SendResult.Delivered)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b", SendResult.Delivered)]
    [InlineData("HTTP/1.1 500 No\r\n\r\n", SendResult.Retry)]
    [InlineData("HTTP/1.1 400 No\r\n\r\n", SendResult.Rejected)]
    [InlineData("HTTP/1.1 200 OK\r\nX-Long: ", SendResult.Retry)]
    [InlineData("HTTP/1.1 200 ", SendResult.Retry)]
    [InlineData("", SendResult.Retry)]
    public async Task Sends_without_end(string beginning, SendResult result)
    {
        await using var receiver = new RawReceiver(async (_, send, stop) =>
        {
            await send(Encoding.Latin1.GetBytes(beginning));
            var bytes = new byte[64 << 10];
            bytes.AsSpan().Fill((byte)'a');
            while (!stop.IsCancellationRequested)
            {
                await send(bytes);
            }
        });
        var before = GC.GetTotalMemory(forceFullCollection: true);
        using var senders = Senders(open);
        Assert.Equal(result, (await senders.SendAsync(Call(receiver.Address), Token).WaitAsync(limit, Token)).Result);
        await DemandClosedAsync(receiver);
        Assert.InRange(receiver.Sent, 0, MostTaken);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, MostTaken);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nX-Slow: ", "a")]
    [InlineData("", "H")]
    [InlineData("", "HTTP/1.1 100 Continue\r\n\r\n")]
    [InlineData("", "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n")]
    public async Task Comes_to_no_end_with_the_head(string beginning, string again)
    {
        await using var receiver = new RawReceiver(async (_, send, stop) =>
        {
            await send(Encoding.Latin1.GetBytes(beginning));
            while (!stop.IsCancellationRequested)
            {
                await send(Encoding.Latin1.GetBytes(again));
                await Task.Delay(100, stop);
            }
        });
        using var senders = Senders(open with { Timeout = TimeSpan.FromSeconds(1) });
        var began = TimeProvider.System.GetTimestamp();
        var outcome = await senders.SendAsync(Call(receiver.Address), Token).WaitAsync(limit, Token);
        Assert.Equal((SendResult.Retry, SendCodes.Timeout), (outcome.Result, outcome.Code));
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(15));
        await DemandClosedAsync(receiver);
    }

    /// <summary>It has answered, and keeps the connection by owing the rest of the body.</summary>
    [Fact]
    public async Task Owes_the_rest_of_its_body()
    {
        await using var receiver = new RawReceiver(async (_, send, stop) =>
        {
            await send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive!"u8.ToArray());
            await Task.Delay(Timeout.Infinite, stop);
        });
        using var senders = Senders(open);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => senders.SendAsync(Call(receiver.Address), Token))).WaitAsync(limit, Token);
        Assert.All(outcomes, outcome => Assert.Equal(SendOutcome.Delivered, outcome));
        Assert.Equal(16, receiver.Requests.Count);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data/iam/security-credentials/")]
    [InlineData("http://[::ffff:169.254.169.254]/")]
    [InlineData("http://10.0.0.1/")]
    [InlineData("ELSEWHERE")]
    [InlineData("//ELSEWHERE-HOST/")]
    [InlineData("/other")]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://127.0.0.1/")]
    [InlineData("http://")]
    [InlineData("\t\x01")]
    public async Task Sends_on_to_somewhere_else(string location)
    {
        await using var elsewhere = RawReceiver.Answering("HTTP/1.1 200 OK\r\n\r\n");
        location = location.Replace("ELSEWHERE-HOST", elsewhere.Address.Authority, StringComparison.Ordinal).Replace("ELSEWHERE", $"{elsewhere.Address}", StringComparison.Ordinal);
        foreach (var status in new[] { 301, 302, 303, 307, 308 })
        {
            await using var receiver = RawReceiver.Answering($"HTTP/1.1 {status} Go\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
            var outcome = await SendAsync(receiver);
            Assert.Equal((SendResult.Rejected, SendCodes.ErrorFromTarget), (outcome.Result, outcome.Code));
            Assert.Equal($"127.0.0.1 answered {status}. Redirects are not followed.", outcome.Reason);
            Assert.Single(receiver.Requests);
        }

        Assert.Empty(elsewhere.Requests);
    }

    [Theory]
    [InlineData("31536000", SendResult.Retry)]
    [InlineData("2147483647", SendResult.Retry)]
    [InlineData("99999999999999999999", SendResult.Retry)]
    [InlineData("Fri, 31 Dec 9999 23:59:59 GMT", SendResult.Retry)]
    [InlineData("Thu, 01 Jan 1970 00:00:00 GMT", SendResult.Retry)]
    [InlineData("later", SendResult.Retry)]
    [InlineData("1e9", SendResult.Retry)]
    [InlineData("", SendResult.Retry)]
    [InlineData("10\r\nRetry-After: 20", SendResult.Retry)]
    [InlineData("-1", SendResult.Rejected)]
    [InlineData("-99999999999999999999", SendResult.Rejected)]
    public async Task Asks_for_an_absurd_pause(string header, SendResult result)
    {
        foreach (var status in new[] { 429, 503 })
        {
            await using var receiver = RawReceiver.Answering($"HTTP/1.1 {status} Later\r\nRetry-After: {header}\r\nContent-Length: 0\r\n\r\n");
            var outcome = await SendAsync(receiver);
            Assert.Equal(result, outcome.Result);
            if (result is SendResult.Retry)
            {
                // Whatever it says, it is asked again within the longest pause, and not at once.
                var due = RetryPolicy.Default.Next(now, 1, outcome.RetryAfter, now, Random.Shared);
                Assert.InRange(due!.Value - now, RetryPolicy.FirstPause / 2, RetryPolicy.LongestPause);
            }
        }
    }

    [Fact]
    public async Task Says_the_secret_of_the_connection_back()
    {
        foreach (var status in new[] { "400", "503", "301", "abc" })
        {
            await using var receiver = new RawReceiver((request, send, _) =>
            {
                Assert.Contains($"X-Key: {Secret}", request, StringComparison.Ordinal);
                return send(Encoding.Latin1.GetBytes($"HTTP/1.1 {status} {Secret}\r\nLocation: http://{Secret}/\r\nRetry-After: {Secret}\r\n\r\n{Secret}"));
            });
            var outcome = await SendAsync(receiver);
            Assert.NotEqual(SendResult.Delivered, outcome.Result);
            Assert.DoesNotContain(Secret, $"{outcome}", StringComparison.Ordinal);
        }
    }

    /// <summary>A name is looked at each time that it is connected to, and what was looked at is what is connected to.</summary>
    [Fact]
    public async Task Has_a_name_that_is_somewhere_else_the_second_time()
    {
        await using var receiver = RawReceiver.Answering("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        var forbidden = IPAddress.Parse("169.254.169.254");
        var answers = new ConcurrentQueue<IPAddress[]>([[IPAddress.Loopback], [forbidden], [IPAddress.Parse("::ffff:10.0.0.1"), forbidden], [forbidden, IPAddress.Loopback]]);
        var asked = new ConcurrentQueue<string>();
        using var senders = Senders(open with
        {
            Resolve = (host, _) =>
            {
                asked.Enqueue(host);
                return Task.FromResult(answers.TryDequeue(out var addresses) ? addresses : []);
            },
        });
        var address = new Uri($"http://rebinding.example:{receiver.Address.Port}/");

        Assert.Equal(SendOutcome.Delivered, await senders.SendAsync(Call(address), Token));
        foreach (var _ in new[] { 2, 3 })
        {
            var outcome = await senders.SendAsync(Call(address), Token);
            Assert.Equal((SendResult.Rejected, SendCodes.ConnectionFailure), (outcome.Result, outcome.Code));
            Assert.Contains("Events:AllowedNetworks", outcome.Reason, StringComparison.Ordinal);
        }

        Assert.Equal(SendOutcome.Delivered, await senders.SendAsync(Call(address), Token));
        Assert.Equal((2, 4), (receiver.Requests.Count, asked.Count));
    }

    /// <summary>Of PutEvents the body is the answer: without a whole one nothing was taken.</summary>
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"FailedEntryCount\": 0}", SendResult.Retry)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n{\"FailedEntryCount\"", SendResult.Retry)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n[0]", SendResult.Retry)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n{\"FailedEntryCount\": 1e99}", SendResult.Retry)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n{\"FailedEntryCount\": 1, \"Entries\": []}", SendResult.Retry)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n{\"FailedEntryCount\": 1, \"Entries\": [{\"ErrorCode\": \"\\ud800\"}]}", SendResult.Retry)]
    [InlineData("HTTP/1.1 400 No\r\n\r\n{\"__type\": \"\\ud800\"}", SendResult.Rejected)]
    [InlineData("HTTP/1.1 302 Go\r\nLocation: http://169.254.169.254/\r\n\r\n", SendResult.Rejected)]
    public async Task Is_a_service_whose_answer_is_none(string answer, SendResult result)
    {
        await using var receiver = RawReceiver.Answering(answer);
        Assert.Equal(result, (await SendToServiceAsync(receiver)).Result);
        Assert.Single(receiver.Requests);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n{\"FailedEntryCount\": 0, \"Entries\": \"")]
    [InlineData("HTTP/1.1 503 No\r\n\r\n")]
    public async Task Is_a_service_whose_answer_has_no_end(string beginning)
    {
        await using var receiver = new RawReceiver(async (_, send, stop) =>
        {
            await send(Encoding.Latin1.GetBytes(beginning));
            while (!stop.IsCancellationRequested)
            {
                await send(new byte[64 << 10]);
            }
        });
        Assert.Equal(SendResult.Retry, (await SendToServiceAsync(receiver)).Result);
        Assert.InRange(receiver.Sent, 0, MostTaken);
    }

    private static async Task<SendOutcome> SendToServiceAsync(RawReceiver receiver)
    {
        var options = open with { Endpoints = new Dictionary<string, Uri> { ["events"] = receiver.Address }, AccessKeyId = "AKIAEXAMPLE", SecretAccessKey = Secret };
        using var senders = Senders(options);
        return await senders.SendAsync(
            Call(receiver.Address) with { Arn = "arn:aws:events:us-east-1:123456789012:event-bus/other", Event = """{"id":"e-1","source":"s","detail-type":"t","detail":{}}""" },
            Token).WaitAsync(limit, Token);
    }

    private static async Task<SendOutcome> SendAsync(RawReceiver receiver)
    {
        using var senders = Senders(open);
        return await senders.SendAsync(Call(receiver.Address), Token).WaitAsync(limit, Token);
    }

    private static async Task DemandClosedAsync(RawReceiver receiver)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (receiver.Open > 0)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < limit, "The connection is still open.");
            await Task.Delay(20, Token);
        }
    }

    private static TargetSenders Senders(EventTargetOptions options) => new(options, new WebhookKeys(new byte[32]), new ManualTime(now));

    private static TargetCall Call(Uri address) => new()
    {
        DeliveryId = "e-1/rule/t1",
        EventId = "e-1",
        Account = "123456789012",
        Arn = "arn:aws:events:us-east-1:123456789012:api-destination/hook/d-1",
        Payload = """{"id":"e-1"}""",
        Event = """{"id":"e-1"}""",
        Destination = new WebDestination(
            "d-1", $"{address}", "POST", "c-1", WebAuthorization.Parse($$$"""{"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "{{{Secret}}}"}}""")),
    };
}
