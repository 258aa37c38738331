using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;
using Granary.Core.Encryption;
using Granary.Server.Encryption;
using Granary.Tests.ControlPlane;

namespace Granary.Tests.Encryption;

/// <summary>Encrypted domains whose keys another service has, here moto's.</summary>
public sealed class KmsTests : IAsyncLifetime
{
    private const string Marker = "a marker that nobody is to find";
    private const string AssetPath = "/v1/package/version/asset?domain=tools&repository=shop&format=npm&package=left&version=1.0.0&asset=package.tgz";

    private Process service = null!;
    private KmsOptions options = null!;
    private AmazonKeyManagementServiceClient kms = null!;

    public async ValueTask InitializeAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        service = Process.Start(new ProcessStartInfo("moto_server", ["-H", "127.0.0.1", "-p", $"{port}"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        service.BeginOutputReadLine();
        service.BeginErrorReadLine();
        options = new KmsOptions { Endpoint = new Uri($"http://127.0.0.1:{port}/"), Region = "eu-central-1", AccessKey = "test", SecretKey = "test" };
        kms = new AmazonKeyManagementServiceClient("test", "test", new AmazonKeyManagementServiceConfig { ServiceURL = $"{options.Endpoint}", AuthenticationRegion = "eu-central-1", MaxErrorRetry = 0 });
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await kms.ListKeysAsync(new ListKeysRequest());
                return;
            }
            catch (Exception failure) when (failure is HttpRequestException or Amazon.Runtime.AmazonClientException && attempt < 300)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), TestContext.Current.CancellationToken);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        kms.Dispose();
        await EndAsync();
        service.Dispose();
    }

    [Fact]
    public async Task Assets_are_encrypted_under_its_key_and_refused_once_that_is_disabled()
    {
        var arn = await KeyAsync("alias/assets");
        await using var host = await StartAsync();
        Assert.Equal(arn, (await CreateAsync(host, "alias/assets")).Ok().Text("domain", "encryptionKey"));
        (await host.PostAsync("/v1/repository?domain=tools&repository=shop")).Ok();
        await host.PublishAsync("left", "1.0.0", content: Marker);
        Assert.Equal(Marker, Encoding.UTF8.GetString((await host.GetAsync(AssetPath)).Bytes));
        Assert.All(
            Directory.GetFiles(host.Service<Granary.Server.Hosting.DataDirectory>().Path, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".lock", StringComparison.Ordinal)),
            file => Assert.Equal(-1, ReadShared(file).AsSpan().IndexOf(Encoding.UTF8.GetBytes(Marker))));

        await kms.DisableKeyAsync(new DisableKeyRequest { KeyId = arn[^36..] }, TestContext.Current.CancellationToken);
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        (await host.GetAsync(AssetPath)).IsInvalid("ENCRYPTION_KEY_ERROR");
        await kms.EnableKeyAsync(new EnableKeyRequest { KeyId = arn[^36..] }, TestContext.Current.CancellationToken);
        Assert.Equal(200, (await host.GetAsync(AssetPath)).Status);

        // Out of reach is something else than disabled: clients may come again.
        await EndAsync();
        Assert.Equal(200, (await host.GetAsync(AssetPath)).Status);
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        var reply = await host.GetAsync(AssetPath);
        Assert.Equal((503, "5"), (reply.Status, reply.Header("Retry-After")));
        Assert.DoesNotContain("127.0.0.1", reply.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_a_symmetric_key_that_is_enabled_makes_a_domain()
    {
        var disabled = await KeyAsync("alias/off");
        await kms.DisableKeyAsync(new DisableKeyRequest { KeyId = disabled[^36..] }, TestContext.Current.CancellationToken);
        var asymmetric = (await kms.CreateKeyAsync(new CreateKeyRequest { KeySpec = KeySpec.RSA_2048, KeyUsage = KeyUsageType.ENCRYPT_DECRYPT }, TestContext.Current.CancellationToken)).KeyMetadata.Arn;
        await using var host = await StartAsync();

        foreach (var named in (string[])[disabled, "alias/off", asymmetric, "alias/none", Guid.NewGuid().ToString(), $"arn:aws:kms:eu-central-1:123456789012:key/{Guid.NewGuid()}"])
        {
            (await CreateAsync(host, named)).IsInvalid("ENCRYPTION_KEY_ERROR");
        }
    }

    [Fact]
    public async Task A_domain_that_names_no_key_is_encrypted_under_the_one_of_the_settings()
    {
        var arn = await KeyAsync("alias/default");
        await using var host = await StartAsync(new EncryptionOptions { EveryDomain = true, DefaultKey = "alias/default" });

        Assert.Equal(arn, (await host.PostAsync("/v1/domain?domain=tools")).Ok().Text("domain", "encryptionKey"));
    }

    [Fact]
    public async Task A_data_key_is_bound_to_its_domain()
    {
        var arn = await KeyAsync("alias/assets");
        using var keys = new KmsKeys(options);
        var wrapped = await keys.GenerateAsync(arn, "one", CancellationToken.None);

        Assert.Equal(32, (await keys.UnwrapAsync(new DomainKey { DomainId = 1, KeyArn = arn, Context = "one", Wrapped = wrapped }, CancellationToken.None)).Length);
        var refusal = await Assert.ThrowsAsync<Core.Refusal>(() => keys.UnwrapAsync(new DomainKey { DomainId = 1, KeyArn = arn, Context = "two", Wrapped = wrapped }, CancellationToken.None));
        Assert.True(KeyRefusal.Is(refusal));
    }

    [Fact]
    public void Options_show_no_keys() => Assert.DoesNotContain("hidden", $"{options with { SecretKey = "hidden" }}", StringComparison.Ordinal);

    private static byte[] ReadShared(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static Task<Reply> CreateAsync(ControlPlaneHost host, string named) => host.PostAsync("/v1/domain?domain=tools", $$"""{"encryptionKey":"{{named}}"}""");

    private Task<ControlPlaneHost> StartAsync(EncryptionOptions? encryption = null) =>
        ControlPlaneHost.StartAsync(options: serve => serve with { Kms = options, Encryption = encryption ?? new EncryptionOptions { KeyCache = TimeSpan.FromMinutes(1) } });

    private async Task<string> KeyAsync(string alias)
    {
        var key = (await kms.CreateKeyAsync(new CreateKeyRequest())).KeyMetadata;
        await kms.CreateAliasAsync(new CreateAliasRequest { AliasName = alias, TargetKeyId = key.KeyId });
        return key.Arn;
    }

    private async Task EndAsync()
    {
        if (!service.HasExited)
        {
            service.Kill(entireProcessTree: true);
            await service.WaitForExitAsync();
        }
    }
}
