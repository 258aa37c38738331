using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Granary.Core.Events;
using Granary.Core.Events.Delivery;
using Granary.Core.Usage;
using Granary.Server.Monitoring;
using Granary.Tests.ControlPlane;

namespace Granary.Tests.Monitoring;

/// <summary>Who may scrape what, and that no secret is in it.</summary>
public sealed partial class MetricsEndpointTests
{
    private const string Token = "a-token-of-the-tests-0123456789";
    private static readonly HttpClient Http = new();

    [Fact]
    public async Task There_are_none_unless_they_are_asked_for()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(new Uri(host.Address, "/metrics"))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(new Uri(host.Address, "/metrics"), Token)).Status);
    }

    [Fact]
    public async Task Their_own_address_answers_nothing_else_and_the_others_no_metrics()
    {
        await using var host = await ControlPlaneHost.StartAsync(options: o => o with { Metrics = new MetricsOptions { Urls = "http://127.0.0.1:0" } });
        Assert.NotEqual(host.Address, host.MetricsAddress);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(new Uri(host.MetricsAddress, "/metrics"))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(new Uri(host.MetricsAddress, "/health/live"))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(new Uri(host.MetricsAddress, "/v1/domain?domain=tools"))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(new Uri(host.Address, "/metrics"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(new Uri(host.Address, "/health/live"))).Status);
        using var post = await Http.PostAsync(new Uri(host.MetricsAddress, "/metrics"), null, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, post.StatusCode);
    }

    [Fact]
    public async Task A_token_is_demanded_wherever_one_is_set()
    {
        await using var host = await ControlPlaneHost.StartAsync(options: o => o with { Metrics = new MetricsOptions { Urls = "http://127.0.0.1:0", Token = Token } });
        foreach (var address in (Uri[])[host.Address, host.MetricsAddress])
        {
            var metrics = new Uri(address, "/metrics");
            Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(metrics)).Status);
            Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(metrics, Token + "0")).Status);
            Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(metrics, Token[..^1])).Status);
            Assert.Equal(HttpStatusCode.OK, (await GetAsync(metrics, Token)).Status);
        }
    }

    [Fact]
    public async Task Requests_are_told_apart_and_no_secret_is_in_metrics_or_spans()
    {
        var spans = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Telemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                lock (spans)
                {
                    spans.Add(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using var host = await ControlPlaneHost.StartAsync(options: o => o with { Metrics = new MetricsOptions { Urls = "http://127.0.0.1:0" } });
        await host.CreateDomainAsync("tools", "shop");
        await host.PublishAsync("left", "1.0.0", content: "canary-of-the-content");
        var token = (await host.PostAsync("/v1/authorization-token?domain=tools")).Ok().Text("authorizationToken");
        var repository = new Uri(host.Address, $"/npm/tools-{ControlPlaneHost.Owner}/shop/".Replace("/npm/", "/npm/d/", StringComparison.Ordinal));
        var trace = ActivityTraceId.CreateRandom();
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(new Uri(repository, "left?canary-of-the-query"), token, $"00-{trace}-{ActivitySpanId.CreateRandom()}-01")).Status);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(new Uri(repository, "left/-/left-1.0.0.tgz"), token)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(new Uri(repository, "canary-of-the-path"), token)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(new Uri(repository, "left"), "canary-of-the-token")).Status);
        Assert.True((int)(await GetAsync(new Uri(repository, "-/canary-of-the-route"), token)).Status is 400 or 404);

        var (_, metrics) = await GetAsync(new Uri(host.MetricsAddress, "/metrics"));
        var line = Line(metrics, "granary_requests_total", "operation=\"ReadFromRepository\"", "outcome=\"ok\"");
        Assert.Contains("format=\"npm\"", line, StringComparison.Ordinal);
        Assert.Contains("repository=\"tools/shop\"", line, StringComparison.Ordinal);
        Assert.EndsWith(" 2", LineWithoutTime().Replace(line, "$1"), StringComparison.Ordinal);
        Line(metrics, "granary_requests_total", "outcome=\"client_error\"", "repository=\"tools/shop\"");
        Line(metrics, "granary_request_duration_seconds_bucket", "operation=\"ReadFromRepository\"");
        Line(metrics, "granary_response_bytes_total", "operation=\"ReadFromRepository\"", "outcome=\"ok\"");
        Line(metrics, "granary_cache_lookups_total", "cache=\"listing\"", "result=\"miss\"");
        Assert.DoesNotContain("canary", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain(token, metrics, StringComparison.Ordinal);

        List<Activity> own;
        lock (spans)
        {
            own = [.. spans];
        }

        var asked = own.Single(a => a.TraceId == trace);
        Assert.Equal(("ReadFromRepository", ActivityKind.Server, 200), (asked.DisplayName, asked.Kind, asked.GetTagItem("http.response.status_code")));
        Assert.Equal(("npm", "tools", "shop"), (asked.GetTagItem("granary.format"), asked.GetTagItem("granary.domain"), asked.GetTagItem("granary.repository")));
        var told = string.Join('\n', own.SelectMany(a => a.TagObjects.Select(t => $"{t.Key}={t.Value}").Append(a.DisplayName)));
        Assert.DoesNotContain("canary", told, StringComparison.Ordinal);
        Assert.DoesNotContain(token, told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Bytes_of_a_body_are_counted_whether_their_number_is_announced_or_not(bool isAnnounced)
    {
        await using var host = await ControlPlaneHost.StartAsync(options: o => o with { Metrics = new MetricsOptions { Urls = "http://127.0.0.1:0" } });
        await host.CreateDomainAsync("tools", "shop");
        await host.PublishAsync("left", "1.0.0");
        var token = (await host.PostAsync("/v1/authorization-token?domain=tools")).Ok().Text("authorizationToken");
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(host.Address, $"/npm/d/tools-{ControlPlaneHost.Owner}/shop/-/package/left/dist-tags/beta"))
        {
            Content = new StringContent("\"1.0.0\"", Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.TransferEncodingChunked = !isAnnounced;
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();

        var (_, metrics) = await GetAsync(new Uri(host.MetricsAddress, "/metrics"));
        var line = Line(metrics, "granary_request_bytes_total", "format=\"npm\"", "outcome=\"ok\"");
        Assert.EndsWith(" 7", LineWithoutTime().Replace(line, "$1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Labels_beyond_the_limit_are_counted_together()
    {
        await using var host = await ControlPlaneHost.StartAsync(options: o => o with { Metrics = new MetricsOptions { Urls = "http://127.0.0.1:0" } });
        var meters = host.Service<RequestMeters>();
        for (var i = 0; i < 1_100; i++)
        {
            var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
            var record = new Core.Trail.TrailRecord { Source = "s", Name = "ReadFromRepository", DomainId = 1, DomainName = $"domain{i}", DomainOwner = ControlPlaneHost.Owner };
            meters.End(context, record, Stopwatch.GetTimestamp(), null);
        }

        var (_, metrics) = await GetAsync(new Uri(host.MetricsAddress, "/metrics"));
        Assert.EndsWith(" 100", LineWithoutTime().Replace(Line(metrics, "granary_requests_total", "repository=\"other\""), "$1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_dashboard_and_the_alerts_ask_for_metrics_that_there_are()
    {
        await using var host = await ControlPlaneHost.StartAsync(options: o => o with { Metrics = new MetricsOptions { Urls = "http://127.0.0.1:0" } });
        await host.CreateDomainAsync("tools", "shop");
        await host.Service<StorageMeasurement>().RunAsync(onlyWhenDue: false, CancellationToken.None);
        await host.Service<StorageGauges>().RefreshAsync(CancellationToken.None);
        await WaitForTargetAsync(host);
        Telemetry.Looked(CacheLookup.ListingHit);
        var (_, metrics) = await GetAsync(new Uri(host.MetricsAddress, "/metrics"));
        var known = TypeLine().Matches(metrics).Select(m => m.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        // Without a public source nothing asks one.
        known.UnionWith(["granary_upstream_duration_seconds", "granary_upstream_bytes_total"]);
        foreach (var file in (string[])["dashboard.json", "alerts.yml"])
        {
            var text = await File.ReadAllTextAsync(Path.Combine(DependencyRuleTests.Root(), "deploy", "grafana", file), TestContext.Current.CancellationToken);
            var asked = MetricName().Matches(text).Select(m => m.Value).Distinct().ToList();
            Assert.NotEmpty(asked);
            Assert.All(asked, name => Assert.True(known.Contains(name) || known.Contains(HistogramPart().Replace(name, "")), $"{file} asks for {name}, and there is no such metric among {string.Join(", ", known)}."));
        }
    }

    [Fact]
    public async Task What_waits_for_a_target_is_told_with_its_age()
    {
        await using var host = await ControlPlaneHost.StartAsync(options: o => o with { Metrics = new MetricsOptions { Urls = "http://127.0.0.1:0" } });
        await WaitForTargetAsync(host);

        var (_, metrics) = await GetAsync(new Uri(host.MetricsAddress, "/metrics"));
        string[] labels = [$"account=\"{ControlPlaneHost.Owner}\"", "bus=\"default\"", "rule=\"rebuild\"", "target=\"ci\""];
        Assert.EndsWith(" 2", LineWithoutTime().Replace(Line(metrics, "granary_events_waiting", labels), "$1"), StringComparison.Ordinal);
        var age = LineWithoutTime().Replace(Line(metrics, "granary_events_oldest_age_seconds", labels), "$1");
        Assert.InRange(int.Parse(age[(age.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture), 3_600, 3_900);
        Assert.EndsWith(" 1", LineWithoutTime().Replace(Line(metrics, "granary_events_dead_letters", labels), "$1"), StringComparison.Ordinal);
        Assert.Contains("granary_trail_waiting", metrics, StringComparison.Ordinal);
    }

    /// <summary>Two events that wait, the older for an hour, and a dead one.</summary>
    private static async Task WaitForTargetAsync(ControlPlaneHost host)
    {
        var now = host.Service<TimeProvider>().GetUtcNow();
        await host.Service<ChangeLog>().WriteServerAsync(
            async db =>
            {
                db.EventDeliveries.AddRange(Enumerable.Range(1, 2).Select(number => new EventDelivery
                {
                    AccountId = ControlPlaneHost.Owner,
                    Bus = "default",
                    Rule = "rebuild",
                    Target = "ci",
                    Id = number,
                    OrderKey = "left",
                    Event = "{}",
                    AcceptedAt = now.AddHours(number - 2),
                    DueAt = now.AddDays(1),
                }));
                db.DeadLetters.Add(new DeadLetter
                {
                    AccountId = ControlPlaneHost.Owner,
                    Bus = "default",
                    Rule = "rebuild",
                    Target = "ci",
                    Id = "1",
                    OrderKey = "left",
                    Event = "{}",
                    AcceptedAt = now,
                    DeadAt = now,
                    Attempts = 185,
                    Reason = "503",
                });
                await db.SaveChangesAsync();
            },
            CancellationToken.None);
        await host.Service<QueueGauges>().RefreshAsync(CancellationToken.None);
    }

    private static async Task<(HttpStatusCode Status, string Text)> GetAsync(Uri address, string? token = null, string? traceparent = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        request.Headers.TryAddWithoutValidation("traceparent", traceparent is null ? [] : [traceparent]);
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static string Line(string metrics, string name, params string[] labels)
    {
        var found = metrics.Split('\n').Where(l => l.StartsWith(name + "{", StringComparison.Ordinal) && labels.All(label => l.Contains(label, StringComparison.Ordinal))).ToList();
        Assert.True(found.Count > 0, $"{name} {string.Join(' ', labels)} is not in:\n{metrics}");
        return found[0];
    }

    // Some formats of the exposition have a timestamp after the value.
    [GeneratedRegex(@"^(\S+\{.*\} \S+)( \d+)?$", RegexOptions.NonBacktracking)]
    private static partial Regex LineWithoutTime();

    [GeneratedRegex(@"^# TYPE (\S+) ", RegexOptions.NonBacktracking | RegexOptions.Multiline)]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"granary_[a-z_]+", RegexOptions.NonBacktracking)]
    private static partial Regex MetricName();

    [GeneratedRegex(@"_(bucket|sum|count)$", RegexOptions.NonBacktracking)]
    private static partial Regex HistogramPart();
}
