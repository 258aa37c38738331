using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Granary.Core.Database;
using Granary.Core.Encryption;
using Granary.Server.Encryption;
using Granary.Server.Hosting;
using Granary.Tests.ControlPlane;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Tests.Encryption;

/// <summary>Encrypted domains of a server that keeps the keys itself, through its front door.</summary>
public sealed class EncryptionKeyTests
{
    private const string Marker = "a marker that nobody is to find";
    private const string AssetPath = "/v1/package/version/asset?domain=tools&repository=shop&format=npm&package=left&version=1.0.0&asset=package.tgz";

    [Theory]
    [InlineData("id")]
    [InlineData("ARN")]
    [InlineData("alias")]
    [InlineData("alias's ARN")]
    public async Task A_domain_is_created_under_a_key_by_any_of_its_names(string name)
    {
        await using var host = await StartAsync();
        var arn = await host.Service<LocalKeyStore>().CreateAsync(ControlPlaneHost.Owner, "assets", CancellationToken.None);
        var named = name switch
        {
            "id" => arn[^36..],
            "ARN" => arn,
            "alias" => "alias/assets",
            _ => $"arn:aws:kms:eu-central-1:{ControlPlaneHost.Owner}:alias/assets",
        };

        Assert.Equal(arn, (await CreateAsync(host, named)).Ok().Text("domain", "encryptionKey"));
        Assert.Equal(arn, (await host.GetAsync("/v1/domain?domain=tools")).Ok().Text("domain", "encryptionKey"));
        Assert.Matches($"^arn:aws:kms:eu-central-1:{ControlPlaneHost.Owner}:key/[0-9a-f-]{{36}}$", arn);
    }

    [Fact]
    public async Task A_key_that_is_unknown_of_another_account_or_disabled_makes_no_domain()
    {
        await using var host = await StartAsync();
        var store = host.Service<LocalKeyStore>();
        var foreign = await store.CreateAsync(ControlPlaneHost.Stranger, "theirs", CancellationToken.None);
        var own = await store.CreateAsync(ControlPlaneHost.Owner, "mine", CancellationToken.None);
        await SetAsync(host, own, false);

        foreach (var named in (string[])["alias/none", "alias/theirs", foreign, foreign[^36..], $"arn:aws:kms:eu-central-1:{ControlPlaneHost.Stranger}:alias/theirs", own, "nonsense"])
        {
            (await CreateAsync(host, named)).IsInvalid("ENCRYPTION_KEY_ERROR");
        }

        (await host.GetAsync("/v1/domain?domain=tools")).Is(404, "ResourceNotFoundException");
        await SetAsync(host, own, true);
        (await CreateAsync(host, own)).Ok();
    }

    [Fact]
    public async Task Whoever_names_a_key_has_to_be_allowed_to_use_it()
    {
        await using var host = await StartAsync();
        var arn = await host.Service<LocalKeyStore>().CreateAsync(ControlPlaneHost.Owner, "assets", CancellationToken.None);
        const string key = "AKIAEXAMPLE000000077";
        var user = await host.AddUserAsync(ControlPlaneHost.Owner, "maker", key);
        var body = """{"encryptionKey":"alias/assets"}""";
        Task<Reply> TryAsync() => host.CallAsync("POST", "/v1/domain?domain=tools", body, key);
        Task AllowAsync(string more) => host.SetPolicyAsync(
            ControlPlaneHost.Owner, user, $$"""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"codeartifact:CreateDomain","Resource":"*"}{{more}}]}""");

        await AllowAsync("");
        Assert.Contains($"kms:DescribeKey on resource: {arn}", (await TryAsync()).Is(403, "AccessDeniedException").Message, StringComparison.Ordinal);
        await AllowAsync($$""",{"Effect":"Allow","Action":"kms:DescribeKey","Resource":"{{arn}}"}""");
        Assert.Contains("kms:CreateGrant", (await TryAsync()).Is(403, "AccessDeniedException").Message, StringComparison.Ordinal);
        await AllowAsync($$""",{"Effect":"Allow","Action":["kms:DescribeKey","kms:CreateGrant"],"Resource":"{{arn}}"}""");
        (await TryAsync()).Ok();
    }

