using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Granary.Core.Events.Delivery;
using Granary.Server.Events.Targets;
using Microsoft.AspNetCore.Http;

namespace Granary.Tests.Events.Targets;

/// <summary>API destinations: what is sent, what answers mean, and what a receiver that lies or hangs can do.</summary>
public sealed class WebSenderTests
{
    private const string Event =
        """{"id": "e-1", "source": "s", "detail-type": "t", "detail": {"name": "a b", "n": 7, "bad": "x\r\ny", "up": ".."}}""";

    private static readonly DateTimeOffset now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly WebhookKeys keys = new(Encoding.UTF8.GetBytes("0123456789abcdef0123456789abcdef"));
    private static readonly EventTargetOptions open = new() { AllowedNetworks = [IPNetwork.Parse("127.0.0.0/8")], Timeout = TimeSpan.FromSeconds(20) };

    private const string ApiKey = """{"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "key-1"}}""";

    [Fact]
    public async Task Sends_the_payload_with_the_key_the_event_id_and_a_signature()
    {
        await using var receiver = await Receiver.StartAsync();
        Assert.Equal(SendOutcome.Delivered, await SendAsync(Call(receiver.Address + "hook")));

        var request = Assert.Single(receiver.Requests);
        Assert.Equal(("POST", "/hook", """{"told": 1}"""), (request.Method, request.Target, request.Body));
        Assert.Equal("key-1", request.Headers["X-Key"]);
        Assert.Equal("e-1", request.Headers["X-Granary-Event-Id"]);
        Assert.Equal("application/json; charset=utf-8", request.Headers.ContentType);

        var signature = request.Headers["X-Granary-Signature"].ToString();
        var seconds = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var secret = Encoding.UTF8.GetBytes(keys.SecretOf("d-1"));
        var mac = Convert.ToHexStringLower(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"{seconds}.{request.Body}")));
        Assert.Equal($"t={seconds},v1={mac}", signature);
        Assert.NotEqual(keys.SecretOf("d-1"), keys.SecretOf("d-2"));
        Assert.NotEqual(keys.SecretOf("d-1"), new WebhookKeys(new byte[32]).SecretOf("d-1"));
    }

    [Fact]
    public async Task Signs_with_Basic_where_the_connection_says_so()
    {
        await using var receiver = await Receiver.StartAsync();
        await SendAsync(Call(receiver.Address + "hook", """{"BasicAuthParameters": {"Username": "ü", "Password": "p:w"}}"""));
        Assert.Equal($"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes("ü:p:w"))}", Assert.Single(receiver.Requests).Headers.Authorization);
    }

    [Fact]
    public async Task Adds_the_parameters_of_target_and_connection()
    {
        await using var receiver = await Receiver.StartAsync();
        var call = Call(
            receiver.Address + "a/*/b/*?q=1",
            """
            {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "key-1"},
             "InvocationHttpParameters": {"HeaderParameters": [{"Key": "X-Both", "Value": "connection"}, {"Key": "Content-Length", "Value": "3"}],
                                          "QueryStringParameters": [{"Key": "secret", "Value": "a&b", "IsValueSecret": true}], "BodyParameters": [{"Key": "who", "Value": "me"}]}}
            """,
            """
            {"HttpParameters": {"PathParameterValues": ["$.detail.name", "x/../y"], "HeaderParameters": {"X-Both": "target", "X-Name": "$.detail.n", "Host": "elsewhere"},
                                "QueryStringParameters": {"n": "$.detail.n", "m": "$.detail.missing", "plain": "$x"}}}
            """);
        Assert.Equal(SendOutcome.Delivered, await SendAsync(call));

        var request = Assert.Single(receiver.Requests);
        Assert.Equal("/a/a%20b/b/x%2F..%2Fy?q=1&n=7&m=&plain=%24x&secret=a%26b", request.Target);
        Assert.Equal(("connection", "7", receiver.Address.Authority), (request.Headers["X-Both"].ToString(), request.Headers["X-Name"].ToString(), request.Headers.Host.ToString()));
        Assert.Equal("""{"told":1,"who":"me"}""", request.Body);
    }

    [Fact]
    public async Task A_method_without_a_body_sends_none()
    {
        await using var receiver = await Receiver.StartAsync();
        Assert.Equal(SendOutcome.Delivered, await SendAsync(Call(receiver.Address + "hook", method: "GET")));
        Assert.Equal(("GET", ""), (receiver.Requests[0].Method, receiver.Requests[0].Body));
    }

    [Theory]
    [InlineData("""{"HttpParameters": {"PathParameterValues": []}}""", "stars")]
    [InlineData("""{"HttpParameters": {"PathParameterValues": ["$.detail.missing"]}}""", "empty")]
    [InlineData("""{"HttpParameters": {"PathParameterValues": ["$.detail.up"]}}""", "dot segment")]
    [InlineData("""{"HttpParameters": {"PathParameterValues": ["x"], "HeaderParameters": {"X-Bad": "$.detail.bad"}}}""", "X-Bad")]
    [InlineData("""{"HttpParameters": {"PathParameterValues": ["x"], "HeaderParameters": {"bad name": "v"}}}""", "bad name")]
    public async Task Parameters_that_make_no_request_are_told(string settings, string reason)
    {
        await using var receiver = await Receiver.StartAsync();
        var outcome = await SendAsync(Call(receiver.Address + "*", settings: settings));
        Assert.Equal((SendResult.Rejected, SendCodes.InvalidParameter), (outcome.Result, outcome.Code));
        Assert.Contains(reason, outcome.Reason, StringComparison.Ordinal);
        Assert.Empty(receiver.Requests);
    }

    [Fact]
    public async Task A_connection_that_adds_to_the_body_needs_an_object()
    {
        var call = Call("http://127.0.0.1:1/", """{"InvocationHttpParameters": {"BodyParameters": [{"Key": "k", "Value": "hidden"}]}}""") with { Payload = "\"text\"" };
        var outcome = await SendAsync(call);
        Assert.Equal((SendResult.Rejected, SendCodes.InvalidParameter), (outcome.Result, outcome.Code));
        Assert.DoesNotContain("hidden", outcome.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200, SendResult.Delivered)]
    [InlineData(202, SendResult.Delivered)]
    [InlineData(204, SendResult.Delivered)]
    [InlineData(301, SendResult.Rejected)]
    [InlineData(307, SendResult.Rejected)]
    [InlineData(400, SendResult.Rejected)]
    [InlineData(401, SendResult.Retry)]
    [InlineData(403, SendResult.Rejected)]
    [InlineData(404, SendResult.Rejected)]
    [InlineData(407, SendResult.Retry)]
    [InlineData(409, SendResult.Retry)]
    [InlineData(410, SendResult.Rejected)]
    [InlineData(429, SendResult.Retry)]
    [InlineData(500, SendResult.Retry)]
    [InlineData(503, SendResult.Retry)]
    public async Task Each_status_means_what_it_means_to_EventBridge(int status, SendResult result)
    {
        await using var elsewhere = await Receiver.StartAsync();
        await using var receiver = await Receiver.StartAsync((context, _) =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = elsewhere.Address.ToString();
            return Task.CompletedTask;
        });
        Assert.Equal(result, (await SendAsync(Call(receiver.Address + "hook"))).Result);
        Assert.Single(receiver.Requests);
        Assert.Empty(elsewhere.Requests);
    }

    [Theory]
    [InlineData(429, "17", SendResult.Retry, 17.0)]
    [InlineData(503, "0", SendResult.Retry, 0.0)]
    [InlineData(503, "Fri, 02 Jan 2026 03:05:05 GMT", SendResult.Retry, 60.0)]
    [InlineData(503, "Fri, 02 Jan 2026 03:00:00 GMT", SendResult.Retry, 0.0)]
    [InlineData(503, "soon", SendResult.Retry, null)]
    [InlineData(503, "-1", SendResult.Rejected, null)]
    public async Task Retry_After_is_kept(int status, string header, SendResult result, double? seconds)
    {
        await using var receiver = await Receiver.StartAsync((context, _) =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.RetryAfter = header;
            return Task.CompletedTask;
        });
        var outcome = await SendAsync(Call(receiver.Address + "hook"));
        Assert.Equal((result, seconds), (outcome.Result, outcome.RetryAfter?.TotalSeconds));
    }

    [Fact]
    public async Task A_receiver_that_hangs_is_left_after_the_time_out()
    {
        var end = new TaskCompletionSource();
        await using var receiver = await Receiver.StartAsync((_, _) => end.Task);
        var outcome = await SendAsync(Call(receiver.Address + "hook"), open with { Timeout = TimeSpan.FromSeconds(1) }).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        end.SetResult();
        Assert.Equal((SendResult.Retry, SendCodes.Timeout), (outcome.Result, outcome.Code));
    }

    [Fact]
    public async Task An_answer_without_end_holds_nobody()
    {
        using var stop = new CancellationTokenSource();
        await using var receiver = await Receiver.StartAsync(async (context, _) =>
        {
            var bytes = new byte[16 << 10];
            while (!context.RequestAborted.IsCancellationRequested && !stop.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(bytes, stop.Token);
            }
        });
        Assert.Equal(SendOutcome.Delivered, await SendAsync(Call(receiver.Address + "hook")).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        await stop.CancelAsync();
    }

    [Fact]
    public async Task What_is_no_HTTP_and_what_refuses_connections_is_tried_again()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var answering = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            await client.GetStream().WriteAsync("220 mail ready\r\n"u8.ToArray());
        }, TestContext.Current.CancellationToken);
        var outcome = await SendAsync(Call($"http://127.0.0.1:{port}/"));
        Assert.Equal((SendResult.Retry, SendCodes.ConnectionFailure), (outcome.Result, outcome.Code));
        await answering;

        listener.Stop();
        outcome = await SendAsync(Call($"http://127.0.0.1:{port}/"));
        Assert.Equal((SendResult.Retry, SendCodes.ConnectionFailure), (outcome.Result, outcome.Code));
    }

    [Theory]
    [InlineData("http://127.0.0.1:PORT/")]
    [InlineData("http://localhost:PORT/")]
    [InlineData("http://[::1]:PORT/")]
    [InlineData("http://[::ffff:127.0.0.1]:PORT/")]
    [InlineData("http://2130706433:PORT/")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("http://10.0.0.1/")]
    [InlineData("http://[fe80::1]/")]
    public async Task Own_networks_are_refused_unless_they_are_allowed(string address)
    {
        await using var receiver = await Receiver.StartAsync();
        var outcome = await SendAsync(Call(address.Replace("PORT", $"{receiver.Address.Port}", StringComparison.Ordinal)), new EventTargetOptions());
        Assert.Equal((SendResult.Rejected, SendCodes.ConnectionFailure), (outcome.Result, outcome.Code));
        Assert.Contains("Events:AllowedNetworks", outcome.Reason, StringComparison.Ordinal);
        Assert.Empty(receiver.Requests);
    }

    [Fact]
    public async Task A_destination_or_connection_that_is_gone_gets_nothing()
    {
        var call = Call("http://127.0.0.1:1/");
        Assert.Equal(SendCodes.NoResource, (await SendAsync(call with { Destination = null })).Code);
        Assert.Equal(SendCodes.NoPermissions, (await SendAsync(call with { Destination = call.Destination! with { Authorization = null } })).Code);
        Assert.Equal(SendCodes.InvalidParameter, (await SendAsync(call with { Arn = "nonsense" })).Code);
    }

    [Fact]
    public async Task The_end_of_the_worker_is_no_outcome()
    {
        var end = new TaskCompletionSource();
        await using var receiver = await Receiver.StartAsync((_, _) => end.Task);
        using var stop = new CancellationTokenSource();
        var sending = SendAsync(Call(receiver.Address + "hook"), cancellation: stop.Token);
        while (receiver.Requests.Count == 0)
        {
            await Task.Yield();
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        end.SetResult();
    }

    [Fact]
    public async Task A_token_is_asked_for_once_and_again_when_it_is_not_taken()
    {
        var (issued, refused) = (0, false);
        await using var receiver = await Receiver.StartAsync(async (context, request) =>
        {
            if (request.Target.StartsWith("/token", StringComparison.Ordinal))
            {
                await context.Response.WriteAsync($$"""{"access_token": "token-{{Interlocked.Increment(ref issued)}}", "token_type": "Bearer", "expires_in": 3600}""");
            }
            else if (refused)
            {
                context.Response.StatusCode = 401;
            }
        });
        var call = Call(receiver.Address + "hook", OAuth(receiver));
        using var senders = new TargetSenders(open, keys, new ManualTime(now));
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => senders.SendAsync(call, TestContext.Current.CancellationToken)));
        Assert.All(outcomes, outcome => Assert.Equal(SendOutcome.Delivered, outcome));
        Assert.Equal(1, issued);
        var asked = receiver.Requests.Single(request => request.Target.StartsWith("/token", StringComparison.Ordinal));
        Assert.Equal(("POST", "/token?audience=x"), (asked.Method, asked.Target));
        Assert.Equal("grant_type=client_credentials&client_id=me&client_secret=s%26c&scope=all", asked.Body);
        Assert.All(receiver.Requests.Where(request => request.Target == "/hook"), request => Assert.Equal("Bearer token-1", request.Headers.Authorization));

        refused = true;
        Assert.Equal(SendResult.Retry, (await senders.SendAsync(call, TestContext.Current.CancellationToken)).Result);
        refused = false;
        Assert.Equal(SendOutcome.Delivered, await senders.SendAsync(call, TestContext.Current.CancellationToken));
        Assert.Equal("Bearer token-2", receiver.Requests[^1].Headers.Authorization);
    }

    [Fact]
    public async Task A_token_is_given_up_before_it_ends_and_with_another_secret()
    {
        var issued = 0;
        await using var receiver = await Receiver.StartAsync(async (context, request) => await context.Response.WriteAsync(
            request.Target.StartsWith("/token", StringComparison.Ordinal) ? $$"""{"access_token": "token-{{++issued}}", "expires_in": 60}""" : ""));
        var time = new ManualTime(now);
        using var senders = new TargetSenders(open, keys, time);
        async Task<int> IssuedAsync(string secret = "s&c")
        {
            Assert.Equal(SendOutcome.Delivered, await senders.SendAsync(Call(receiver.Address + "hook", OAuth(receiver, secret)), TestContext.Current.CancellationToken));
            return issued;
        }

        Assert.Equal(1, await IssuedAsync());
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(1, await IssuedAsync());
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(2, await IssuedAsync());
        Assert.Equal(3, await IssuedAsync("another"));
    }

    [Fact]
    public async Task Those_who_wait_for_a_token_that_does_not_come_are_let_go_together()
    {
        var end = new TaskCompletionSource();
        await using var receiver = await Receiver.StartAsync((_, _) => end.Task);
        using var senders = new TargetSenders(open with { Timeout = TimeSpan.FromSeconds(2) }, keys, new ManualTime(now));
        var call = Call(receiver.Address + "hook", OAuth(receiver));
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => senders.SendAsync(call, TestContext.Current.CancellationToken)))
            .WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        end.SetResult();
        Assert.All(outcomes, outcome => Assert.Equal((SendResult.Retry, SendCodes.Timeout), (outcome.Result, outcome.Code)));
    }

    [Theory]
    [InlineData(500, "", SendResult.Retry)]
    [InlineData(400, """{"error": "invalid_client", "error_description": "s&c"}""", SendResult.Rejected)]
    [InlineData(401, "", SendResult.Retry)]
    [InlineData(302, "", SendResult.Rejected)]
    [InlineData(200, "no json", SendResult.Retry)]
    [InlineData(200, "[]", SendResult.Retry)]
    [InlineData(200, """{"access_token": ""}""", SendResult.Retry)]
    [InlineData(200, """{"access_token": "a\r\nb"}""", SendResult.Retry)]
    public async Task Without_a_token_nothing_is_sent(int status, string answer, SendResult result)
    {
        await using var receiver = await Receiver.StartAsync(async (context, _) =>
        {
            context.Response.StatusCode = status;
            await context.Response.WriteAsync(answer);
        });
        var outcome = await SendAsync(Call(receiver.Address + "hook", OAuth(receiver)));
        Assert.Equal((result, SendCodes.NoPermissions), (outcome.Result, outcome.Code));
        Assert.DoesNotContain("s&c", outcome.Reason, StringComparison.Ordinal);
        Assert.Equal("/token?audience=x", Assert.Single(receiver.Requests).Target);
    }

    private static string OAuth(Receiver receiver, string secret = "s&c") =>
        $$$"""
        {"OAuthParameters": {"ClientParameters": {"ClientID": "me", "ClientSecret": "{{{secret}}}"}, "AuthorizationEndpoint": "{{{receiver.Address}}}token", "HttpMethod": "POST",
          "OAuthHttpParameters": {"QueryStringParameters": [{"Key": "audience", "Value": "x"}], "BodyParameters": [{"Key": "scope", "Value": "all"}]} } }
        """;

    private static TargetCall Call(string endpoint, string authorization = ApiKey, string? settings = null, string method = "POST") => new()
    {
        DeliveryId = "e-1/rule/t1",
        Account = "123456789012",
        EventId = "e-1",
        Arn = "arn:aws:events:us-east-1:123456789012:api-destination/hook/d-1",
        Payload = """{"told": 1}""",
        Event = Event,
        Settings = TargetSettings.Parse(settings),
        Destination = new WebDestination("d-1", endpoint, method, "c-1", WebAuthorization.Parse(authorization)),
    };

    private static async Task<SendOutcome> SendAsync(TargetCall call, EventTargetOptions? options = null, CancellationToken? cancellation = null)
    {
        using var senders = new TargetSenders(options ?? open, keys, new ManualTime(now));
        return await senders.SendAsync(call, cancellation ?? TestContext.Current.CancellationToken);
    }
}
