using Granary.ClientTests.Formats;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.PyPi;

/// <summary>What pip does with a repository.</summary>
public sealed class InstallTests(FormatServer<PyPiEcosystem> place) : IClassFixture<FormatServer<PyPiEcosystem>>, IDisposable
{
    private readonly ClientHome home = new();

    private Uri Endpoint => place.Shop.Endpoint("pypi");

    private string IndexUrl => Python.IndexUrl(Endpoint, place.Token);

    public void Dispose() => home.Dispose();

    [Fact]
    public async Task Every_pip_of_the_machine_installs_a_package_with_what_it_needs()
    {
        var left = new Wheel(SharedServer.Fresh("left"), "1.0") { Mark = "left" };
        var app = new Wheel(SharedServer.Fresh("App.Name"), "1.0") { Mark = "app", Requires = [$"{left.Name.ToUpperInvariant()}>=1"] };
        await PublishAsync(left, app);

        foreach (var python in Python.Interpreters)
        {
            var folder = home.Project(SharedServer.Fresh("install"));
            (await home.InstallAsync(folder, IndexUrl, [app.Name.Replace('.', '_')], python)).MustSucceed();
            Assert.Equal(("app", "left"), (Python.MarkOf(folder, app.Name), Python.MarkOf(folder, left.Name)));
        }
    }

    [Fact]
    public async Task Pip_is_logged_in_by_the_CLI()
    {
        var wheel = new Wheel(SharedServer.Fresh("login"), "1.0") { Mark = "by login" };
        await PublishAsync(wheel);
        (await place.Aws.TryAsync("login", "--tool", "pip", "--domain", GranaryServer.Domain, "--domain-owner", GranaryServer.Account, "--repository", "shop")).MustSucceed();
        Assert.Contains("/pypi/", (await place.Home.PipAsync(place.Home.Path, ["config", "get", "global.index-url"])).MustSucceed().Output, StringComparison.Ordinal);

        var folder = place.Home.Project("folder");
        (await place.Home.PipAsync(folder, ["install", "--no-cache-dir", "--target", "site", wheel.Name])).MustSucceed();

        Assert.Equal("by login", Python.MarkOf(folder, wheel.Name));
    }

    [Fact]
    public async Task Hashes_are_required_and_hold()
    {
        var wheel = new Wheel(SharedServer.Fresh("hashed"), "1.0") { Mark = "hashed" };
        await PublishAsync(wheel);
        var folder = home.Project("folder");
        File.WriteAllText(Path.Combine(folder, "good.txt"), $"{wheel.Name}==1.0 --hash=sha256:{wheel.Sha256}\n");
        File.WriteAllText(Path.Combine(folder, "bad.txt"), $"{wheel.Name}==1.0 --hash=sha256:{new string('0', 64)}\n");

        (await home.InstallAsync(folder, IndexUrl, ["--require-hashes", "-r", "bad.txt"])).MustFail("HASHES");
        Assert.Null(Python.MarkOf(folder, wheel.Name));
        (await home.InstallAsync(folder, IndexUrl, ["--require-hashes", "-r", "good.txt"])).MustSucceed();
        Assert.Equal("hashed", Python.MarkOf(folder, wheel.Name));
    }

    [Fact]
    public async Task What_needs_another_Python_is_passed_over()
    {
        var older = new Wheel(SharedServer.Fresh("pythonic"), "1.0") { Mark = "older", Metadata = ["Requires-Python: >=2.7"] };
        await PublishAsync(older, older with { Version = "2.0", Mark = "newer", Metadata = ["Requires-Python: >=99"] });
        var folder = home.Project("folder");

        (await home.InstallAsync(folder, IndexUrl, [older.Name])).MustSucceed();

        Assert.Equal("older", Python.MarkOf(folder, older.Name));
    }

    [Fact]
    public async Task Downloads_are_the_bytes_that_were_published()
    {
        var wheel = new Wheel(SharedServer.Fresh("downloaded"), "1.0");
        await PublishAsync(wheel);
        var folder = home.Project("folder");

        (await home.PipAsync(folder, ["download", "--no-cache-dir", "--index-url", IndexUrl, "--dest", "got", wheel.Name])).MustSucceed();

        Assert.Equal(wheel.Bytes, await File.ReadAllBytesAsync(Path.Combine(folder, "got", wheel.File), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_is_unlisted_is_not_found_by_its_number_and_downloaded_by_its_address()
    {
        var wheel = new Wheel(SharedServer.Fresh("unlisted"), "1.0") { Mark = "unlisted" };
        await PublishAsync(wheel);
        await place.Aws.RunAsync(["update-package-versions-status", .. place.Package(wheel.Name), "--versions", "1.0", "--target-status", "Unlisted"]);
        var folder = home.Project("folder");

        (await home.InstallAsync(folder, IndexUrl, [$"{wheel.Name}==1.0"])).MustFail("No matching distribution");
        (await home.InstallAsync(folder, IndexUrl, [$"{IndexUrl}{wheel.Name}/1.0/{wheel.File}"])).MustSucceed();

        Assert.Equal("unlisted", Python.MarkOf(folder, wheel.Name));
    }

    private async Task PublishAsync(params Wheel[] wheels)
    {
        var folder = home.Project(SharedServer.Fresh("publish"));
        foreach (var wheel in wheels)
        {
            await File.WriteAllBytesAsync(Path.Combine(folder, wheel.File), wheel.Bytes, TestContext.Current.CancellationToken);
        }

        (await home.TwineAsync(folder, Endpoint, place.Token, [.. wheels.Select(wheel => wheel.File)])).MustSucceed();
    }
}
