using Granary.ClientTests.Clients;
using Granary.ClientTests.Harness;
using Granary.Tests;

namespace Granary.ClientTests.Operations;

/// <summary>What docs/operations.md says of an object store, of several nodes and of haproxy in front of them.</summary>
[Collection(nameof(Cluster))]
public sealed class NodesPageTests(Cluster cluster)
{
    private const string Page = "operations.md";

    [Fact]
    public async Task Several_nodes_behind_haproxy()
    {
        using var machines = new Machines(Page, cluster.Source, "second");
        var haproxy = Tool.Find("haproxy") ?? (File.Exists("/usr/sbin/haproxy") ? "/usr/sbin/haproxy" : Tool.Missing("haproxy"));
        var port = FreePort.Take(1)[0];
        var another = string.Join('\n', Walkthrough.Section(Page, "Install").TrimEnd().Split('\n')[..^3]);
        machines
            .Replace("-h db.example.com", $"-h 127.0.0.1 -p {cluster.Postgres.Port}")
            .Replace("Host=db.example.com", $"Host=127.0.0.1:{cluster.Postgres.Port}")
            .Replace("http://s3.example.com:7480", cluster.Ceph.Address.AbsoluteUri.TrimEnd('/'))
            .Replace("AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…", $"AWS_ACCESS_KEY_ID={Ceph.AccessKey} AWS_SECRET_ACCESS_KEY={Ceph.SecretKey}")
            .Replace("\"AccessKey\": \"…\", \"SecretKey\": \"…\"", $"\"AccessKey\": \"{Ceph.AccessKey}\", \"SecretKey\": \"{Ceph.SecretKey}\"")
            .Sections("Install", "Move to PostgreSQL", "Assets in an object store")
            .Then("unset AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY")
            .Elsewhere("second.example.com", another)
            .Sections("Several nodes")
            .Then($"'{haproxy}' -q -D -p \"$ROOT/here/haproxy.pid\" -f '{Configuration(machines, port)}'")
            .Then($"for one in {machines.Ports[1]} {port}; do curl -fsS --retry 60 --retry-delay 1 --retry-all-errors http://localhost:$one/health/ready; done")
            .Then($"sed -i 's/{machines.Ports[0]}/{port}/' \"$AWS_CONFIG_FILE\"")
            .Then($"{OperationsPageTests.LogIn}\nnpm publish '{PackageFolder.ToPublish(machines.Home, "shared")}'")
            .Then("for machine in here second; do")
            .Then("  MACHINE=$machine; systemctl stop granary; npm view shared version --prefer-online; systemctl start granary")
            .Then($"  for one in {machines.Ports[0]} {machines.Ports[1]}; do curl -fsS --retry 60 --retry-delay 1 --retry-connrefused http://localhost:$one/health/ready; done; sleep 4")
            .Then("done");

        var said = OperationsPageTests.Sections((await machines.RunAsync(cluster.Postgres.Programs)).Output);

        Assert.Contains("✓ storage: ", said["Assets in an object store"], StringComparison.Ordinal);
        Assert.DoesNotContain("✗", said["Move to PostgreSQL"] + said["Assets in an object store"], StringComparison.Ordinal);
        Assert.Equal(2, said["Several nodes"].Split('\n').Count(line => line == "1.0.0"));
        using var store = cluster.Ceph.Client();
        Assert.Single((await store.ListObjectsV2Async(new() { BucketName = "granary", Prefix = "assets/" }, TestContext.Current.CancellationToken)).S3Objects);
        Assert.False(Directory.Exists(machines.On("second", "var/lib/granary/storage")));
    }

    /// <summary>The page's configuration, with this test's ports.</summary>
    private static string Configuration(Machines machines, int port)
    {
        var text = Walkthrough.Read(Page).Split("```haproxy\n")[1].Split("```")[0];
        foreach (var (written, here) in ((string, string)[])
        [
            ("bind :80", $"bind 127.0.0.1:{port}"),
            ("10.0.0.11:8080", $"127.0.0.1:{machines.Ports[0]}"),
            ("10.0.0.12:8080", $"127.0.0.1:{machines.Ports[1]}"),
            ("10.0.0.13:8080", "127.0.0.1:1"),
        ])
        {
            Assert.Contains(written, text, StringComparison.Ordinal);
            text = text.Replace(written, here, StringComparison.Ordinal);
        }

        return machines.Home.Write("haproxy.cfg", text);
    }
}
