using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Granary.Tests.ControlPlane;

namespace Granary.Tests.Formats.Maven;

/// <summary>A server with repositories of Maven's, and what Maven sends to them.</summary>
internal sealed class MavenShop : IAsyncDisposable
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    private string token = "";

    private MavenShop(ControlPlaneHost host)
    {
        Host = host;
    }

    public ControlPlaneHost Host { get; }

    public static async Task<MavenShop> StartAsync()
    {
        var shop = new MavenShop(await ControlPlaneHost.StartAsync());
        await shop.Host.CreateDomainAsync("tools", "far", "shop");
        (await shop.Host.PutAsync("/v1/repository?domain=tools&repository=shop", """{"upstreams":[{"repositoryName":"far"}]}""")).Ok();
        shop.token = (await shop.Host.PostAsync("/v1/authorization-token?domain=tools")).Ok().Text("authorizationToken");
        return shop;
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    public Task<MavenReply> GetAsync(string path, string repository = "shop", string? condition = null, string method = "GET") =>
        SendAsync(method, path, null, repository, condition);

    public Task<MavenReply> PutAsync(string path, string content, string repository = "shop") =>
        SendAsync("PUT", path, Encoding.UTF8.GetBytes(content), repository, null);

    /// <summary>Files of a version and their checksums, as <c>mvn deploy</c> sends them, without the listing.</summary>
    public async Task UploadAsync(string artifact, string version, string repository = "shop", string content = "bytes", string pom = "")
    {
        foreach (var (path, text) in Files(artifact, version, content, pom))
        {
            (await PutAsync(path, text, repository)).Is(201);
            (await PutAsync(path + ".md5", Hex(MD5.HashData(Encoding.UTF8.GetBytes(text))), repository)).Is(200);
            (await PutAsync(path + ".sha1", Hex(SHA1.HashData(Encoding.UTF8.GetBytes(text))), repository)).Is(200);
        }
    }

    public async Task DeployAsync(string artifact, string version, string repository = "shop", string content = "bytes", string pom = "")
    {
        await UploadAsync(artifact, version, repository, content, pom);
        if (Granary.Formats.Maven.MavenSnapshot.Parse(version) is { } build)
        {
            (await PutAsync($"org/acme/{artifact}/{build.Folder}/maven-metadata.xml", SnapshotListing(artifact, build.Folder, build.Timestamp, build.Number), repository)).Is(201);
            version = build.Folder;
        }

        (await PutAsync($"org/acme/{artifact}/maven-metadata.xml", Listing(artifact, version), repository)).Is(201);
    }

    public static IEnumerable<(string Path, string Text)> Files(string artifact, string version, string content, string pom = "")
    {
        var folder = Granary.Formats.Maven.MavenSnapshot.Parse(version)?.Folder ?? version;
        var start = $"org/acme/{artifact}/{folder}/{artifact}-{version}";
        yield return ($"{start}.jar", $"{content} of {artifact} {version}");
        yield return ($"{start}.pom", $"<project><modelVersion>4.0.0</modelVersion><groupId>org.acme</groupId><artifactId>{artifact}</artifactId><version>{folder}</version>{pom}</project>");
    }

    public static string Listing(string artifact, params string[] versions) =>
        $"<metadata><groupId>org.acme</groupId><artifactId>{artifact}</artifactId><versioning><versions>{string.Concat(versions.Select(v => $"<version>{v}</version>"))}</versions></versioning></metadata>";

    public static string SnapshotListing(string artifact, string folder, string timestamp, string number) =>
        $"<metadata><groupId>org.acme</groupId><artifactId>{artifact}</artifactId><version>{folder}</version><versioning><snapshot><timestamp>{timestamp}</timestamp><buildNumber>{number}</buildNumber></snapshot></versioning></metadata>";

    public async Task<string[]> VersionsAsync(string artifact, string repository = "shop") =>
        [.. Granary.Formats.Maven.MavenMetadata.Read((await GetAsync($"org/acme/{artifact}/maven-metadata.xml", repository)).Is(200).Bytes).Versions];

    /// <summary>The versions of an artifact in one repository with their status, by the control plane.</summary>
    public async Task<Dictionary<string, string>> StatusesAsync(string artifact, string repository = "shop")
    {
        var reply = (await Host.PostAsync($"/v1/package/versions?domain=tools&repository={repository}&format=maven&namespace=org.acme&package={artifact}")).Ok();
        return reply.Body["versions"]!.AsArray().ToDictionary(v => (string)v!["version"]!, v => (string)v!["status"]!);
    }

    public static string Target(string call, string artifact, string version, string repository = "shop") =>
        $"/v1/package/{call}?domain=tools&repository={repository}&format=maven&namespace=org.acme&package={artifact}&version={Uri.EscapeDataString(version)}";

    public async Task SetStatusAsync(string artifact, string version, string status, string repository = "shop") =>
        Assert.Contains(
            status,
            (await Host.PostAsync(
                $"/v1/package/versions/update_status?domain=tools&repository={repository}&format=maven&namespace=org.acme&package={artifact}",
                $$"""{"versions":["{{version}}"],"targetStatus":"{{status}}"}""")).Ok().Body["successfulVersions"]!.ToJsonString(),
            StringComparison.Ordinal);

    public static string Hex(byte[] digest) => Convert.ToHexStringLower(digest);

    private async Task<MavenReply> SendAsync(string method, string path, byte[]? body, string repository, string? condition)
    {
        var raw = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        var address = $"{Host.Address.GetLeftPart(UriPartial.Authority)}/maven/d/tools-{ControlPlaneHost.Owner}/{repository}/{path}";
        using var message = new HttpRequestMessage(new HttpMethod(method), new Uri(address, raw));
        message.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"aws:{token}")));
        message.Content = body is null ? null : new ByteArrayContent(body);
        if (condition is not null)
        {
            message.Headers.TryAddWithoutValidation("If-None-Match", condition);
        }

        using var response = await Http.SendAsync(message, TestContext.Current.CancellationToken);
        return new MavenReply(
            response.StatusCode, response.ReasonPhrase ?? "", response.Headers.ETag?.ToString(), response.Content.Headers.ContentLength,
            await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }
}

internal sealed record MavenReply(HttpStatusCode Status, string Reason, string? ETag, long? Length, byte[] Bytes)
{
    public string Text => Encoding.UTF8.GetString(Bytes);

    public MavenReply Is(int status)
    {
        Assert.True((int)Status == status, $"{(int)Status}: {Text}");
        return this;
    }
}
