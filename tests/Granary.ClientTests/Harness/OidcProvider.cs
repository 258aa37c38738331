using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Granary.ClientTests.Harness;

/// <summary>The npm package oidc-provider as a process of its own on a free port of loopback: what signs the tokens of a CI system.</summary>
public sealed class OidcProvider : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private OidcProvider(Process process, Uri issuer) => (_process, Issuer) = (process, issuer);

    public Uri Issuer { get; }

    /// <summary>The issuer as its tokens say it.</summary>
    public string Name => Issuer.GetLeftPart(UriPartial.Authority);

    public static async Task<OidcProvider> StartAsync()
    {
        var port = FreePort.Take(1)[0];
        var start = new ProcessStartInfo(Tool.Issuer[0], [.. Tool.Issuer.Skip(1), $"{port}"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        var process = Process.Start(start) ?? throw new InvalidOperationException("node does not start");
        var said = new StringBuilder();
        process.ErrorDataReceived += (_, line) => said.AppendLine(line.Data);
        process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(StartLimit);
        while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            if (line == "listening")
            {
                return new OidcProvider(process, new Uri($"http://127.0.0.1:{port}/"));
            }
        }

        throw new InvalidOperationException($"oidc-provider does not start: {said}");
    }

    /// <summary>A token as a job gets one: its subject is <c>job</c>, its audience <c>sts.amazonaws.com</c>.</summary>
    public async Task<string> TokenAsync()
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Issuer, "token"))
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "client_credentials", ["scope"] = "exchange" }),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("job:job-secret"u8));
        using var response = await http.SendAsync(request);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync())!["access_token"]!.GetValue<string>();
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
