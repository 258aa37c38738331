using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Operations;

/// <summary>The AWS CLI, <c>granary usage</c>, a scrape and an OTLP collector, about what was really asked of the published server.</summary>
public sealed class MonitoringTests(SharedServer shared)
{
    [Fact]
    public async Task CloudWatch_and_the_report_tell_what_was_downloaded()
    {
        var repository = SharedServer.Fresh("watched");
        await shared.Aws.CreateRepositoryAsync(repository);
        var document = new PublishDocument(SharedServer.Fresh("watched-package"), "1.0.0");
        await shared.PublishAsync(document, shared.Server.Npm(repository));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.OK, await shared.StatusAsync($"{document.Name}/-/{document.FileName}", shared.Server.Npm(repository)));
        }

        var (from, to) = (Moment(-3600), Moment(3600));
        string[] span = ["--start-time", from, "--end-time", to];
        string[] dimensions = [$"Name=DomainName,Value={GranaryServer.Domain}", $"Name=RepositoryName,Value={repository}"];
        var statistics = await shared.Aws.RunServiceAsync(
            "cloudwatch", ["get-metric-statistics", "--namespace", "AWS/CodeArtifact", "--metric-name", "Downloads", "--statistics", "Sum", "--period", "86400", .. span, "--dimensions", .. dimensions]);
        Assert.Equal(3, statistics["Datapoints"]!.AsArray().Sum(p => (double)p!["Sum"]!));
        var query = new JsonArray(new JsonObject
        {
            ["Id"] = "bytes",
            ["MetricStat"] = new JsonObject
            {
                ["Metric"] = new JsonObject
                {
                    ["Namespace"] = "AWS/CodeArtifact",
                    ["MetricName"] = "BytesDownloaded",
                    ["Dimensions"] = new JsonArray(
                        new JsonObject { ["Name"] = "DomainName", ["Value"] = GranaryServer.Domain },
                        new JsonObject { ["Name"] = "RepositoryName", ["Value"] = repository },
                        new JsonObject { ["Name"] = "PackageFormat", ["Value"] = "npm" }),
                },
                ["Period"] = 60,
                ["Stat"] = "Sum",
            },
        });
        var data = await shared.Aws.RunServiceAsync("cloudwatch", ["get-metric-data", .. span, "--metric-data-queries", query.ToJsonString()]);
        Assert.True(data["MetricDataResults"]![0]!["Values"]!.AsArray().Sum(v => (double)v!) >= 3 * document.Tarball.Length);
        var listed = await shared.Aws.RunServiceAsync("cloudwatch", "list-metrics", "--namespace", "AWS/CodeArtifact", "--dimensions", $"Name=RepositoryName,Value={repository}");
        Assert.Contains("WriteRequests", listed["Metrics"]!.AsArray().Select(m => (string)m!["MetricName"]!));
        (await shared.Aws.TryServiceAsync("cloudwatch", ["get-metric-statistics", "--namespace", "AWS/CodeArtifact", "--metric-name", "Downloads", "--statistics", "Sum", "--period", "90", .. span]))
            .MustFail("InvalidParameterValue");

        var report = JsonNode.Parse((await UsageAsync("--group-by", "repository", "--format", "json")).MustSucceed().Output)!.AsArray();
        var line = report.Single(r => (string)r!["group"]! == $"{GranaryServer.Domain}/{repository}")!;
        Assert.Equal((3, (string)line["account"]!), ((int)line["downloads"]!, GranaryServer.Account));
        Assert.Contains($"{GranaryServer.Domain}/{repository},", (await UsageAsync("--group-by", "repository", "--format", "csv")).MustSucceed().Output, StringComparison.Ordinal);
        Assert.Contains("user/admin", (await UsageAsync("--group-by", "principal")).MustSucceed().Output, StringComparison.Ordinal);
        (await UsageAsync("--group-by", "colour")).MustFail("--group-by");

        var today = DateTimeOffset.Parse(from, CultureInfo.InvariantCulture);
        var costs = await shared.Aws.RunServiceAsync(
            "ce", "get-cost-and-usage", "--granularity", "MONTHLY", "--metrics", "UnblendedCost", "UsageQuantity", "--group-by", "Type=DIMENSION,Key=USAGE_TYPE",
            "--time-period", string.Create(CultureInfo.InvariantCulture, $"Start={today:yyyy-MM-dd},End={today.AddDays(2):yyyy-MM-dd}"));
        var requests = costs["ResultsByTime"]!.AsArray().SelectMany(r => r!["Groups"]!.AsArray()).Where(g => ((string)g!["Keys"]![0]!).EndsWith("-Requests", StringComparison.Ordinal)).ToList();
        Assert.True(requests.Sum(g => Number(g!["Metrics"]!["UsageQuantity"]!)) >= 5);
        Assert.All(requests, g => Assert.Equal(Number(g!["Metrics"]!["UsageQuantity"]!) * 0.000005m, Number(g!["Metrics"]!["UnblendedCost"]!)));
    }

    [Fact]
    public async Task A_stop_writes_what_was_counted_and_a_start_goes_on()
    {
        await using var source = new FakeNpmSource();
        await using var server = await GranaryServer.StartAsync(source);
        using var home = new ClientHome();
        var aws = new AwsCli(server, home);
        await aws.RunAsync("list-domains");
        await server.StopAsync();
        var result = await Command.RunAsync(GranaryServer.Program, ["usage", "--data", server.DataDirectory, "--group-by", "principal", "--format", "json"], home.Path, home.Environment);
        var line = JsonNode.Parse(result.MustSucceed().Output)!.AsArray().Single(r => ((string)r!["group"]!).EndsWith(":user/admin", StringComparison.Ordinal))!;
        Assert.Equal(1, (int)line["requests"]!);
    }

    [Fact]
    public async Task A_scrape_and_a_collector_are_told_and_neither_learns_a_secret()
    {
        using var collector = new Collector();
        await using var source = new FakeNpmSource();
        var port = FreePort.Take(1)[0];
        await using var server = await GranaryServer.StartAsync(new Dictionary<string, string>
        {
            ["ExternalConnections__public__npmjs"] = source.Address.ToString(),
            ["GRANARY_Metrics__Urls"] = $"http://127.0.0.1:{port}",
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
            ["OTEL_BLRP_SCHEDULE_DELAY"] = "200",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "300",
        });
        using var home = new ClientHome();
        var token = await new AwsCli(server, home).TokenAsync();
        using var request = server.Request(HttpMethod.Get, "canary-package", token);
        await server.SendAsync(request);

        var metrics = await server.Client.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"), TestContext.Current.CancellationToken);
        Assert.Contains("granary_requests_total{", metrics, StringComparison.Ordinal);
        Assert.Contains("granary_upstream_duration_seconds_count{", metrics, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await server.Client.GetAsync(new Uri(server.Http, "/metrics"), TestContext.Current.CancellationToken)).StatusCode);
        var told = await collector.WaitAsync(
            received => received.Contains("/v1/metrics", StringComparison.Ordinal) && received.Contains("granary.requests", StringComparison.Ordinal)
                && received.Contains("/v1/traces", StringComparison.Ordinal) && received.Contains("ask source", StringComparison.Ordinal));
        foreach (var text in (string[])[metrics, told])
        {
            Assert.DoesNotContain("canary", text, StringComparison.Ordinal);
            Assert.DoesNotContain(token, text, StringComparison.Ordinal);
            Assert.DoesNotContain(server.Administrator.Secret, text, StringComparison.Ordinal);
        }
    }

    private static string Moment(int seconds) =>
        TimeProvider.System.GetUtcNow().AddSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static decimal Number(JsonNode amount) => decimal.Parse((string)amount["Amount"]!, CultureInfo.InvariantCulture);

    private async Task<CommandResult> UsageAsync(params string[] arguments)
    {
        using var home = new ClientHome();
        return await Command.RunAsync(GranaryServer.Program, ["usage", "--data", shared.Server.DataDirectory, .. arguments], home.Path, home.Environment);
    }

    /// <summary>Takes whatever is sent by OTLP over http, and keeps it as it came.</summary>
    private sealed class Collector : IDisposable
    {
        private readonly HttpListener listener = new();
        private readonly ConcurrentQueue<string> received = new();

        public Collector()
        {
            Address = $"http://127.0.0.1:{FreePort.Take(1)[0]}";
            listener.Prefixes.Add($"{Address}/");
            listener.Start();
            _ = RunAsync();
        }

        public string Address { get; }

        public async Task<string> WaitAsync(Predicate<string> isEnough)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            while (true)
            {
                var text = string.Concat(received);
                if (isEnough(text))
                {
                    return text;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(100), patience.Token);
            }
        }

        public void Dispose() => listener.Close();

        private async Task RunAsync()
        {
            try
            {
                while (true)
                {
                    var context = await listener.GetContextAsync();
                    using var body = new MemoryStream();
                    await context.Request.InputStream.CopyToAsync(body);
                    received.Enqueue($"{context.Request.Url!.AbsolutePath} {Encoding.Latin1.GetString(body.ToArray())}");
                    context.Response.ContentType = "application/x-protobuf";
                    context.Response.Close();
                }
            }
            catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
            {
            }
        }
    }
}