    [Fact]
    public async Task Assets_lie_encrypted_and_are_refused_once_the_time_is_over_that_an_open_key_is_used_until_it_is_enabled()
    {
        await using var host = await StartAsync();
        var arn = await EncryptedAsync(host);
        Assert.Equal(Marker, Encoding.UTF8.GetString((await host.GetAsync(AssetPath)).Bytes));
        Assert.Equal(HttpStatusCode.OK, (await ReadAsync(host)).Status);

        await SetAsync(host, arn, false);
        host.Clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(200, (await host.GetAsync(AssetPath)).Status);
        host.Clock.Advance(TimeSpan.FromSeconds(1));

        // What is in memory is refused too, and so is every request of a package manager.
        Assert.Contains(arn, (await host.GetAsync(AssetPath)).IsInvalid("ENCRYPTION_KEY_ERROR").Message, StringComparison.Ordinal);
        foreach (var path in (string[])["npm/{0}/left", "pypi/{0}/simple/left/", "maven/{0}/org/left/1/left-1.pom", "nuget/{0}/v3/index.json"])
        {
            var (status, body) = await ReadAsync(host, path);
            Assert.Equal((path, HttpStatusCode.BadRequest), (path, status));
            Assert.Contains($"{arn} is disabled", body, StringComparison.Ordinal);
        }

        var refusal = await Assert.ThrowsAsync<Core.Refusal>(() => host.PublishAsync("left", "2.0.0", content: "other"));
        Assert.True(KeyRefusal.Is(refusal));

        await SetAsync(host, arn, true);
        Assert.Equal(200, (await host.GetAsync(AssetPath)).Status);
        Assert.Equal(HttpStatusCode.OK, (await ReadAsync(host)).Status);
    }

