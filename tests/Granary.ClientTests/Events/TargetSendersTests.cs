using System.Net;
using System.Text.Json.Nodes;
using Granary.ClientTests.Harness;
using Granary.Core.Events.Delivery;
using Granary.Server.Events.Targets;

namespace Granary.ClientTests.Events;

/// <summary>What is sent to AWS's services, as a stand-in of those services takes it, and as AWS's own client writes it.</summary>
public sealed class TargetSendersTests : IDisposable
{
    private const string Account = "123456789012";
    private const string Event = """{"id": "e-1", "source": "my.source", "detail-type": "t", "time": "2026-01-02T03:04:05Z", "resources": ["r"], "detail": {"n": 1}}""";
    private const string Payload = """{"told": "ü & ü"}""";

    private readonly TempDirectory home = new("targets");

    public void Dispose() => home.Dispose();

    [Fact]
    public async Task SQS_SNS_CodeBuild_and_EventBridge_take_what_is_sent()
    {
        await using var moto = await Moto.StartAsync();
        using var senders = Senders(moto.Address);
        async Task<SendOutcome> SendAsync(TargetCall call) => await senders.SendAsync(call, TestContext.Current.CancellationToken);

        await moto.CallAsync("sqs", "1.0", "AmazonSQS.CreateQueue", """{"QueueName": "orders"}""");
        var attributes = new Dictionary<string, string> { ["ERROR_CODE"] = "TIMEOUT", ["RULE_ARN"] = "arn:x" };
        Assert.Equal(SendOutcome.Delivered, await SendAsync(Call($"sqs:us-west-2:{Account}:orders") with { Attributes = attributes }));
        var message = Assert.Single(await moto.ReceiveAsync("orders"))!;
        Assert.Equal((Payload, "TIMEOUT"), ((string?)message["Body"], (string?)message["MessageAttributes"]!["ERROR_CODE"]!["StringValue"]));

        await moto.CallAsync("sqs", "1.0", "AmazonSQS.CreateQueue", """{"QueueName": "orders.fifo", "Attributes": {"FifoQueue": "true"}}""");
        var fifo = Call($"sqs:us-west-2:{Account}:orders.fifo") with { Settings = TargetSettings.Parse("""{"SqsParameters": {"MessageGroupId": "g"}}"""), DeduplicationId = "a+/b==" };
        Assert.Equal(SendOutcome.Delivered, await SendAsync(fifo));
        Assert.Equal(SendOutcome.Delivered, await SendAsync(fifo));
        var ordered = Assert.Single(await moto.ReceiveAsync("orders.fifo"))!;
        Assert.Equal(("g", "a+/b=="), ((string?)ordered["Attributes"]!["MessageGroupId"], (string?)ordered["Attributes"]!["MessageDeduplicationId"]));

        await moto.CallAsync("sqs", "1.0", "AmazonSQS.CreateQueue", """{"QueueName": "readers"}""");
        await moto.QueryAsync(("Action", "CreateTopic"), ("Version", "2010-03-31"), ("Name", "news"));
        await moto.QueryAsync(
            ("Action", "Subscribe"), ("Version", "2010-03-31"), ("TopicArn", $"arn:aws:sns:us-west-2:{Account}:news"), ("Protocol", "sqs"),
            ("Endpoint", $"arn:aws:sqs:us-west-2:{Account}:readers"));
        Assert.Equal(SendOutcome.Delivered, await SendAsync(Call($"sns:us-west-2:{Account}:news")));
        Assert.Equal(Payload, (string?)JsonNode.Parse((string)Assert.Single(await moto.ReceiveAsync("readers"))!["Body"]!)!["Message"]);

        await moto.CallAsync("codebuild", "1.1", "CodeBuild_20161006.CreateProject",
            $$"""
            {"name": "app", "source": {"type": "S3", "location": "bucket/path"}, "artifacts": {"type": "NO_ARTIFACTS"}, "serviceRole": "arn:aws:iam::{{Account}}:role/service-role/r",
             "environment": {"type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL"} }
            """);
        Assert.Equal(SendOutcome.Delivered, await SendAsync(Call($"codebuild:us-west-2:{Account}:project/app")));
        Assert.Single((await moto.CallAsync("codebuild", "1.1", "CodeBuild_20161006.ListBuildsForProject", """{"projectName": "app"}"""))["ids"]!.AsArray());

        await moto.CallAsync("sqs", "1.0", "AmazonSQS.CreateQueue", """{"QueueName": "forwarded"}""");
        await moto.CallAsync("events", "1.1", "AWSEvents.CreateEventBus", """{"Name": "other"}""");
        await moto.CallAsync("events", "1.1", "AWSEvents.PutRule", """{"Name": "all", "EventBusName": "other", "EventPattern": "{\"source\": [\"my.source\"]}"}""");
        await moto.CallAsync("events", "1.1", "AWSEvents.PutTargets",
            $$$"""{"Rule": "all", "EventBusName": "other", "Targets": [{"Id": "q", "Arn": "arn:aws:sqs:us-west-2:{{{Account}}}:forwarded"}]}""");
        Assert.Equal(SendOutcome.Delivered, await SendAsync(Call($"events:us-west-2:{Account}:event-bus/other")));
        var forwarded = JsonNode.Parse((string)Assert.Single(await moto.ReceiveAsync("forwarded"))!["Body"]!)!;
        Assert.Equal(("my.source", "t", 1), ((string?)forwarded["source"], (string?)forwarded["detail-type"], (int?)forwarded["detail"]!["n"]));

        Assert.Equal(SendCodes.NoResource, (await SendAsync(Call($"sqs:us-west-2:{Account}:nosuch"))).Code);
        Assert.Equal(SendCodes.NoResource, (await SendAsync(Call($"sns:us-west-2:{Account}:nosuch"))).Code);
        Assert.Equal(SendCodes.NoResource, (await SendAsync(Call($"codebuild:us-west-2:{Account}:project/nosuch"))).Code);
        Assert.Equal(SendCodes.NoResource, (await SendAsync(Call($"lambda:us-west-2:{Account}:function:nosuch"))).Code);
    }

