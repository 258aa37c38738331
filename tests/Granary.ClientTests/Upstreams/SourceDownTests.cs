using System.Net;
using Granary.ClientTests.Clients;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Upstreams;

/// <summary>What is stored keeps working whatever becomes of the source, over a restart too.</summary>
public sealed class SourceDownTests : IAsyncLifetime
{
    private readonly FakeNpmSource _source = new();
    private readonly ClientHome _home = new();
    private GranaryServer _server = null!;
    private string _token = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await GranaryServer.StartAsync(_source);
        _token = await new AwsCli(_server, _home).TokenAsync();
        _home.LogIn(_server.Npm(), _token);
    }

    [Fact]
    public async Task Nothing_is_asked_of_the_source_before_a_client_asks()
    {
        Assert.Empty(_source.Requests);
        await _server.StopAsync();
        await _server.StartAgainAsync();

        Assert.Empty(_source.Requests);
    }

    [Theory]
    [InlineData("off")]
    [InlineData("silent")]
    [InlineData("500")]
    [InlineData("429")]
    [InlineData("404")]
    [InlineData("html")]
    public async Task An_installed_tree_installs_again(string source)
    {
        var tree = new MadeUpTree(_source, "down");
        var first = PackageFolder.ToInstall(_home, "first", tree.App);
        (await _home.NpmAsync(first, "install")).MustSucceed();

        await _server.StopAsync();
        Break(source);
        await _server.StartAgainAsync();
        _home.EmptyCaches();
        var second = PackageFolder.ToInstall(_home, "second", tree.App);

        if (source == "404")
        {
            // The source may truly have removed the packages; what the repository retained stays.
            File.Copy(Path.Combine(first, "package-lock.json"), Path.Combine(second, "package-lock.json"));
            (await _home.NpmAsync(second, "ci")).MustSucceed();
        }
        else
        {
            (await _home.NpmAsync(second, "install")).MustSucceed();
        }

        tree.MustBeInstalledIn(second);
    }

    [Fact]
    public async Task What_was_never_asked_fails_as_a_gateway_and_works_when_the_source_is_back()
    {
        var package = _source.Add("never-seen");
        _source.SwitchOff();

        var down = await GetAsync(package.Name);
        Assert.True((int)down.Status is 502 or 503 or 504, down.ToString());
        var tarball = await GetAsync(package.TarballPath("1.0.0")[1..]);
        Assert.True((int)tarball.Status is 502 or 503 or 504, tarball.ToString());

        _source.SwitchOn();
        (await GetAsync(package.Name)).Must(HttpStatusCode.OK);
        (await GetAsync(package.TarballPath("1.0.0")[1..])).Must(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Known_private_packages_are_published_and_installed_while_the_source_is_off()
    {
        var folder = PackageFolder.ToPublish(_home, "@acme/island");
        (await _home.NpmAsync(folder, "publish")).MustSucceed();
        _source.SwitchOff();

        PackageFolder.Fill(folder, "@acme/island", "1.1.0");
        (await _home.NpmAsync(folder, "publish")).MustSucceed();
        var project = PackageFolder.ToInstall(_home, "project", "@acme/island");
        (await _home.NpmAsync(project, "install")).MustSucceed();

        PackageFolder.MustHold(project, "@acme/island", "1.1.0");
    }

    // DC-5: whether a new name is free upstream is not to be taken for granted while nobody can say.
    [Theory]
    [InlineData("off")]
    [InlineData("silent")]
    [InlineData("500")]
    [InlineData("503")]
    [InlineData("429")]
    [InlineData("401")]
    [InlineData("403")]
    [InlineData("204")]
    [InlineData("html")]
    public async Task A_first_publish_is_refused_while_the_source_cannot_say_that_the_name_is_free(string source)
    {
        Break(source);

        (await _home.NpmAsync(PackageFolder.ToPublish(_home, "@acme/unsure"), "publish")).MustFail("E502", "E503", "E504");

        _source.Otherwise = null;
        _source.SwitchOn();
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync("@acme%2funsure")).Status);
    }

    // DC-5 once more: what the source listed before it failed does not say what it has now.
    [Theory]
    [InlineData("off")]
    [InlineData("429")]
    public async Task A_list_that_the_source_sent_before_it_failed_frees_no_version_for_a_publish(string source)
    {
        var package = _source.Add("remembered");
        (await GetAsync(package.Name)).Must(HttpStatusCode.OK);
        await _server.StopAsync();
        Break(source);
        await _server.StartAgainAsync();
        // The list is still there for readers.
        Assert.Equal("1.0.0", (await _home.NpmAsync(_home.Path, "view", package.Name, "version")).MustSucceed().Output.Trim());
        var folder = PackageFolder.ToPublish(_home, package.Name, "2.0.0");

        (await _home.NpmAsync(folder, "publish")).MustFail("E502", "E503", "E504");

        package.With("2.0.0");
        _source.Otherwise = null;
        _source.SwitchOn();
        await _server.StopAsync();
        await _server.StartAgainAsync();
        (await _home.NpmAsync(folder, "publish")).MustFail("E409", "previously published", "over the");
    }

    // DC-6
    [Fact]
    public async Task A_version_that_the_source_withdraws_is_served_and_listed_as_long_as_it_was_fetched_before()
    {
        var package = _source.Add("withdrawn", "1.0.0", "1.1.0", "1.2.0");
        var kept = (await GetAsync(package.TarballPath("1.0.0")[1..])).Must(HttpStatusCode.OK).Body;
        _source.Add("withdrawn", "1.2.0");
        await _server.StopAsync();
        await _server.StartAgainAsync();

        Assert.Equal(["1.0.0", "1.2.0"], (await GetAsync(package.Name)).Must(HttpStatusCode.OK).Json["versions"]!.AsObject().Select(v => v.Key).Order(StringComparer.Ordinal));
        Assert.Equal(kept, (await GetAsync(package.TarballPath("1.0.0")[1..])).Must(HttpStatusCode.OK).Body);
        var project = _home.Project("project");
        (await _home.NpmAsync(project, "install", $"{package.Name}@1.0.0")).MustSucceed();
        Assert.Contains("@1.0.0", (await _home.NpmAsync(project, "ls", package.Name)).MustSucceed().Output, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(package.TarballPath("1.1.0")[1..])).Status);
        Assert.DoesNotContain("now promises other bytes", _server.ReadLog(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_that_the_source_changes_later_do_not_replace_those_that_are_stored()
    {
        var package = _source.Add("changed");
        var path = package.TarballPath("1.0.0")[1..];
        var before = (await GetAsync(path)).Must(HttpStatusCode.OK).Body;
        _source.Remove("changed");
        _source.Add(new FakePackage("changed").With("1.0.0", version => version.Padding = 1000));
        await _server.StopAsync();
        await _server.StartAgainAsync();

        var listed = (await GetAsync("changed")).Must(HttpStatusCode.OK).Json["versions"]!["1.0.0"]!["dist"]!["integrity"]!.GetValue<string>();

        Assert.Equal(before, (await GetAsync(path)).Must(HttpStatusCode.OK).Body);
        Assert.Equal(Tarball.Integrity(before), listed);
        // In another form, and by npm: told once all the same.
        (await _home.NpmAsync(_home.Project("project"), "install", "changed")).MustSucceed();
        Assert.Single(_server.ReadLog().Split('\n'), line => line.Contains("public:npmjs now promises other bytes for changed 1.0.0", StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _source.DisposeAsync();
        _home.Dispose();
    }

    private async Task<Answer> GetAsync(string path)
    {
        using var request = _server.Request(HttpMethod.Get, path, _token);
        return await _server.SendAsync(request);
    }

    private void Break(string how)
    {
        if (how == "off")
        {
            _source.SwitchOff();
            return;
        }

        _source.Otherwise = how switch
        {
            "silent" => Behaviours.Silence(),
            "html" => Behaviours.LoginPage(),
            _ => Behaviours.Status(int.Parse(how, System.Globalization.CultureInfo.InvariantCulture)),
        };
    }
}