    [Fact]
    public async Task Without_the_master_key_or_with_another_one_nothing_is_read_and_the_reason_is_said()
    {
        await using var host = await StartAsync();
        await EncryptedAsync(host);
        var file = LocalKeyStore.PathOf(host.Service<DataDirectory>().Path);
        var master = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));

        File.Delete(file);
        var refusal = await Assert.ThrowsAsync<Core.Refusal>(() => host.Service<LocalKeyStore>().CreateAsync(ControlPlaneHost.Owner, null, CancellationToken.None));
        Assert.True(KeyRefusal.Is(refusal));
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Contains("has no keys/encryption.key", (await host.GetAsync(AssetPath)).IsInvalid("ENCRYPTION_KEY_ERROR").Message, StringComparison.Ordinal);
        Assert.False(File.Exists(file));
        await File.WriteAllBytesAsync(file, new byte[32], TestContext.Current.CancellationToken);
        Assert.Contains("is that of another database", (await host.GetAsync(AssetPath)).IsInvalid("ENCRYPTION_KEY_ERROR").Message, StringComparison.Ordinal);

        await File.WriteAllBytesAsync(file, master, TestContext.Current.CancellationToken);
        Assert.Equal(200, (await host.GetAsync(AssetPath)).Status);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(3_000_000)]
    public async Task What_rotted_is_no_complete_answer(int size)
    {
        await using var host = await StartAsync();
        await host.Service<LocalKeyStore>().CreateAsync(ControlPlaneHost.Owner, "assets", CancellationToken.None);
        (await CreateAsync(host, "alias/assets")).Ok();
        (await host.PostAsync("/v1/repository?domain=tools&repository=shop")).Ok();
        await host.PublishAsync("left", "1.0.0", content: new string('x', size));
        var file = Assert.Single(Directory.GetFiles(host.Service<DataDirectory>().Assets, "*", SearchOption.AllDirectories));
        var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        bytes[^20] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);

        if (size == 100)
        {
            Assert.Equal(503, (await host.GetAsync(AssetPath)).Status);
        }
        else
        {
            // The answer has begun by then: it is broken off.
            await Assert.ThrowsAsync<HttpRequestException>(() => host.GetAsync(AssetPath));
        }
    }

    [Fact]
    public async Task A_new_master_key_opens_what_the_old_one_sealed()
    {
        await using var host = await StartAsync();
        await EncryptedAsync(host);
        var file = LocalKeyStore.PathOf(host.Service<DataDirectory>().Path);
        var before = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);

        Assert.Equal(1, await host.Service<LocalKeyStore>().RotateAsync(CancellationToken.None));

        var after = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        Assert.Equal(32, after.Length);
        Assert.NotEqual(before, after);
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(200, (await host.GetAsync(AssetPath)).Status);
    }

    [Fact]
    public async Task Where_every_domain_is_to_be_encrypted_one_that_names_no_key_gets_its_own()
    {
        await using var host = await ControlPlaneHost.StartAsync(options: serve => serve with { Encryption = new EncryptionOptions { EveryDomain = true } });
        var first = (await host.PostAsync("/v1/domain?domain=tools")).Ok().Text("domain", "encryptionKey");
        var second = (await host.PostAsync("/v1/domain?domain=others")).Ok().Text("domain", "encryptionKey");

        Assert.NotEqual(first, second);
        await using var db = host.Service<GranaryDatabase>().Open();
        Assert.Equal([first, second], await db.DomainKeys.OrderBy(k => k.DomainId).Select(k => k.KeyArn).ToListAsync(TestContext.Current.CancellationToken));
        await PublishAsync(host);
    }

    [Fact]
    public async Task So_does_the_domain_of_the_first_start()
    {
        using var folder = new TemporaryDirectory();
        var options = new ServeOptions { Data = folder["data"], Urls = "http://127.0.0.1:0", Encryption = new EncryptionOptions { EveryDomain = true } };
        using var data = DataDirectory.Open(options.Data);
        await using var app = GranaryHost.Build(options, data);
        await app.Services.GetRequiredService<GranaryDatabase>().MigrateAsync(CancellationToken.None);

        await app.Services.GetRequiredService<FirstStart>().RunAsync("http://127.0.0.1", CancellationToken.None);

        await using var db = app.Services.GetRequiredService<GranaryDatabase>().Open();
        var domain = await db.Domains.SingleAsync(TestContext.Current.CancellationToken);
        Assert.Equal(domain.EncryptionKey, (await db.DomainKeys.SingleAsync(k => k.DomainId == domain.Id, TestContext.Current.CancellationToken)).KeyArn);
        Assert.NotNull(await app.Services.GetRequiredService<DomainKeys>().OpenAsync(domain.Id, CancellationToken.None));
    }

    [Fact]
    public async Task Otherwise_a_domain_that_names_no_key_is_not_encrypted()
    {
        await using var host = await StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        await host.PublishAsync("left", "1.0.0", content: Marker);

        Assert.Contains(StoredFiles(host), bytes => bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Marker)) >= 0);
    }

    // Shorter than it is in use, for signatures are good for five minutes.
    private static Task<ControlPlaneHost> StartAsync() =>
        ControlPlaneHost.StartAsync(options: serve => serve with { Encryption = new EncryptionOptions { KeyCache = TimeSpan.FromMinutes(1) } });

    private static Task<Reply> CreateAsync(ControlPlaneHost host, string named) => host.PostAsync("/v1/domain?domain=tools", $$"""{"encryptionKey":"{{named}}"}""");

    private static async Task<string> EncryptedAsync(ControlPlaneHost host)
    {
        var arn = await host.Service<LocalKeyStore>().CreateAsync(ControlPlaneHost.Owner, "assets", CancellationToken.None);
        (await CreateAsync(host, "alias/assets")).Ok();
        await PublishAsync(host);
        return arn;
    }

    private static async Task PublishAsync(ControlPlaneHost host)
    {
        (await host.PostAsync("/v1/repository?domain=tools&repository=shop")).Ok();
        await host.PublishAsync("left", "1.0.0", content: Marker);
        Assert.NotEmpty(StoredFiles(host));
        Assert.All(StoredFiles(host), bytes => Assert.Equal(-1, bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Marker))));
    }

    private static List<byte[]> StoredFiles(ControlPlaneHost host) =>
        [.. Directory.GetFiles(host.Service<DataDirectory>().Assets, "*", SearchOption.AllDirectories).Select(File.ReadAllBytes)];

    private static async Task SetAsync(ControlPlaneHost host, string arn, bool isEnabled)
    {
        var row = await LocalKeys.FindRowAsync(host.Service<GranaryDatabase>(), ControlPlaneHost.Owner, arn, CancellationToken.None);
        await host.Service<LocalKeyStore>().SetEnabledAsync(row!, isEnabled, CancellationToken.None);
    }

    /// <summary>What a package manager is answered.</summary>
    private static async Task<(HttpStatusCode Status, string Body)> ReadAsync(ControlPlaneHost host, string path = "npm/{0}/left")
    {
        var token = (await host.PostAsync("/v1/authorization-token?domain=tools")).Ok().Text("authorizationToken");
        using var client = new HttpClient { BaseAddress = host.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await client.GetAsync(new Uri("/" + path.Replace("{0}", $"d/tools-{ControlPlaneHost.Owner}/shop", StringComparison.Ordinal), UriKind.Relative), TestContext.Current.CancellationToken);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
