using System.Text.Json.Nodes;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Conformance;

/// <summary>
/// One run of the whole API against a published server of its own: AWS's JavaScript SDK with all its commands, then calls that are made
/// out of botocore's model. The report is left beside the tests as <c>conformance.json</c>.
/// </summary>
public sealed class ConformanceRun : IAsyncLifetime
{
    private const string PublicPackage = "conformance-public";

    // Half a minute on two cores that have nothing else to do; it runs beside the rest of the suite.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    private readonly FakeNpmSource _source = new();
    private readonly ClientHome _home = new();
    private GranaryServer? _server;

    /// <summary>What the run found; its members are those that <c>run/run.py</c> writes.</summary>
    public JsonObject Model { get; private set; } = null!;

    /// <summary>What the JavaScript SDK met; its members are those that <c>clients/conformance.mjs</c> writes.</summary>
    public JsonObject Sdk { get; private set; } = null!;

    /// <summary>Whose model it was.</summary>
    public Botocore Botocore { get; private set; } = null!;

    /// <summary>All operations of the API, as the SDK lists them.</summary>
    public IReadOnlyList<string> Commands => Texts(Sdk, "commands");

    /// <summary>What the model of an old botocore lacks.</summary>
    public IReadOnlyList<string> NotInModel => Texts(Model, "notInModel");

    /// <summary>What this server lacks; the run has asked it.</summary>
    public IReadOnlyList<string> NotThereYet => Texts(Model, "notThereYet");

    public IEnumerable<JsonObject> Rows => Model["operations"]!.AsArray().Select(row => row!.AsObject());

    public string ServerLog => _server!.ReadLog();

    public async ValueTask InitializeAsync()
    {
        Botocore = await Botocore.FindAsync();
        _source.Add(PublicPackage);
        _server = await GranaryServer.StartAsync(_source);
        var (key, secret) = _server.Administrator;
        var job = new JsonObject { ["endpoint"] = _server.Http.GetLeftPart(UriPartial.Authority), ["region"] = "us-east-1", ["key"] = key, ["secret"] = secret };
        Sdk = await RunAsync(Tool.EveryCommand, job);
        job["public"] = PublicPackage;
        job["commands"] = Sdk["commands"]!.DeepClone();
        Model = await RunAsync([Botocore.Python, "-B", Path.Combine(AppContext.BaseDirectory, "Conformance", "run", "run.py")], job);
        await File.WriteAllTextAsync(
            Path.Combine(AppContext.BaseDirectory, "conformance.json"),
            new JsonObject { ["model"] = Model.DeepClone(), ["sdk"] = Sdk.DeepClone() }.ToJsonString());
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        await _source.DisposeAsync();
        _home.Dispose();
    }

    private static List<string> Texts(JsonObject from, string member) => [.. from[member]!.AsArray().Select(text => (string)text!)];

    private async Task<JsonObject> RunAsync(IReadOnlyList<string> tool, JsonObject job)
    {
        var result = await Command.RunAsync(tool[0], tool.Skip(1), _home.Path, _home.Environment, Limit, job.ToJsonString());
        return JsonNode.Parse(result.MustSucceed().Output)!.AsObject();
    }
}
