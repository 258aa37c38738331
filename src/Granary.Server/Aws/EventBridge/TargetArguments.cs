using System.Text.Json;
using Granary.Core.Events.Buses;
using Granary.Core.Events.Input;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.EventBridge;

/// <summary>AWS's structure <c>Target</c>.</summary>
internal static class TargetArguments
{
    // More than every member of the model at its longest but the SQL statements of Redshift, which nothing is sent to.
    private const int LargestSettings = 32 << 10;

    // Kept as they are given; those of the first line mean something here.
    private static readonly string[] Kept =
    [
        "HttpParameters", "SqsParameters", "RetryPolicy", "DeadLetterConfig",
        "KinesisParameters", "RunCommandParameters", "EcsParameters", "BatchParameters", "RedshiftDataParameters", "SageMakerPipelineParameters",
        "AppSyncParameters",
    ];

    /// <exception cref="Core.Refusal">Validation: nothing can be sent to it, or not so.</exception>
    public static EventTarget Read(RuleName rule, BodyArguments target)
    {
        var id = target.Required("Id", EventShapes.TargetId);
        var text = target.Required("Arn", EventShapes.Arn);
        var arn = TargetArn.Parse(text) ?? throw EventRefusals.Invalid(text.StartsWith("arn:", StringComparison.Ordinal)
            ? $"Parameter {text} is not valid. Reason: Granary does not send events to it. {TargetArn.Supported}"
            : $"Parameter {text} is not valid. Reason: Provided Arn is not in correct format.");
        CheckSettings(id, arn, target);
        var (input, path, transformer) = (ReadInput(id, target), ReadPath(id, target), ReadTransformer(id, target));
        return new[] { input, path, transformer }.Count(i => i is not null) > 1
            ? throw EventRefusals.Invalid($"Only one of Input, InputPath, or InputTransformer must be provided for target {id}.")
            : new EventTarget
            {
                AccountId = rule.Account,
                Bus = rule.Bus,
                Rule = rule.Name,
                Id = id,
                Arn = text,
                RoleArn = target.Optional("RoleArn", EventShapes.Arn),
                Input = input,
                InputPath = path,
                InputTransformer = transformer,
                Settings = RawJson.Object(target, Kept, LargestSettings),
            };
    }

    /// <summary>The members as they were given.</summary>
    public static void Write(Utf8JsonWriter json, EventTarget target)
    {
        json.WriteString("Id"u8, target.Id);
        json.WriteString("Arn"u8, target.Arn);
        json.WriteOptional("RoleArn", target.RoleArn);
        json.WriteOptional("Input", target.Input);
        json.WriteOptional("InputPath", target.InputPath);
        if (target.InputTransformer is { } transformer)
        {
            json.WritePropertyName("InputTransformer"u8);
            json.WriteRawValue(transformer);
        }

        RawJson.WriteMembers(json, target.Settings);
    }

    private static string? ReadInput(string id, BodyArguments target)
    {
        if (target.Optional("Input", EventShapes.Input) is not { } input)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(input);
            return input;
        }
        catch (JsonException)
        {
            throw EventRefusals.Invalid($"Input for target {id} is not JSON. A text alone is JSON between quotation marks.");
        }
    }

    private static string? ReadPath(string id, BodyArguments target) => target.Optional("InputPath", EventShapes.InputPath) switch
    {
        null => null,
        var path => Followed(() => InputPath.Parse(id, path), path),
    };

    private static string? ReadTransformer(string id, BodyArguments target)
    {
        if (target.Object("InputTransformer") is not { } transformer)
        {
            return null;
        }

        var paths = transformer.Map("InputPathsMap", EventShapes.InputVariable, EventShapes.InputPath, 100);
        var template = transformer.Required("InputTemplate", EventShapes.InputTemplate);
        return Followed(() => InputTransformer.Parse(id, paths, template), RawJson.Object(transformer, ["InputPathsMap", "InputTemplate"], int.MaxValue));
    }

    private static string Followed(Func<object> read, string given)
    {
        try
        {
            _ = read();
            return given;
        }
        catch (InvalidInputException fault)
        {
            throw EventRefusals.Invalid(fault.Message);
        }
    }

    private static void CheckSettings(string id, TargetArn arn, BodyArguments target)
    {
        var group = target.Object("SqsParameters")?.Optional("MessageGroupId", EventShapes.MessageGroupId);
        if (arn is { Kind: TargetKind.Sqs, IsFifo: true } && string.IsNullOrEmpty(group))
        {
            throw EventRefusals.Invalid($"Parameter(s) SqsParameters must be specified for target: {id}. A FIFO queue needs a MessageGroupId.");
        }

        if (target.Object("HttpParameters") is { } http)
        {
            _ = http.Texts("PathParameterValues", EventShapes.PathParameter, EventShapes.MostHttpParameters);
            _ = http.Map("HeaderParameters", EventShapes.HeaderKey, EventShapes.HeaderValue, EventShapes.MostHttpParameters);
            _ = http.Map("QueryStringParameters", EventShapes.QueryKey, EventShapes.QueryValue, EventShapes.MostHttpParameters);
        }

        if (target.Object("RetryPolicy") is { } retry)
        {
            _ = retry.Integer("MaximumRetryAttempts", 0, 185);
            _ = retry.Integer("MaximumEventAgeInSeconds", 60, 86_400);
        }

        if (target.Object("DeadLetterConfig")?.Optional("Arn", EventShapes.Arn) is { } dead && TargetArn.Parse(dead) is not { Kind: TargetKind.Sqs, IsFifo: false })
        {
            throw EventRefusals.Invalid($"DeadLetterConfig of target {id} must name a standard SQS queue, and {dead} is none.");
        }
    }
}
