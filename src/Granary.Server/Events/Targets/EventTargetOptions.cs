using System.Net;

namespace Granary.Server.Events.Targets;

/// <summary>How events are sent.</summary>
public sealed record EventTargetOptions
{
    public const string Section = "Events";

    /// <summary>The services that events are sent to, by their names in ARNs; each may have an endpoint of its own.</summary>
    public static IReadOnlyList<string> Services { get; } = ["sqs", "sns", "lambda", "codebuild", "codepipeline", "events"];

    /// <summary>From the beginning of an attempt to the answer: five seconds, as EventBridge has it for API destinations.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Networks that API destinations may be in beside the public internet.</summary>
    public IReadOnlyList<IPNetwork> AllowedNetworks { get; init; } = [];

    /// <summary>The addresses of a host of an API destination, each time that a connection is opened.</summary>
    internal Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;

    /// <summary>Where services are asked in place of AWS, by the service.</summary>
    public IReadOnlyDictionary<string, Uri> Endpoints { get; init; } = new Dictionary<string, Uri>();

    /// <summary>Both or none; without them AWS's own search: environment, profile, role of the machine.</summary>
    public string? AccessKeyId { get; init; }

    public string? SecretAccessKey { get; init; }
}
