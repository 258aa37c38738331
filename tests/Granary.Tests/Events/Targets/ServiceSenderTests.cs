using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Granary.Core.Events.Delivery;
using Granary.Core;
using Granary.Server.Authentication;
using Granary.Server.Events.Targets;
using Microsoft.AspNetCore.Http;

namespace Granary.Tests.Events.Targets;

/// <summary>AWS's services: the request that each API has, its signature, and what answers mean.</summary>
public sealed class ServiceSenderTests
{
    private const string Secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    private static readonly DateTimeOffset now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData("sqs:us-west-2:123456789012:orders", "/", "AmazonSQS.SendMessage", "application/x-amz-json-1.0",
        """{"QueueUrl": "ENDPOINT/123456789012/orders", "MessageBody": "{\"told\": \"ü\"}"}""")]
    [InlineData("codebuild:us-west-2:123456789012:project/app", "/", "CodeBuild_20161006.StartBuild", "application/x-amz-json-1.1",
        """{"projectName": "app", "idempotencyToken": "TOKEN"}""")]
    [InlineData("codepipeline:us-west-2:123456789012:release", "/", "CodePipeline_20150709.StartPipelineExecution", "application/x-amz-json-1.1",
        """{"name": "release", "clientRequestToken": "TOKEN"}""")]
    [InlineData("events:us-west-2:123456789012:event-bus/other", "/", "AWSEvents.PutEvents", "application/x-amz-json-1.1",
        """
        {"Entries": [{"EventBusName": "arn:aws:events:us-west-2:123456789012:event-bus/other", "Source": "s", "DetailType": "t", "Detail": "{\"n\": 1}", "Resources": ["r"],
                      "Time": 1767323045}]}
        """)]
    public async Task Calls_a_service_of_JSON(string arn, string path, string operation, string type, string body)
    {
        var (receiver, outcome) = await SendAsync(Call(arn));
        await using (receiver)
        {
            Assert.Equal(SendOutcome.Delivered, outcome);
            var request = Assert.Single(receiver.Requests);
            Assert.Equal((path, operation, type), (request.Target, request.Headers["X-Amz-Target"].ToString(), request.Headers.ContentType.ToString()));
            var expected = body.Replace("ENDPOINT", receiver.Address.AbsoluteUri.TrimEnd('/'), StringComparison.Ordinal).Replace("TOKEN", Token, StringComparison.Ordinal);
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(request.Body)), request.Body);
        }
    }

    [Fact]
    public async Task A_FIFO_queue_gets_group_and_deduplication_id_and_attributes()
    {
        var call = Call("sqs:us-west-2:123456789012:orders.fifo") with
        {
            Settings = TargetSettings.Parse("""{"SqsParameters": {"MessageGroupId": "g"}, "RetryPolicy": {"MaximumRetryAttempts": 2}}"""),
            DeduplicationId = "abc==",
            Attributes = new Dictionary<string, string> { ["ERROR_CODE"] = "TIMEOUT" },
        };
        var (receiver, outcome) = await SendAsync(call);
        await using (receiver)
        {
            Assert.Equal(SendOutcome.Delivered, outcome);
            var body = JsonNode.Parse(Assert.Single(receiver.Requests).Body)!;
            Assert.Equal(("g", "abc=="), ((string?)body["MessageGroupId"], (string?)body["MessageDeduplicationId"]));
            Assert.Equal(("String", "TIMEOUT"), ((string?)body["MessageAttributes"]!["ERROR_CODE"]!["DataType"], (string?)body["MessageAttributes"]!["ERROR_CODE"]!["StringValue"]));
        }

        var (unasked, refused) = await SendAsync(call with { Settings = TargetSettings.None });
        await using (unasked)
        {
            Assert.Equal((SendResult.Rejected, SendCodes.InvalidParameter), (refused.Result, refused.Code));
            Assert.Empty(unasked.Requests);
        }
    }

    [Fact]
    public async Task Calls_SNS_by_the_query_protocol()
    {
        var (receiver, outcome) = await SendAsync(Call("sns:us-west-2:123456789012:news"));
        await using (receiver)
        {
            Assert.Equal(SendOutcome.Delivered, outcome);
            var request = Assert.Single(receiver.Requests);
            Assert.Equal("application/x-www-form-urlencoded; charset=utf-8", request.Headers.ContentType);
            Assert.Equal(
                "Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns%3Aus-west-2%3A123456789012%3Anews&Message=%7B%22told%22%3A%20%22%C3%BC%22%7D", request.Body);
        }
    }

    [Theory]
    [InlineData("lambda:us-west-2:123456789012:function:work", "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-west-2%3A123456789012%3Afunction%3Awork/invocations")]
    [InlineData("lambda:us-west-2:123456789012:function:work:$LATEST",
        "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-west-2%3A123456789012%3Afunction%3Awork/invocations?Qualifier=%24LATEST")]
    public async Task Invokes_a_function_without_waiting_for_it(string arn, string target)
    {
        var (receiver, outcome) = await SendAsync(Call(arn), answer: (context, _) =>
        {
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            return Task.CompletedTask;
        });
        await using (receiver)
        {
            Assert.Equal(SendOutcome.Delivered, outcome);
            var request = Assert.Single(receiver.Requests);
            Assert.Equal((target, "Event", """{"told": "ü"}"""), (request.Target, request.Headers["X-Amz-Invocation-Type"].ToString(), request.Body));
        }
    }

    [Fact]
    public async Task The_input_may_change_a_build_and_a_pipeline_but_not_which_one_it_is()
    {
        const string Input = """{"projectName": "other", "name": "other", "imageOverride": "i", "variables": [{"name": "v", "value": "1"}], "detail": {}}""";
        var (receiver, _) = await SendAsync(Call("codebuild:us-west-2:123456789012:project/app") with { Payload = Input });
        await using (receiver)
        {
            var body = JsonNode.Parse(receiver.Requests[0].Body)!.AsObject();
            Assert.Equal(["imageOverride", "projectName", "idempotencyToken"], body.Select(member => member.Key));
            Assert.Equal("app", (string?)body["projectName"]);
        }

        var (other, _) = await SendAsync(Call("codepipeline:us-west-2:123456789012:release") with { Payload = Input });
        await using (other)
        {
            var body = JsonNode.Parse(other.Requests[0].Body)!.AsObject();
            Assert.Equal(["variables", "name", "clientRequestToken"], body.Select(member => member.Key));
            Assert.Equal("release", (string?)body["name"]);
        }
    }

    [Theory]
    [InlineData("ThrottlingException", 400, SendResult.Retry, SendCodes.Throttling)]
    [InlineData("com.amazonaws.sqs#RequestThrottled", 403, SendResult.Retry, SendCodes.Throttling)]
    [InlineData("TooManyRequestsException", 429, SendResult.Retry, SendCodes.Throttling)]
    [InlineData("InternalFailure", 500, SendResult.Retry, SendCodes.ErrorFromTarget)]
    [InlineData("ServiceUnavailable", 503, SendResult.Retry, SendCodes.ErrorFromTarget)]
    [InlineData("AccountLimitExceededException", 400, SendResult.Retry, SendCodes.ResourceLimitExceeded)]
    [InlineData("ResourceConflictException", 409, SendResult.Retry, SendCodes.ErrorFromTarget)]
    [InlineData("ExpiredTokenException", 403, SendResult.Retry, SendCodes.SdkClientError)]
    [InlineData("UnrecognizedClientException", 403, SendResult.Retry, SendCodes.SdkClientError)]
    [InlineData("AccessDeniedException", 400, SendResult.Rejected, SendCodes.NoPermissions)]
    [InlineData("AccessDenied", 403, SendResult.Rejected, SendCodes.NoPermissions)]
    [InlineData("com.amazonaws.sqs#QueueDoesNotExist", 400, SendResult.Rejected, SendCodes.NoResource)]
    [InlineData("ResourceNotFoundException", 404, SendResult.Rejected, SendCodes.NoResource)]
    [InlineData("InvalidMessageContents", 400, SendResult.Rejected, SendCodes.InvalidParameter)]
    public async Task Errors_are_told_apart(string error, int status, SendResult result, string code)
    {
        foreach (var write in new Func<HttpContext, Task>[]
        {
            context => context.Response.WriteAsync($$"""{"__type": "{{error}}", "message": "m"}"""),
            context =>
            {
                context.Response.Headers["x-amzn-ErrorType"] = $"{error}:http://internal.example/coral/";
                return context.Response.WriteAsync("");
            },
            context => context.Response.WriteAsync($"<ErrorResponse><Error><Type>Sender</Type><Code>{error.Split('#')[^1]}</Code></Error></ErrorResponse>"),
        })
        {
            var (receiver, outcome) = await SendAsync(Call("sqs:us-west-2:123456789012:orders"), answer: (context, _) =>
            {
                context.Response.StatusCode = status;
                return write(context);
            });
            await receiver.DisposeAsync();
            Assert.Equal((result, code), (outcome.Result, outcome.Code));
            Assert.Contains(error.Split('#')[^1], outcome.Reason, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("""{"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException", "ErrorMessage": "m"}]}""", SendResult.Retry)]
    [InlineData("""{"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]}""", SendResult.Retry)]
    [InlineData("""{"FailedEntryCount": 1, "Entries": [{"ErrorCode": "NotAuthorizedForSourceException"}]}""", SendResult.Rejected)]
    [InlineData("""{"FailedEntryCount": 1, "Entries": []}""", SendResult.Retry)]
    [InlineData("""<html>""", SendResult.Retry)]
    [InlineData("""{"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}""", SendResult.Delivered)]
    public async Task A_bus_that_answers_200_may_have_refused_the_entry(string answer, SendResult result)
    {
        var (receiver, outcome) = await SendAsync(Call("events:us-west-2:123456789012:event-bus/other"), answer: (context, _) => context.Response.WriteAsync(answer));
        await receiver.DisposeAsync();
        Assert.Equal(result, outcome.Result);
    }

    [Fact]
    public async Task A_bus_of_this_server_is_asked_without_the_network()
    {
        await using var receiver = await Receiver.StartAsync();
        var known = new List<string>();
        using var senders = new TargetSenders(Options(receiver), new WebhookKeys(new byte[32]), new ManualTime(now), (call, _) =>
        {
            known.Add(call.Arn);
            return Task.FromResult(call.Arn.EndsWith("/own", StringComparison.Ordinal) ? SendOutcome.Delivered : null);
        });
        Assert.Equal(SendOutcome.Delivered, await senders.SendAsync(Call("events:us-west-2:123456789012:event-bus/own"), TestContext.Current.CancellationToken));
        Assert.Empty(receiver.Requests);
        await senders.SendAsync(Call("events:us-west-2:123456789012:event-bus/other"), TestContext.Current.CancellationToken);
        await senders.SendAsync(Call("sqs:us-west-2:123456789012:q"), TestContext.Current.CancellationToken);
        Assert.Equal((2, 2), (receiver.Requests.Count, known.Count));
    }

    [Theory]
    [InlineData("s3:us-west-2:123456789012:bucket")]
    [InlineData("lambda:us-west-2:123456789012:layer:l")]
    [InlineData("sqs:us_west:123456789012:q")]
    [InlineData("sqs:evil.example/:123456789012:q")]
    public async Task Nothing_is_sent_to_what_is_no_target(string arn)
    {
        var (receiver, outcome) = await SendAsync(Call(arn));
        await using (receiver)
        {
            Assert.Equal((SendResult.Rejected, SendCodes.InvalidParameter), (outcome.Result, outcome.Code));
            Assert.Empty(receiver.Requests);
        }
    }

    [Fact]
    public async Task A_service_that_hangs_is_left_after_the_time_out()
    {
        var end = new TaskCompletionSource();
        await using var receiver = await Receiver.StartAsync(async (context, _) =>
        {
            // The head of an answer that never ends holds nobody either.
            context.Response.StatusCode = 400;
            await context.Response.WriteAsync("{");
            await end.Task;
        });
        using var senders = new TargetSenders(Options(receiver) with { Timeout = TimeSpan.FromSeconds(1) }, new WebhookKeys(new byte[32]), new ManualTime(now));
        var outcome = await senders.SendAsync(Call("sqs:us-west-2:123456789012:q"), TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        end.SetResult();
        Assert.Equal((SendResult.Retry, SendCodes.Timeout), (outcome.Result, outcome.Code));
    }

    private static string Token => Convert.ToHexStringLower(SHA256.HashData("e-1/rule/t1"u8));

    /// <summary>Sends to a receiver that verifies the signature of whatever it gets.</summary>
    private static async Task<(Receiver Receiver, SendOutcome Outcome)> SendAsync(TargetCall call, Func<HttpContext, Received, Task>? answer = null)
    {
        var verifier = new SigV4("us-west-2", EventTargetOptions.Services, new ManualTime(now));
        string? wrong = null;
        var receiver = await Receiver.StartAsync(async (context, request) =>
        {
            try
            {
                verifier.Read(context)!.Verify(Secret, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request.Body))));
            }
            catch (Refusal refusal)
            {
                wrong = refusal.Message;
            }

            await (answer is null ? context.Response.WriteAsync("""{"FailedEntryCount": 0}""") : answer(context, request));
        });
        using var senders = new TargetSenders(Options(receiver), new WebhookKeys(new byte[32]), new ManualTime(now));
        var outcome = await senders.SendAsync(call, TestContext.Current.CancellationToken);
        Assert.Null(wrong);
        return (receiver, outcome);
    }

    private static EventTargetOptions Options(Receiver receiver) => new()
    {
        Timeout = TimeSpan.FromSeconds(20),
        Endpoints = EventTargetOptions.Services.ToDictionary(service => service, _ => receiver.Address),
        AccessKeyId = "AKIAEXAMPLE000000001",
        SecretAccessKey = Secret,
    };

    private static TargetCall Call(string arn) => new()
    {
        DeliveryId = "e-1/rule/t1",
        Account = "123456789012",
        EventId = "e-1",
        Arn = $"arn:aws:{arn}",
        Payload = """{"told": "ü"}""",
        Event = """{"id": "e-1", "source": "s", "detail-type": "t", "time": "2026-01-02T03:04:05Z", "resources": ["r"], "detail": {"n": 1}}""",
    };
}
