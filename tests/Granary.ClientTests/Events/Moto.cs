using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Events;

/// <summary>The program <c>moto_server</c>, which has the APIs of SQS, SNS, EventBridge, CodeBuild and Lambda, on a free port of loopback.</summary>
internal sealed class Moto : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    private readonly Process process;
    private readonly HttpClient http = new();

    private Moto(Process process, Uri address) => (this.process, Address) = (process, address);

    public Uri Address { get; }

    /// <summary>Skips the test where the program is not there: no distribution has it, so that nothing here can install it.</summary>
    public static async Task<Moto> StartAsync()
    {
        var program = Tool.Find("moto_server");
        Assert.SkipWhen(program is null, "moto_server is not installed.");
        var port = FreePort.Take(1)[0];
        var start = new ProcessStartInfo(program, ["-H", "127.0.0.1", "-p", $"{port}"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        var process = Process.Start(start) ?? throw new InvalidOperationException("moto_server does not start");
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var moto = new Moto(process, new Uri($"http://127.0.0.1:{port}/"));
        using var limit = new CancellationTokenSource(StartLimit);
        while (!await moto.AnswersAsync(limit.Token))
        {
            Assert.False(process.HasExited, "moto_server does not start.");
            await Task.Delay(100, limit.Token);
        }

        return moto;
    }

    /// <summary>An operation of a service that speaks AWS JSON.</summary>
    public async Task<JsonNode> CallAsync(string service, string version, string operation, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8);
        content.Headers.ContentType = new MediaTypeHeaderValue($"application/x-amz-json-{version}");
        return JsonNode.Parse(await PostAsync(service, content, operation))!;
    }

    /// <summary>An operation of SNS, answered as XML.</summary>
    public async Task<string> QueryAsync(params (string Name, string Value)[] form)
    {
        using var content = new FormUrlEncodedContent(form.Select(p => KeyValuePair.Create(p.Name, p.Value)));
        return await PostAsync("sns", content, null);
    }

    /// <summary>What waits in a queue.</summary>
    public async Task<JsonArray> ReceiveAsync(string queue) =>
        (await CallAsync("sqs", "1.0", "AmazonSQS.ReceiveMessage",
            $$"""{"QueueUrl": "{{Address}}123456789012/{{queue}}", "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"], "AttributeNames": ["All"]}"""))["Messages"]?.AsArray() ?? [];

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private async Task<string> PostAsync(string service, HttpContent content, string? operation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Address) { Content = content };
        // It reads the service out of the scope and verifies nothing.
        request.Headers.TryAddWithoutValidation("Authorization", $"AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/us-west-2/{service}/aws4_request, SignedHeaders=host, Signature=00");
        if (operation is not null)
        {
            request.Headers.Add("X-Amz-Target", operation);
        }

        using var response = await http.SendAsync(request);
        var answer = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, answer);
        return answer;
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellation)
    {
        try
        {
            using var response = await http.GetAsync(new Uri(Address, "moto-api/data.json"), cancellation);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
