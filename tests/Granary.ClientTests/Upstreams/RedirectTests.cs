using System.Net;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Upstreams;

/// <summary>UP-2 and UP-4: what the source says never leads the server to another host.</summary>
public sealed class RedirectTests(SharedServer shared)
{
    [Fact]
    public async Task To_another_address_is_not_followed()
    {
        await using var elsewhere = new FakeNpmSource();
        var package = shared.Source.Add(SharedServer.Fresh("lured"));
        elsewhere.Add(package);
        var path = package.TarballPath("1.0.0");
        shared.Source.Script(path, Behaviours.RedirectTo(new Uri(elsewhere.Address, path)));

        var tarball = await shared.GetAsync(path[1..]);

        Assert.False(tarball.IsSuccess);
        Assert.NotEqual(HttpStatusCode.NotFound, tarball.Status);
        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    public async Task Of_a_listing_to_another_address_is_not_followed()
    {
        await using var elsewhere = new FakeNpmSource();
        var package = elsewhere.Add(SharedServer.Fresh("luredlisting"));
        shared.Source.Script("/" + package.Name, Behaviours.RedirectTo(new Uri(elsewhere.Address, package.Name)));

        var listing = await shared.GetAsync(package.Name);

        Assert.True((int)listing.Status is 502 or 503, listing.ToString());
        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    public async Task Into_the_servers_own_control_plane_is_not_followed()
    {
        var name = SharedServer.Fresh("ownplane");
        shared.Source.Script("/" + name, Behaviours.RedirectTo(new Uri(shared.Server.Http, "health/ready")));

        Assert.True((int)(await shared.GetAsync(name)).Status is 502 or 503);
    }

    // UP-1 and UP-2: every spelling of an address inside, the cloud's metadata service first.
    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://[::ffff:169.254.169.254]/latest/meta-data/")]
    [InlineData("http://[fd00:ec2::254]/latest/meta-data/")]
    [InlineData("http://0/")]
    [InlineData("http://127.1/")]
    [InlineData("http://2130706433/")]
    [InlineData("http://0x7f000001/")]
    [InlineData("http://[::]/")]
    [InlineData("http://10.0.0.1/")]
    [InlineData("https://localhost/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://127.0.0.1/")]
    [InlineData("http:///")]
    public async Task UP2_to_an_address_inside_is_refused_at_once(string target)
    {
        var package = shared.Source.Add(SharedServer.Fresh("inside"));
        var path = package.TarballPath("1.0.0");
        Behaviour redirect = exchange => exchange.HeadAsync(302, $"Location: {target}", "Content-Length: 0");
        shared.Source.Script(path, redirect);
        var started = TimeProvider.System.GetTimestamp();

        var tarball = await shared.GetAsync(path[1..]);
        shared.Source.Script("/" + package.Name + "-listing", redirect);
        var listing = await shared.GetAsync(package.Name + "-listing");

        Assert.Equal((HttpStatusCode.BadGateway, HttpStatusCode.BadGateway), (tarball.Status, listing.Status));
        Assert.DoesNotContain("root:", tarball.Text + listing.Text, StringComparison.Ordinal);
        // Two attempts to connect to where nobody answers take five seconds each.
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(10), "somebody tried to connect");
    }

    [Theory]
    [InlineData("[::1]")]
    [InlineData("[0:0:0:0:0:0:0:1]")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("[::ffff:7f00:1]")]
    public async Task UP2_to_this_machine_by_an_IPv6_address_is_refused_and_asks_nobody(string host)
    {
        var isMapped = host.Contains("ffff", StringComparison.Ordinal);
        await using var elsewhere = new FakeNpmSource(isMapped ? IPAddress.Loopback : IPAddress.IPv6Loopback);
        var package = elsewhere.Add(shared.Source.Add(SharedServer.Fresh("six")));
        var unlisted = elsewhere.Add(SharedServer.Fresh("sixlisting"));
        var path = package.TarballPath("1.0.0");
        Behaviour redirect = exchange => exchange.HeadAsync(
            302, $"Location: http://{host}:{elsewhere.Address.Port}{exchange.Request.Target}", "Content-Length: 0");
        shared.Source.Script(path, redirect);
        shared.Source.Script("/" + unlisted.Name, redirect);

        var tarball = await shared.GetAsync(path[1..]);
        var listing = await shared.GetAsync(unlisted.Name);

        Assert.Equal((HttpStatusCode.BadGateway, HttpStatusCode.BadGateway), (tarball.Status, listing.Status));
        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    public async Task To_what_is_no_address_is_an_error_of_the_source()
    {
        var name = SharedServer.Fresh("nowhere");
        shared.Source.Script("/" + name, exchange => exchange.HeadAsync(302, "Location: //[", "Content-Length: 0"));

        (await shared.GetAsync(name)).Must(HttpStatusCode.BadGateway);
    }

    [Fact]
    public async Task A_chain_of_eleven_ends_in_an_error()
    {
        var package = shared.Source.Add(SharedServer.Fresh("chain"));
        var path = package.TarballPath("1.0.0");
        shared.Source.Script(path, Behaviours.RedirectChain(11));

        Assert.False((await shared.GetAsync(path[1..])).IsSuccess);
        Assert.True(shared.Source.Count(path) <= 11);
    }

    [Fact]
    public async Task A_tarball_address_elsewhere_in_the_packument_is_never_fetched()
    {
        await using var elsewhere = new FakeNpmSource();
        var package = new FakePackage(SharedServer.Fresh("elsewhere")) { TarballsAt = elsewhere.Address }.With("1.0.0");
        shared.Source.Add(package);
        elsewhere.Add(package);

        var listing = await shared.PackumentAsync(package.Name);
        await shared.GetAsync(package.TarballPath("1.0.0")[1..]);

        Assert.StartsWith(
            shared.Server.Npm().AbsoluteUri,
            listing["versions"]!["1.0.0"]!["dist"]!["tarball"]!.GetValue<string>(),
            StringComparison.Ordinal);
        Assert.Empty(elsewhere.Requests);
    }
}
