using System.Net;
using Granary.ClientTests.Clients;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Upstreams;

/// <summary>
/// A private name and a public one of the same spelling, in the orders in which they can come to be (DC-1 to DC-4 of the hardening catalogue),
/// with npm itself and a source that says what it was asked. Origin controls as such are in <see cref="Npm.OriginControlTests"/>.
/// </summary>
public sealed class DependencyConfusionTests(SharedServer shared)
{
    [Fact]
    public async Task Nothing_that_npm_does_with_a_private_name_reaches_the_source()
    {
        var name = SharedServer.Fresh("corp-lib");
        using var home = shared.LoggedIn();
        var folder = PackageFolder.ToPublish(home, name);
        (await home.NpmAsync(folder, "publish")).MustSucceed();
        shared.Source.Add(name, "1.0.0", "99.0.0");
        // The first publish has asked whether the name is public. From here on it is nobody else's.
        var asked = Asked(name);

        Assert.Equal("1.0.0", (await home.NpmAsync(home.Path, "view", name, "version", "--prefer-online")).MustSucceed().Output.Trim());
        Assert.DoesNotContain("99.0.0", (await home.NpmAsync(home.Path, "view", name, "--json", "--prefer-online")).MustSucceed().Output, StringComparison.Ordinal);
        Assert.Equal("", (await home.NpmAsync(home.Path, "view", $"{name}@99.0.0", "version", "--prefer-online")).Output.Trim());
        var project = home.Project("project");
        (await home.NpmAsync(project, "install", name)).MustSucceed();
        PackageFolder.MustHold(project, name, "1.0.0");
        (await home.NpmAsync(home.Project("exact"), "install", $"{name}@99.0.0")).MustFail("ETARGET", "notarget");
        (await home.NpmAsync(home.Project("url"), "install", new Uri(shared.Server.Npm(), $"{name}/-/{name}-99.0.0.tgz").AbsoluteUri)).MustFail("E404");
        (await home.NpmAsync(project, "update", "--prefer-online")).MustSucceed();
        (await home.NpmAsync(project, "outdated", "--prefer-online")).MustSucceed();

        (await home.NpmAsync(home.Path, "dist-tag", "add", $"{name}@1.0.0", "stable")).MustSucceed();
        (await home.NpmAsync(home.Path, "dist-tag", "add", $"{name}@99.0.0", "next")).MustFail("E404");
        Assert.Contains("stable: 1.0.0", (await home.NpmAsync(home.Path, "dist-tag", "ls", name)).MustSucceed().Output, StringComparison.Ordinal);
        (await home.NpmAsync(home.Path, "dist-tag", "rm", name, "stable")).MustSucceed();
        (await home.NpmAsync(home.Path, "deprecate", name, "no longer")).MustSucceed();
        (await home.NpmAsync(home.Path, "unpublish", $"{name}@1.0.0", "--force")).MustFail("delete-package-versions");
        Assert.Contains($"\"{name}\"", (await home.NpmAsync(home.Path, "search", name, "--json", "--prefer-online")).MustSucceed().Output, StringComparison.Ordinal);
        // The audit tells the registry every name of the tree; ours answers for itself and passes nothing on.
        await home.NpmAsync(project, "audit", "--audit=true");

        PackageFolder.Fill(folder, name, "1.1.0");
        (await home.NpmAsync(folder, "publish")).MustSucceed();
        PackageFolder.Fill(folder, name, "99.0.0");
        (await home.NpmAsync(folder, "publish")).MustSucceed();
        PackageFolder.MustHold(await InstallAsync(home, "own", $"{name}@99.0.0"), name, "99.0.0");

        Assert.Equal(asked, Asked(name));
    }

    [Fact]
    public async Task A_name_that_was_blocked_in_advance_is_told_to_nobody_even_when_it_is_first_published()
    {
        var scope = SharedServer.Fresh("early");
        var name = $"@{scope}/lib";
        shared.Source.Add(name, "1.0.0", "99.0.0");
        using var home = shared.LoggedIn();
        await shared.Aws.RunAsync(
            "put-package-origin-configuration", "--domain", GranaryServer.Domain, "--repository", GranaryServer.Repository,
            "--format", "npm", "--namespace", scope, "--package", "lib", "--restrictions", "publish=ALLOW,upstream=BLOCK");

        (await home.NpmAsync(home.Path, "view", name)).MustFail("E404");
        (await home.NpmAsync(home.Project("before"), "install", name)).MustFail("E404");
        (await home.NpmAsync(home.Path, "dist-tag", "add", $"{name}@99.0.0", "next")).MustFail("E404");
        (await home.NpmAsync(home.Path, "deprecate", name, "no longer")).MustFail("E404");
        (await home.NpmAsync(PackageFolder.ToPublish(home, name), "publish")).MustSucceed();
        PackageFolder.MustHold(await InstallAsync(home, "after", name), name, "1.0.0");

        Assert.Equal(0, Asked(scope));
    }

