using System.Text.RegularExpressions;
using Granary.ClientTests.Clients;
using Granary.ClientTests.Events;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Operations;

/// <summary>docs/operations.md, whose commands do what it says: on one machine, with a database and its standby, and with keys that a service has.</summary>
public sealed partial class OperationsPageTests
{
    private const string Page = "operations.md";

    // As in the page, for what comes after a command that returns before the server is ready.
    internal const string UntilReady = "curl -fsS --retry 60 --retry-delay 1 --retry-connrefused http://localhost:8080/health/ready";

    internal const string LogIn = $"aws codeartifact login --tool npm --domain my-domain --domain-owner {GranaryServer.Account} --repository my-repo";

    [Fact]
    public async Task One_machine()
    {
        await using var source = new FakeNpmSource();
        using var machines = new Machines(Page, source);
        machines.Know("here", "GRANARY_Collection__Interval", "1s");
        machines
            .Replace("http://mirror.example.com/npm/", source.Address.ToString())
            .Replace("http://localhost:9464", $"http://localhost:{FreePort.Take(1)[0]}")
            .Sections("Install", "Settings", "Encryption at rest")
            .Then($"{LogIn}\nnpm publish '{PackageFolder.ToPublish(machines.Home, "kept")}'")
            .Sections("Back up and restore")
            .Then($"{UntilReady}\nnpm view kept dist.shasum --prefer-online")
            .Then(Nightly().Match(Walkthrough.Read(Page)).Groups[1].Value)
            .Sections("Upgrade")
            .Then("readlink -f /usr/local/bin/granary")
            .Sections("Doctor", "Health", "Monitoring", "Collection", "Scrub", "Troubleshooting", "Replacing the keys", "Tokens");

        var said = Sections((await machines.RunAsync()).Output);

        Assert.Contains("✓ database: its tables are those of this version", said["Install"], StringComparison.Ordinal);
        Assert.Contains($"{source.Address}\tconfiguration key ExternalConnections:public:npmjs", said["Settings"], StringComparison.Ordinal);
        Assert.Matches(@"arn:aws:kms:\S+\talias/assets\tenabled", said["Encryption at rest"]);
        Assert.Contains("1 assets", said["Back up and restore"], StringComparison.Ordinal);
        Assert.Contains("manifest.json: OK", said["Back up and restore"], StringComparison.Ordinal);
        Assert.Matches("(?m)^[0-9a-f]{40}$", said["Back up and restore"]);
        Assert.Contains(machines.On("here", "opt/granary-2/granary") + "\n", said["Upgrade"], StringComparison.Ordinal);
        Assert.Contains("target_info{service_name=\"granary\"", said["Monitoring"], StringComparison.Ordinal);
        // Each line of the log tells its level to the journal.
        Assert.Matches("(?m)^<6>.*Collection: removed 0", said["Monitoring"]);
        Assert.Contains("Scrub: read 1 assets", said["Scrub"], StringComparison.Ordinal);
        Assert.Contains("NOT_FOUND", said["Troubleshooting"], StringComparison.Ordinal);
        Assert.Contains("\tintact", said["Troubleshooting"], StringComparison.Ordinal);
        Assert.Contains("The keys are new.", said["Replacing the keys"], StringComparison.Ordinal);
        Assert.Contains("SecretAccessKey", said["Replacing the keys"], StringComparison.Ordinal);
        Assert.StartsWith("eyJ", said["Tokens"].TrimStart(), StringComparison.Ordinal);
        Assert.DoesNotContain("✗", string.Concat(said.Values), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_and_its_standby()
    {
        await using var source = new FakeNpmSource();
        await using var primary = await PostgreSql.StartAsync();
        using var machines = new Machines(Page, source, "db1", "db2");
        var standby = FreePort.Take(1)[0];
        machines.Know("db2", "PGPORT", $"{standby}");
        Directory.CreateSymbolicLink(Path.Combine(Directory.CreateDirectory(machines.On("db1", "var/lib/postgresql")).FullName, "data"), primary.DataDirectory);
        machines
            .Replace("-h db.example.com", $"-h 127.0.0.1 -p {primary.Port}")
            .Replace("Host=db.example.com", $"Host=127.0.0.1:{primary.Port}")
            .Replace("-h db1.example.com", $"-h 127.0.0.1 -p {primary.Port}")
            .Replace("Host=db1.example.com,db2.example.com", $"Host=127.0.0.1:{primary.Port},127.0.0.1:{standby}")
            .Sections("Install", "Move to PostgreSQL")
            .Then($"{UntilReady}\n{LogIn}\nsystemctl stop granary")
            .Sections("A standby for the database")
            .Then($"npm publish '{PackageFolder.ToPublish(machines.Home, "before")}'")
            .Sections("When the primary is gone")
            .Then($"for attempt in {{1..60}}; do npm publish '{PackageFolder.ToPublish(machines.Home, "after")}' && break; sleep 1; done; npm view before version; npm view after version");

        var said = Sections((await machines.RunAsync(primary.Programs)).Output);

        Assert.Contains("✓ database: the server is a primary", said["Move to PostgreSQL"], StringComparison.Ordinal);
        Assert.Contains("streaming", said["A standby for the database"], StringComparison.Ordinal);
        Assert.EndsWith("1.0.0\n1.0.0\n", said["When the primary is gone"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_of_a_key_management_service()
    {
        await using var source = new FakeNpmSource();
        await using var moto = await Moto.StartAsync();
        using var machines = new Machines(Page, source);
        var service = moto.Address.AbsoluteUri.TrimEnd('/');
        machines
            .Replace("http://kms.example.com:5000", service)
            .Replace("\"AccessKey\": \"…\", \"SecretKey\": \"…\"", "\"AccessKey\": \"one\", \"SecretKey\": \"secret\"")
            .Sections("Install")
            .Then($"KEY=$(aws kms create-key --endpoint-url {service} --query KeyMetadata.KeyId --output text)")
            .Then($"aws kms create-alias --endpoint-url {service} --alias-name alias/granary --target-key-id \"$KEY\"")
            .Sections("Keys of a key management service");

        var said = Sections((await machines.RunAsync()).Output)["Keys of a key management service"];

        Assert.Contains("\"encryptionKey\": \"arn:aws:kms:", said, StringComparison.Ordinal);
        Assert.Contains("✓ encryption: the keys of all 1 encrypted domains can be used", said, StringComparison.Ordinal);
    }

    internal static Dictionary<string, string> Sections(string output) =>
        output.Split("\n== ").Skip(1).Select(section => section.Split('\n', 2)).ToDictionary(section => section[0], section => section[1]);

    [GeneratedRegex(@"(?m)^15 2 \* \* \*  granary  (.+)$")]
    private static partial Regex Nightly();
}
