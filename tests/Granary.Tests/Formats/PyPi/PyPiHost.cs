using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Granary.Core.Access;
using Granary.Core.Database;
using Granary.Server.Authentication;
using Granary.Tests.ControlPlane;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Formats.PyPi;

/// <summary>A server with a domain and repositories, and a user who uploads and reads as Python's clients do.</summary>
internal sealed class PyPiHost(ControlPlaneHost control, string token) : IAsyncDisposable
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    public ControlPlaneHost Control => control;

    public static async Task<PyPiHost> StartAsync(Func<Granary.Server.Hosting.ServeOptions, Granary.Server.Hosting.ServeOptions>? options = null)
    {
        var control = await ControlPlaneHost.StartAsync(options: options);
        await control.CreateDomainAsync("tools", "shop", "spare");
        var (domain, _) = await control.FindAsync("tools", "shop");
        await using var db = control.Service<GranaryDatabase>().Open();
        var admin = await db.Identities.SingleAsync(i => i.AccountId == ControlPlaneHost.Owner && i.Name == "admin", TestContext.Current.CancellationToken);
        return new PyPiHost(control, Issue(control, domain.Id, admin.Id, "admin"));
    }

    /// <summary>A token of a user with this policy and no other.</summary>
    public async Task<string> TokenAsync(string name, string policy)
    {
        var id = await control.AddUserAsync(ControlPlaneHost.Owner, name, $"AKIAEXAMPLE{name.ToUpperInvariant(),9}".Replace(' ', '0'));
        await control.SetPolicyAsync(ControlPlaneHost.Owner, id, policy);
        var (domain, _) = await control.FindAsync("tools", "shop");
        return Issue(control, domain.Id, id, name);
    }

    /// <summary>The form of a client that sends what it must and the digests.</summary>
    public static List<(string Name, string Value)> Fields(byte[] content, string name = "Demo.Pkg", string version = "1.0") =>
    [
        (":action", "file_upload"), ("protocol_version", "1"), ("metadata_version", "2.1"), ("name", name), ("version", version),
        ("md5_digest", Hex(MD5.HashData(content))), ("sha256_digest", Hex(SHA256.HashData(content))),
    ];

    public Task<Reply> UploadAsync(byte[] content, string file = PyPiSamples.Wheel, string name = "Demo.Pkg", string version = "1.0", string repository = "shop") =>
        UploadAsync(Fields(content, name, version), content, file, repository);

    public Task<Reply> UploadAsync(IEnumerable<(string Name, string Value)> fields, byte[] content, string file, string repository = "shop", string? by = null) =>
        SendAsync("POST", "", Body([.. fields.Select(f => Part($"name=\"{f.Name}\"", Encoding.UTF8.GetBytes(f.Value))), Part($"name=\"content\"; filename=\"{file}\"", content)]), repository, by: by);

    public static byte[] Part(string disposition, byte[] value) =>
        [.. Encoding.UTF8.GetBytes($"--part\r\nContent-Disposition: form-data; {disposition}\r\n\r\n"), .. value, .. "\r\n"u8];

    public static byte[] Body(IEnumerable<byte[]> parts) => [.. parts.SelectMany(part => part), .. "--part--\r\n"u8];

    public Task<Reply> GetAsync(string path, string? accept = null, params (string Name, string Value)[] headers) =>
        SendAsync("GET", path, null, "shop", [.. accept is null ? [] : new[] { ("Accept", accept) }, .. headers]);

    public async Task<JsonNode> JsonAsync(string project, string repository = "shop")
    {
        var reply = (await SendAsync("GET", $"simple/{project}/", null, repository, [("Accept", "application/vnd.pypi.simple.v1+json")])).Ok();
        Assert.Equal("application/vnd.pypi.simple.v1+json", reply.ContentHeaders.ContentType!.ToString());
        return reply.Body;
    }

    public async Task<Reply> SendAsync(
        string method, string path, byte[]? body = null, string repository = "shop", (string Name, string Value)[]? headers = null, string? by = null)
    {
        using var message = new HttpRequestMessage(new HttpMethod(method), new Uri(control.Address, $"/pypi/d/tools-{ControlPlaneHost.Owner}/{repository}/{path}"));
        message.Headers.TryAddWithoutValidation("Authorization", $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"aws:{by ?? token}"))}");
        foreach (var (name, value) in headers ?? [])
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        if (body is not null)
        {
            message.Content = new ByteArrayContent(body);
            message.Content.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=part");
        }

        using var response = await Http.SendAsync(message, TestContext.Current.CancellationToken);
        return new Reply((int)response.StatusCode, response.Headers, response.Content.Headers, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    public ValueTask DisposeAsync() => control.DisposeAsync();

    public static string Text(Reply reply) => Encoding.UTF8.GetString(reply.Bytes);

    private static string Hex(byte[] digest) => Convert.ToHexStringLower(digest);

    private static string Issue(ControlPlaneHost control, long domain, string id, string name)
    {
        var now = control.Clock.GetUtcNow().ToUnixTimeSeconds();
        return control.Service<AuthorizationTokens>().Issue(
            new AuthorizationToken(AuthorizationToken.NewId(), Principal.User(ControlPlaneHost.Owner, name).Arn, id, ControlPlaneHost.Owner, domain, now, now + 900));
    }
}