    // DC-4
    [Fact]
    public async Task Without_a_connection_nothing_is_asked_whatever_a_client_does()
    {
        var repository = await shared.Aws.CreateRepositoryAsync(SharedServer.Fresh("island"));
        var (foreign, own) = (SharedServer.Fresh("foreign"), SharedServer.Fresh("own"));
        shared.Source.Add(foreign);
        using var home = shared.LoggedIn(shared.Server.Npm(repository));

        (await home.NpmAsync(home.Path, "view", foreign)).MustFail("E404");
        (await home.NpmAsync(home.Project("none"), "install", foreign)).MustFail("E404");
        (await home.NpmAsync(PackageFolder.ToPublish(home, own), "publish")).MustSucceed();
        PackageFolder.MustHold(await InstallAsync(home, "own", own), own, "1.0.0");
        Assert.Equal(0, Asked(foreign) + Asked(own));

        await shared.Aws.RunAsync(
            "associate-external-connection", "--domain", GranaryServer.Domain, "--repository", repository, "--external-connection", "public:npmjs");
        await InstallAsync(home, "public", foreign);
        Assert.NotEqual(0, Asked(foreign));
        Assert.Equal(0, Asked(own));
    }

    // DC-2: the private package lies in the middle of a chain, between the reader and the connection.
    [Fact]
    public async Task A_name_that_is_private_halfway_up_a_chain_is_private_below_it()
    {
        var middle = await shared.Aws.CreateRepositoryAsync(SharedServer.Fresh("middle"), "npm-store");
        var outer = await shared.Aws.CreateRepositoryAsync(SharedServer.Fresh("outer"), middle);
        var document = new PublishDocument(SharedServer.Fresh("halfway"), "1.0.0");
        await shared.PublishAsync(document, shared.Server.Npm(middle));
        shared.Source.Add(document.Name, "99.0.0");
        var asked = Asked(document.Name);
        using var home = shared.LoggedIn(shared.Server.Npm(outer));

        var project = await InstallAsync(home, "project", document.Name);
        Assert.Contains("@1.0.0", (await home.NpmAsync(project, "ls", document.Name)).MustSucceed().Output, StringComparison.Ordinal);
        (await home.NpmAsync(home.Project("exact"), "install", $"{document.Name}@99.0.0")).MustFail("ETARGET", "notarget");
        Assert.Equal(HttpStatusCode.NotFound, await shared.StatusAsync($"{document.Name}/-/{document.Name}-99.0.0.tgz", shared.Server.Npm(outer)));

        Assert.Equal(asked, Asked(document.Name));
    }

    // DC-2: two external connections, and the private package behind the second of them.
    [Theory]
    [InlineData("team", "store", "npm-store")]
    [InlineData("store", "team", "npm-store")]
    [InlineData("store", "npm-store", "team")]
    public async Task A_name_that_one_of_several_upstreams_published_is_asked_of_no_connection(params string[] order)
    {
        var store = await shared.Aws.CreateRepositoryAsync(SharedServer.Fresh("store"));
        await shared.Aws.RunAsync("associate-external-connection", "--domain", GranaryServer.Domain, "--repository", store, "--external-connection", "public:npmjs");
        var team = await shared.Aws.CreateRepositoryAsync(SharedServer.Fresh("team"));
        // One level down, so that the way to it leads through a repository that holds nothing.
        var nested = await shared.Aws.CreateRepositoryAsync(SharedServer.Fresh("nested"), team);
        var names = new Dictionary<string, string> { ["team"] = nested, ["store"] = store, ["npm-store"] = "npm-store" };
        var all = await shared.Aws.CreateRepositoryAsync(SharedServer.Fresh("all"), [.. order.Select(upstream => names[upstream])]);
        var document = new PublishDocument(SharedServer.Fresh("cousin"), "1.0.0");
        await shared.PublishAsync(document, shared.Server.Npm(team));
        shared.Source.Add(document.Name, "99.0.0");
        using var home = shared.LoggedIn(shared.Server.Npm(all));

        var project = await InstallAsync(home, "project", document.Name);

        Assert.Contains("@1.0.0", (await home.NpmAsync(project, "ls", document.Name)).MustSucceed().Output, StringComparison.Ordinal);
        Assert.Equal(0, Asked(document.Name));
    }

