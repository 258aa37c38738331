using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Granary.Server.Events.Targets;

/// <summary>The call that hands an event to each service, as that service's API has it.</summary>
internal static class ServiceRequests
{
    private static readonly Dictionary<string, string> noHeaders = [];

    // What StartBuild takes beside the project and the token, with which a target's input may change a build.
    private static readonly HashSet<string> BuildMembers = new(StringComparer.Ordinal)
    {
        "sourceVersion", "secondarySourcesOverride", "secondarySourcesVersionOverride", "artifactsOverride", "secondaryArtifactsOverride", "environmentVariablesOverride",
        "sourceTypeOverride", "sourceLocationOverride", "sourceAuthOverride", "gitCloneDepthOverride", "gitSubmodulesConfigOverride", "buildspecOverride", "insecureSslOverride",
        "reportBuildStatusOverride", "buildStatusConfigOverride", "environmentTypeOverride", "imageOverride", "computeTypeOverride", "certificateOverride", "cacheOverride",
        "serviceRoleOverride", "privilegedModeOverride", "timeoutInMinutesOverride", "queuedTimeoutInMinutesOverride", "encryptionKeyOverride", "logsConfigOverride",
        "registryCredentialOverride", "imagePullCredentialsTypeOverride", "debugSessionEnabled", "fleetOverride", "autoRetryLimitOverride",
    };

    private static readonly HashSet<string> PipelineMembers = new(StringComparer.Ordinal) { "variables", "sourceRevisions" };

    /// <param name="call">What is sent.</param>
    /// <param name="arn">Of the target.</param>
    /// <param name="endpoint">Of the service, which stands in the address of a queue.</param>
    /// <returns>Null where events are not sent to what the ARN names.</returns>
    /// <exception cref="FormatException">The event or the payload is not of the form that the service needs.</exception>
    public static ServiceRequest? Create(TargetCall call, ArnParts arn, Uri endpoint) => arn.Service switch
    {
        "sqs" => Queue(call, arn, endpoint),
        "sns" => Topic(call, arn),
        "lambda" when arn.Resource.StartsWith("function:", StringComparison.Ordinal) => Function(call, arn),
        "codebuild" when arn.Resource.StartsWith("project/", StringComparison.Ordinal) => Build(call, arn),
        "codepipeline" => Pipeline(call, arn),
        "events" when arn.Resource.StartsWith("event-bus/", StringComparison.Ordinal) => Bus(call, arn),
        _ => null,
    };

    private static ServiceRequest Queue(TargetCall call, ArnParts arn, Uri endpoint)
    {
        var body = new JsonObject { ["QueueUrl"] = $"{endpoint.AbsoluteUri.TrimEnd('/')}/{arn.Account}/{arn.Resource}", ["MessageBody"] = call.Payload };
        if (IsFifo(arn))
        {
            body["MessageGroupId"] = call.Settings.MessageGroupId ?? throw new FormatException("A FIFO queue needs SqsParameters.MessageGroupId.");
            body["MessageDeduplicationId"] = DeduplicationId(call);
        }
        else if (call.Settings.MessageGroupId is { } group)
        {
            // Of a standard queue it makes the order of service fair.
            body["MessageGroupId"] = group;
        }

        if (call.Attributes.Count > 0)
        {
            body["MessageAttributes"] = new JsonObject(call.Attributes.Select(attribute =>
                KeyValuePair.Create<string, JsonNode?>(attribute.Key, new JsonObject { ["DataType"] = "String", ["StringValue"] = attribute.Value })));
        }

        return ServiceRequest.Json("sqs", arn.Region, "1.0", "AmazonSQS.SendMessage", body.ToJsonString());
    }

