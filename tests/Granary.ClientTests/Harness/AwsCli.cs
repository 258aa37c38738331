using System.Text.Json.Nodes;

namespace Granary.ClientTests.Harness;

/// <summary>The AWS CLI with the files that the server wrote at its first start, and nothing else of this machine.</summary>
public sealed class AwsCli(GranaryServer server, ClientHome home)
{
    // The first releases that read endpoint_url out of the configuration file, as the README asks for.
    private static readonly Dictionary<int, Version> ReadingEndpoints = new() { [1] = new(1, 29), [2] = new(2, 13) };

    private static readonly Lazy<Task<Version>> Release = new(ReadReleaseAsync);

    /// <summary>Variables for one call only, for instance another credentials file.</summary>
    public Dictionary<string, string> Extra { get; } = [];

    /// <summary>The service whose operations are run.</summary>
    public string Service { get; init; } = "codeartifact";

    /// <summary>Another service with the same settings.</summary>
    public AwsCli Of(string service)
    {
        var other = new AwsCli(server, home) { Service = service };
        foreach (var (name, value) in Extra)
        {
            other.Extra[name] = value;
        }

        return other;
    }

    /// <summary>The same service with another's access key.</summary>
    public AwsCli As(string accessKey, string secret)
    {
        var other = Of(Service);
        (other.Extra["AWS_ACCESS_KEY_ID"], other.Extra["AWS_SECRET_ACCESS_KEY"]) = (accessKey, secret);
        return other;
    }

    /// <summary>Runs <c>aws codeartifact …</c>, or <see cref="Service"/>.</summary>
    public Task<CommandResult> TryAsync(params string[] arguments) => TryServiceAsync(Service, arguments);

    /// <summary>Runs <c>aws SERVICE …</c>.</summary>
    public async Task<CommandResult> TryServiceAsync(string service, params string[] arguments)
    {
        var environment = new Dictionary<string, string>(home.Environment)
        {
            ["AWS_SHARED_CREDENTIALS_FILE"] = Path.Combine(server.DataDirectory, "aws", "credentials"),
            ["AWS_CONFIG_FILE"] = Path.Combine(server.DataDirectory, "aws", "config"),
            ["AWS_EC2_METADATA_DISABLED"] = "true",
            ["AWS_MAX_ATTEMPTS"] = "1",
            ["AWS_PAGER"] = "",
        };
        foreach (var (name, value) in Extra)
        {
            environment[name] = value;
        }

        // Debian's own release is older: it is told what newer ones read.
        string[] endpoint = await IsOldAsync() ? ["--endpoint-url", server.Http.ToString()] : [];
        var result = await ForkedAws.RunAsync([.. endpoint, service, .. arguments], home.Path, environment);

        // AWS's SDKs, which are newer, call every operation in the conformance run.
        Assert.SkipWhen(endpoint.Length > 0 && result.Everything.Contains("argument operation: Invalid choice", StringComparison.Ordinal), $"This release of the AWS CLI has no {arguments[0]}.");
        return result;
    }

    /// <summary>Whether this machine's release reads no endpoint from its configuration and lacks the operations of later years.</summary>
    public static async Task<bool> IsOldAsync() =>
        await Release.Value is var release && ReadingEndpoints.TryGetValue(release.Major, out var first) && release < first;

    private static async Task<Version> ReadReleaseAsync()
    {
        // aws-cli/2.9.19 Python/3.11.2 Linux/…
        var said = await Command.RunAsync(Tool.Aws[0], ["--version"], Path.GetTempPath(), new Dictionary<string, string> { ["PATH"] = Environment.GetEnvironmentVariable("PATH")! });
        return Version.Parse(said.MustSucceed().Output.Split('/', ' ')[1]);
    }

    /// <summary>Runs an operation that must succeed and answers its JSON (an empty object when it prints nothing).</summary>
    public async Task<JsonNode> RunAsync(params string[] arguments)
    {
        var result = (await TryAsync([.. arguments, "--output", "json"])).MustSucceed();
        return string.IsNullOrWhiteSpace(result.Output) ? new JsonObject() : JsonNode.Parse(result.Output)!;
    }

    /// <summary>As <see cref="RunAsync"/>, of another service.</summary>
    public async Task<JsonNode> RunServiceAsync(string service, params string[] arguments) =>
        JsonNode.Parse((await TryServiceAsync(service, [.. arguments, "--output", "json"])).MustSucceed().Output)!;

    /// <summary>Runs an operation that must be refused with the given error name.</summary>
    public async Task<CommandResult> RefusedAsync(string error, params string[] arguments)
    {
        var result = await TryAsync(arguments);
        Assert.True(result.ExitCode != 0, $"Expected {error}, got success: {result.Command}\n{result.Everything}");
        Assert.Contains($"({error})", result.Everything, StringComparison.Ordinal);
        return result;
    }

    public async Task<string> TokenAsync(string domain = GranaryServer.Domain)
    {
        var answer = await RunAsync("get-authorization-token", "--domain", domain, "--domain-owner", GranaryServer.Account);
        return answer["authorizationToken"]!.GetValue<string>();
    }

    /// <summary>A repository of its own, in my-domain, which the tests of one class may change as they like.</summary>
    public async Task<string> CreateRepositoryAsync(string name, params string[] upstreams)
    {
        string[] more = upstreams.Length == 0 ? [] : ["--upstreams", .. upstreams.Select(upstream => $"repositoryName={upstream}")];
        await RunAsync(["create-repository", "--domain", GranaryServer.Domain, "--repository", name, .. more]);
        return name;
    }
}