    // The other order: public first, and then somebody wants the name in another repository of the same search.
    [Fact]
    public async Task A_public_name_that_becomes_private_downstream_shows_nothing_public_any_more()
    {
        var middle = await shared.Aws.CreateRepositoryAsync(SharedServer.Fresh("middle"), "npm-store");
        var outer = await shared.Aws.CreateRepositoryAsync(SharedServer.Fresh("outer"), middle);
        var package = shared.Source.Add(SharedServer.Fresh("claimed"), "1.0.0", "2.0.0");
        using var home = shared.LoggedIn(shared.Server.Npm(middle));
        await InstallAsync(home, "public", $"{package.Name}@1.0.0");
        home.LogIn(shared.Server.Npm(outer), shared.Token);

        // Both versions are the public's, kept or not.
        (await home.NpmAsync(PackageFolder.ToPublish(home, package.Name, "1.0.0"), "publish")).MustFail("E409", "previously published", "over the");
        (await home.NpmAsync(PackageFolder.ToPublish(home, package.Name, "2.0.0"), "publish")).MustFail("E409", "previously published", "over the");
        (await shared.TryPublishAsync(new PublishDocument(package.Name, "2.0.0"), shared.Server.Npm(outer))).Must(HttpStatusCode.Conflict);

        // CodeArtifact's rule is about versions: another one may be published there, and from then on the name is private.
        await shared.PublishAsync(new PublishDocument(package.Name, "3.0.0"), shared.Server.Npm(outer));
        var asked = Asked(package.Name);
        Assert.Equal(["3.0.0"], (await shared.PackumentAsync(package.Name, shared.Server.Npm(outer)))["versions"]!.AsObject().Select(v => v.Key));
        Assert.Equal(HttpStatusCode.NotFound, await shared.StatusAsync(package.TarballPath("2.0.0")[1..], shared.Server.Npm(outer)));
        Assert.Equal(asked, Asked(package.Name));
    }

    [Theory]
    [InlineData("@{0}/lib")]
    [InlineData("@{0}%2Flib")]
    [InlineData("@{0}%2flib")]
    [InlineData("%40{0}%2Flib")]
    [InlineData("%40{0}/lib")]
    [InlineData("@{0}/%6cib")]
    [InlineData("@{0}/li%62")]
    [InlineData("@{0}//lib")]
    [InlineData("@{0}/./lib")]
    [InlineData("@{0}/lib/")]
    [InlineData("@{0}/lib%20")]
    [InlineData("@{0}/lib%00")]
    [InlineData("@{0}%252Flib")]
    [InlineData("@{0}/lib?write=true")]
    [InlineData("@{0}/lib/99.0.0")]
    [InlineData("@{0}/lib/latest")]
    [InlineData("@{0}/lib/-/lib-99.0.0.tgz")]
    [InlineData("@{0}/lib/-/%6cib-99.0.0.tgz")]
    [InlineData("@{0}%2flib/-/lib-99.0.0.tgz")]
    [InlineData("-/package/@{0}%2flib/dist-tags")]
    public async Task However_an_address_spells_a_private_name_it_is_that_name_or_none(string spelling)
    {
        var scope = SharedServer.Fresh("spelt");
        var name = $"@{scope}/lib";
        await shared.PublishAsync(new PublishDocument(name, "1.0.0"));
        shared.Source.Add(name, "99.0.0");
        var asked = Asked(scope);

        var answer = await RawHttp.SendAsync(
            shared.Server.Http, "GET", new Uri(shared.Server.Npm(), ".").AbsolutePath + string.Format(System.Globalization.CultureInfo.InvariantCulture, spelling, scope), shared.Token);

        Assert.True(answer.Status == 200 || answer.IsRefusal, $"{answer.Status}: {answer.Body}");
        Assert.DoesNotContain("\"99.0.0\"", answer.Body, StringComparison.Ordinal);
        Assert.Equal(asked, Asked(scope));
    }

    // DC-6, without a wait: what a repository has kept does not depend on what the source says later.
    [Fact]
    public async Task A_version_that_was_fetched_is_served_to_repositories_that_never_asked_after_the_source_has_changed_its_bytes()
    {
        var package = shared.Source.Add(SharedServer.Fresh("swapped"), "1.0.0");
        var path = package.TarballPath("1.0.0");
        var before = (await shared.GetAsync(path[1..])).Must(HttpStatusCode.OK).Body;
        shared.Source.Add(new FakePackage(package.Name).With("1.0.0", version => version.Padding = 1000));
        var fetched = shared.Source.Count(path);

        // Of the same domain: npm-store has kept it for all of them.
        var other = await shared.Aws.CreateRepositoryAsync(SharedServer.Fresh("later"), "npm-store");
        Assert.Equal(before, (await shared.GetAsync(path[1..], repository: shared.Server.Npm(other))).Must(HttpStatusCode.OK).Body);
        var listed = (await shared.PackumentAsync(package.Name, shared.Server.Npm(other)))["versions"]!["1.0.0"]!["dist"]!["integrity"]!.GetValue<string>();

        Assert.Equal(Tarball.Integrity(before), listed);
        Assert.Equal(fetched, shared.Source.Count(path));
    }

    private static async Task<string> InstallAsync(ClientHome home, string folder, string package)
    {
        var project = home.Project(folder);
        (await home.NpmAsync(project, "install", package)).MustSucceed();
        return project;
    }

    /// <summary>How many requests of any kind told the source the name.</summary>
    private int Asked(string name) => shared.Source.Requests.Count(request => request.Target.Contains(name, StringComparison.OrdinalIgnoreCase));
}
