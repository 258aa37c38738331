using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Granary.Core;
using Granary.Server.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Granary.Tests.Authentication;

/// <summary>
/// What the AWS CLI's own library signs, sent byte for byte to a real listener. botocore comes with the AWS CLI, which this
/// suite requires, so that its absence is a failure.
/// </summary>
public sealed class BotocoreSignatureTests
{
    private const string Script = """
        import json, sys, urllib.parse
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        job = json.load(sys.stdin)
        base, signed = job["base"], []

        def add(method, path, params=None, body=b"", headers=None, token=None, service="codeartifact"):
            request = AWSRequest(method, base + path, headers=headers or {}, data=body, params=params or {})
            SigV4Auth(Credentials("AKIAEXAMPLE000000001", job["secret"], token), service, job["region"]).add_auth(request)
            prepared = request.prepare()
            target = prepared.url[len(base):]
            lines = [(k, v.decode() if isinstance(v, bytes) else v) for k, v in prepared.headers.items()]
            if body and not any(k.lower() == "content-length" for k, _ in lines):
                lines.append(("Content-Length", str(len(body))))
            signed.append({"method": method, "target": target, "headers": lines, "body": body.decode("latin-1")})

        odd = ["a b", "a+b", "a/b", "a%2Fb", "~tilde", "é€😀", "*", "$", "&=?#", "'\"<>", "a:b@c,d;e!", "\\", "|^`{}[]", "-_.", " ", "%"]
        for text in odd:
            quoted = urllib.parse.quote(text, safe="-_.~")
            add("GET", "/v1/tags/" + quoted)
            add("GET", "/v1/domain", {"domain": text, "domain-owner": "123456789012"})
            add("GET", "/v1/domain?domain=" + quoted + "&max-results=5")
            add("GET", "/v1/domain", {text: "1", "b": text})
            add("POST", "/", body=text.encode(), headers={"Content-Type": "application/json"})
        for method in ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH"]:
            add(method, "/v1/package/versions")
        for path in ["", "/", "/v1/domain/", "/v1/a.b/...", "/v1/%7Etilde", "/v1/!$'()*,;:@"]:
            add("GET", path)
        add("GET", "/?a=1&a=0&b=&A=2&a-b=3&a.b=4&ab=5")
        add("GET", "/", {"b": "2", "a": "", "B": "1"})
        add("POST", "/", body=b"Action=GetCallerIdentity&Version=2011-06-15", service="sts",
            headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"})
        add("POST", "/v1/package/version/publish", {"asset": "a-1.0.tgz"}, body=bytes(range(256)), token="FQoGZXIv/+==",
            headers={"X-Amz-Content-SHA256": "40aff2e9d2d8922e47afd4648e6967497158785fbd1da870e7110266bf944880", "Content-Type": "application/octet-stream"})
        add("GET", "/v1/domain", headers={"X-Amz-Meta": "  a   b  c ", "X-Custom": "x, y,z", "User-Agent": "aws-cli", "Expect": ""}, token="t")
        json.dump(signed, sys.stdout)
        """;

    [Fact]
    public async Task Verifies_whatever_botocore_signs()
    {
        var sigV4 = new SigV4(TestSigner.Region, ["codeartifact", "sts"], TimeProvider.System);
        await using var app = Listener(sigV4);
        await app.StartAsync(TestContext.Current.CancellationToken);
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

        var job = JsonSerializer.Serialize(new { @base = address, secret = TestSigner.Secret, region = TestSigner.Region });
        var (exitCode, output, errors) = await ClientProcess.RunAsync("python3", ["-c", Script], job);
        Assert.True(exitCode == 0, $"These tests need python3 with botocore (it comes with the AWS CLI): {errors}");
        using var requests = JsonDocument.Parse(output);
        Assert.InRange(requests.RootElement.GetArrayLength(), 90, 200);

        foreach (var request in requests.RootElement.EnumerateArray())
        {
            var answer = await SendAsync(new Uri(address), request);
            Assert.True(answer.StartsWith("HTTP/1.1 204", StringComparison.Ordinal), $"{request}\n{answer}");
        }
    }

    private static WebApplication Listener(SigV4 sigV4)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(async context =>
        {
            try
            {
                var signed = sigV4.Read(context) ?? throw AuthenticationFailure.Missing();
                var body = await PayloadBody.ReadAsync(context.Request, cancellationToken: context.RequestAborted);
                signed.Verify(TestSigner.Secret, body.Sha256);
                context.Response.StatusCode = StatusCodes.Status204NoContent;
            }
            catch (Refusal refusal)
            {
                context.Response.StatusCode = StatusCodes.Status403Forbidden;
                await context.Response.WriteAsync($"{refusal.Code}: {refusal.Message}");
            }
        });
        return app;
    }

    // By socket: HttpClient would write the target in its own way.
    private static async Task<string> SendAsync(Uri address, JsonElement request)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var target = request.GetProperty("target").GetString()!;
        var head = new StringBuilder($"{request.GetProperty("method").GetString()} {(target.StartsWith('/') ? target : "/" + target)} HTTP/1.1\r\n");
        head.Append("Host: ").Append(address.Authority).Append("\r\nConnection: close\r\n");
        foreach (var header in request.GetProperty("headers").EnumerateArray())
        {
            head.Append(header[0].GetString()).Append(": ").Append(header[1].GetString()).Append("\r\n");
        }

        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, address.Port, cancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(head.Append("\r\n").ToString()), cancellationToken);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request.GetProperty("body").GetString()!), cancellationToken);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(cancellationToken);
    }
}