    [Theory]
    [InlineData("codepipeline", "codepipeline:us-west-2:123456789012:release", "start_pipeline_execution", """{"name": "release", "clientRequestToken": TOKEN}""")]
    [InlineData("codebuild", "codebuild:us-west-2:123456789012:project/app", "start_build", """{"projectName": "app", "idempotencyToken": TOKEN}""")]
    [InlineData("lambda", "lambda:us-west-2:123456789012:function:work:live", "invoke",
        """{"FunctionName": "arn:aws:lambda:us-west-2:123456789012:function:work", "Qualifier": "live", "InvocationType": "Event", "Payload": PAYLOAD}""")]
    [InlineData("sqs", "sqs:us-west-2:123456789012:orders", "send_message", """{"QueueUrl": ENDPOINT + "123456789012/orders", "MessageBody": PAYLOAD}""")]
    [InlineData("sns", "sns:us-west-2:123456789012:news", "publish", """{"TopicArn": "arn:aws:sns:us-west-2:123456789012:news", "Message": PAYLOAD}""")]
    public async Task A_request_is_the_one_that_AWSs_own_client_makes(string service, string arn, string operation, string parameters)
    {
        using var listener = FreePort.Listen();
        var address = new Uri(listener.Prefixes.Single());

        var ours = CaptureAsync(listener);
        using var senders = Senders(address);
        await senders.SendAsync(Call(arn), TestContext.Current.CancellationToken);
        var sent = await ours;

        var theirs = CaptureAsync(listener);
        var token = sent.Body.StartsWith('{') ? JsonNode.Parse(sent.Body)!.AsObject().FirstOrDefault(member => member.Key.EndsWith("Token", StringComparison.Ordinal)).Value?.ToString() : null;
        var script = $"""
            import boto3, json, sys
            from botocore.config import Config
            ENDPOINT, TOKEN, PAYLOAD = sys.argv[1:]
            client = boto3.client("{service}", endpoint_url=ENDPOINT, region_name="us-west-2", aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="s",
                                  config=Config(retries=dict(max_attempts=0), parameter_validation=True))
            try:
                client.{operation}(**{parameters})
            except Exception as failure:
                print(repr(failure), file=sys.stderr)
            """;
        var botocore = await Botocore.FindAsync();
        var said = await Command.RunAsync(
            botocore.Python, ["-c", script, address.ToString(), token ?? "", Payload], home.Path, new Dictionary<string, string> { ["PATH"] = Environment.GetEnvironmentVariable("PATH")!, ["HOME"] = home.Path });
        var expected = await theirs.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.Equal((expected.Method, expected.Target, expected.Operation), (sent.Method, sent.Target, sent.Operation));
        Assert.Equal(Parameters(expected.Body), Parameters(sent.Body));
        Assert.True(said.ExitCode == 0, said.Everything);
    }

    /// <summary>The members of a body in their order by name, whichever protocol it is of.</summary>
    private static IEnumerable<string> Parameters(string body) => body.StartsWith('{')
        ? JsonNode.Parse(body)!.AsObject().Select(member => $"{member.Key}={member.Value!.ToJsonString()}").Order(StringComparer.Ordinal)
        : body.Split('&').Select(pair => Uri.UnescapeDataString(pair.Replace('+', ' '))).Order(StringComparer.Ordinal);

    private static async Task<(string Method, string Target, string? Operation, string Body)> CaptureAsync(HttpListener listener)
    {
        var context = await listener.GetContextAsync();
        using var reader = new StreamReader(context.Request.InputStream);
        var captured = (context.Request.HttpMethod, context.Request.RawUrl!, context.Request.Headers["X-Amz-Target"], await reader.ReadToEndAsync());
        context.Response.StatusCode = 200;
        context.Response.Close("{}"u8.ToArray(), willBlock: false);
        return captured;
    }

    private TargetSenders Senders(Uri address) => new(
        new EventTargetOptions
        {
            Timeout = TimeSpan.FromSeconds(60),
            Endpoints = EventTargetOptions.Services.ToDictionary(service => service, _ => address),
            AccessKeyId = "AKIAEXAMPLE",
            SecretAccessKey = "secret",
        },
        new WebhookKeys(home.Path),
        TimeProvider.System);

    private static TargetCall Call(string arn) => new() { DeliveryId = "e-1/all/q", Account = "123456789012", EventId = "e-1", Arn = $"arn:aws:{arn}", Payload = Payload, Event = Event };
}