    private static ServiceRequest Topic(TargetCall call, ArnParts arn)
    {
        var form = new List<KeyValuePair<string, string>>
        {
            new("Action", "Publish"),
            new("Version", "2010-03-31"),
            new("TopicArn", call.Arn),
            new("Message", call.Payload),
        };
        if (IsFifo(arn))
        {
            form.Add(new("MessageGroupId", call.Settings.MessageGroupId ?? throw new FormatException("A FIFO topic needs SqsParameters.MessageGroupId.")));
            form.Add(new("MessageDeduplicationId", DeduplicationId(call)));
        }

        var body = string.Join('&', form.Select(p => $"{p.Key}={Uri.EscapeDataString(p.Value)}"));
        return new ServiceRequest("sns", arn.Region, "/", "", "application/x-www-form-urlencoded; charset=utf-8", body, noHeaders);
    }

    // By its whole ARN, so that it may be another account's.
    private static ServiceRequest Function(TargetCall call, ArnParts arn)
    {
        var name = arn.Resource["function:".Length..].Split(':', 2);
        var function = $"arn:{arn.Partition}:lambda:{arn.Region}:{arn.Account}:function:{name[0]}";
        return new ServiceRequest(
            "lambda", arn.Region, $"/2015-03-31/functions/{Uri.EscapeDataString(function)}/invocations", name is [_, var qualifier] ? $"Qualifier={Uri.EscapeDataString(qualifier)}" : "",
            "application/json", call.Payload, new Dictionary<string, string> { ["X-Amz-Invocation-Type"] = "Event" });
    }

    private static ServiceRequest Build(TargetCall call, ArnParts arn)
    {
        var body = Members(call.Payload, BuildMembers);
        body["projectName"] = arn.Resource["project/".Length..];
        body["idempotencyToken"] = Token(call);
        return ServiceRequest.Json("codebuild", arn.Region, "1.1", "CodeBuild_20161006.StartBuild", body.ToJsonString());
    }

    private static ServiceRequest Pipeline(TargetCall call, ArnParts arn)
    {
        var body = Members(call.Payload, PipelineMembers);
        body["name"] = arn.Resource;
        body["clientRequestToken"] = Token(call);
        return ServiceRequest.Json("codepipeline", arn.Region, "1.1", "CodePipeline_20150709.StartPipelineExecution", body.ToJsonString());
    }

    // The bus gets the event as it is: it stays one event, on however many buses it is.
    private static ServiceRequest Bus(TargetCall call, ArnParts arn)
    {
        try
        {
            using var document = JsonDocument.Parse(call.Event);
            var @event = document.RootElement;
            var entry = new JsonObject
            {
                ["EventBusName"] = call.Arn,
                ["Source"] = @event.GetProperty("source").GetString(),
                ["DetailType"] = @event.GetProperty("detail-type").GetString(),
                ["Detail"] = @event.GetProperty("detail").GetRawText(),
                ["Resources"] = @event.TryGetProperty("resources", out var resources) ? JsonNode.Parse(resources.GetRawText()) : new JsonArray(),
            };
            if (@event.TryGetProperty("time", out var time)
                && DateTimeOffset.TryParse(time.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
            {
                entry["Time"] = at.ToUnixTimeSeconds();
            }

            return ServiceRequest.Json("events", arn.Region, "1.1", "AWSEvents.PutEvents", new JsonObject { ["Entries"] = new JsonArray(entry) }.ToJsonString());
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException("The event lacks what an event bus needs: source, detail-type and detail.", failure);
        }
    }

    private static bool IsFifo(ArnParts arn) => arn.Resource.EndsWith(".fifo", StringComparison.Ordinal);

    private static string DeduplicationId(TargetCall call) => call.DeduplicationId ?? Token(call);

    /// <summary>Of letters and digits alone, whatever delivery ids are: every service takes it.</summary>
    private static string Token(TargetCall call) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(call.DeliveryId)));

    private static JsonObject Members(string payload, HashSet<string> names)
    {
        try
        {
            return JsonNode.Parse(payload) is JsonObject given
                ? new JsonObject(given.Where(member => names.Contains(member.Key)).Select(member => KeyValuePair.Create(member.Key, member.Value?.DeepClone())))
                : [];
        }
        catch (JsonException)
        {
            // An input of plain text has nothing to say to it.
            return [];
        }
    }
}
