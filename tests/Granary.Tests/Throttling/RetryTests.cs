using Granary.Server.Throttling;
using Granary.Tests.Authentication;
using Granary.Tests.ControlPlane;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Tests.Throttling;

/// <summary>AWS's clients under a rate: those that send again get through, and those that do not are told by the name of AWS's error.</summary>
public sealed class RetryTests
{
    private const string Script = """
        import json, sys
        import boto3
        from botocore.config import Config

        job = json.load(sys.stdin)

        def client(**retries):
            return boto3.client(
                "codeartifact", endpoint_url=job["endpoint"], region_name="eu-central-1", aws_access_key_id=job["key"],
                aws_secret_access_key=job["secret"], config=Config(retries=retries))

        once = client(total_max_attempts=1)
        refused = None
        for _ in range(200):
            try:
                once.list_domains()
            except once.exceptions.ThrottlingException as e:
                refused = e.response
                break
        assert refused is not None, "200 calls in a row were let through"
        assert refused["ResponseMetadata"]["HTTPStatusCode"] == 429, refused
        assert refused["retryAfterSeconds"] == 1, refused

        for mode in ["standard", "legacy"]:
            patient = client(mode=mode, total_max_attempts=10)
            again = 0
            for _ in range(30):
                again += patient.list_domains()["ResponseMetadata"]["RetryAttempts"]
            assert again > 0, f"{mode}: 30 calls in a row were let through without a second attempt"
        """;

    [Fact]
    public async Task Boto3_gets_through_by_its_retries()
    {
        await using var host = await StartAsync();
        var job = $$"""{"endpoint":"{{host.Address}}","key":"{{TestSigner.KeyId}}","secret":"{{TestSigner.Secret}}"}""";
        var (exit, _, errors) = await ClientProcess.RunAsync("python3", ["-c", Script], job);
        Assert.True(exit == 0, errors);
    }

    private static Task<ControlPlaneHost> StartAsync() => ControlPlaneHost.StartAsync(
        services => services.AddSingleton(TimeProvider.System), options => options with { Rates = new Rates { ReadsPerAccount = 8 } });
}
