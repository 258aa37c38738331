using System.Text.Json.Nodes;

namespace Granary.ClientTests.Harness;

/// <summary>
/// Passes what the fake source is asked on to the npm registry that this machine's own npm is configured for, so that a test can
/// install a real tree and then switch the source off.
/// </summary>
public sealed class ForwardedSource : IDisposable
{
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromMinutes(1) };
    private readonly Uri _registry;

    private ForwardedSource(Uri registry) => _registry = registry;

    /// <summary>Reads the machine's npm configuration, with the machine's own environment.</summary>
    public static async Task<ForwardedSource> FromMachineAsync()
    {
        var environment = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!);
        var answer = (await Command.RunAsync(Tool.Npm[0], ["config", "get", "registry"], Path.GetTempPath(), environment)).MustSucceed();
        var address = answer.Output.Trim();
        return new ForwardedSource(new Uri(address.EndsWith('/') ? address : address + "/"));
    }

    public async Task ServeAsync(FakeExchange exchange)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_registry, exchange.Request.Target.TrimStart('/')));
        if (exchange.Header("Accept") is { } accept)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        using var response = await _client.SendAsync(request);
        var body = await response.Content.ReadAsByteArrayAsync();
        if ((int)response.StatusCode == 200 && !exchange.Path.Contains("/-/", StringComparison.Ordinal))
        {
            await exchange.SendPackumentAsync(AtOurAddress(JsonNode.Parse(body)!.AsObject(), exchange.Source.Address));
            return;
        }

        await exchange.SendAsync((int)response.StatusCode, "application/octet-stream", body);
    }

    public void Dispose() => _client.Dispose();

    private static JsonObject AtOurAddress(JsonObject packument, Uri address)
    {
        var name = packument["name"]!.GetValue<string>();
        foreach (var (_, version) in packument["versions"]!.AsObject())
        {
            var dist = version!["dist"]!;
            var file = new Uri(dist["tarball"]!.GetValue<string>()).Segments[^1];
            dist["tarball"] = new Uri(address, $"{name}/-/{file}").AbsoluteUri;
        }

        return packument;
    }
}
