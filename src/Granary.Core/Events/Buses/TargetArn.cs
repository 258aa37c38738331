using System.Text.RegularExpressions;

namespace Granary.Core.Events.Buses;

/// <summary>What events can be sent to.</summary>
public enum TargetKind
{
    Sqs,
    Sns,
    Lambda,
    CodeBuild,
    CodePipeline,
    EventBus,
    ApiDestination,
}

/// <summary>The ARN of a target.</summary>
/// <param name="Resource">
/// The name of a queue, topic, pipeline, project or bus; of a function its name and, after a colon, its qualifier if there is one; of an API destination
/// its name, a slash and its id.
/// </param>
public sealed partial record TargetArn(TargetKind Kind, string Region, string Account, string Resource)
{
    /// <summary>The forms of ARNs that are taken, for refusals.</summary>
    public const string Supported =
        "Targets can be SQS queues, SNS topics, Lambda functions, CodeBuild projects, CodePipeline pipelines, event buses and API destinations.";

    public bool IsFifo => Kind is TargetKind.Sqs or TargetKind.Sns && Resource.EndsWith(".fifo", StringComparison.Ordinal);

    /// <summary>The ARN, or null where it is none of something that events can be sent to.</summary>
    public static TargetArn? Parse(string arn)
    {
        if (Form().Match(arn) is not { Success: true } match)
        {
            return null;
        }

        var (service, resource) = (match.Groups["service"].Value, match.Groups["resource"].Value);
        var found = service switch
        {
            "sqs" => Named(TargetKind.Sqs, "", resource, Queue()),
            "sns" => Named(TargetKind.Sns, "", resource, Topic()),
            "lambda" => Named(TargetKind.Lambda, "function:", resource, Function()),
            "codebuild" => Named(TargetKind.CodeBuild, "project/", resource, Project()),
            "codepipeline" => Named(TargetKind.CodePipeline, "", resource, Pipeline()),
            "events" => Named(TargetKind.EventBus, "event-bus/", resource, Bus()) ?? Named(TargetKind.ApiDestination, "api-destination/", resource, Destination()),
            _ => null,
        };
        return found is var (kind, name) ? new TargetArn(kind, match.Groups["region"].Value, match.Groups["account"].Value, name) : null;
    }

    private static (TargetKind Kind, string Name)? Named(TargetKind kind, string prefix, string resource, Regex form) =>
        resource.StartsWith(prefix, StringComparison.Ordinal) && form.IsMatch(resource[prefix.Length..]) ? (kind, resource[prefix.Length..]) : null;

    [GeneratedRegex(@"\Aarn:aws[a-z-]*:(?<service>[a-z]+):(?<region>[a-z]{2}[a-z0-9-]*-\d+):(?<account>\d{12}):(?<resource>[!-~]+)\z")]
    private static partial Regex Form();

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,80}(\.fifo)?\z")]
    private static partial Regex Queue();

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,256}(\.fifo)?\z")]
    private static partial Regex Topic();

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,140}(:(\$LATEST|[A-Za-z0-9_-]{1,128}))?\z")]
    private static partial Regex Function();

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9_-]{1,254}\z")]
    private static partial Regex Project();

    [GeneratedRegex(@"\A[A-Za-z0-9.@_-]{1,100}\z")]
    private static partial Regex Pipeline();

    [GeneratedRegex(@"\A[.\-_A-Za-z0-9]{1,256}\z")]
    private static partial Regex Bus();

    [GeneratedRegex(@"\A[.\-_A-Za-z0-9]{1,64}/[-A-Za-z0-9]+\z")]
    private static partial Regex Destination();
}
