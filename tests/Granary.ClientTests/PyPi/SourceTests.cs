using System.Net;
using System.Text.Json.Nodes;
using Granary.ClientTests.Formats;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.PyPi;

/// <summary>Packages of a public index.</summary>
public sealed class SourceTests(FormatServer<PyPiEcosystem> place) : IClassFixture<FormatServer<PyPiEcosystem>>, IDisposable
{
    private readonly ClientHome home = new();

    private FakePyPiIndex Index => place.Ecosystem.Index;

    private Uri Endpoint => place.Shop.Endpoint("pypi");

    public void Dispose()
    {
        (Index.OnlyHtml, Index.HasMetadata) = (false, true);
        home.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Private_and_public_packages_are_installed_together_and_again_without_the_source(bool html)
    {
        Index.OnlyHtml = html;
        var leaf = new Wheel(SharedServer.Fresh("leaf"), "1.0") { Mark = "leaf" };
        var lib = new Wheel(SharedServer.Fresh("lib"), "2.0") { Mark = "lib", Requires = [leaf.Name] };
        var app = new Wheel(SharedServer.Fresh("own"), "1.0") { Mark = "own", Requires = [$"{lib.Name}<3"] };
        Index.Add(leaf);
        Index.Add(lib);
        Index.Add(lib with { Version = "3.0", Mark = "too new" }, ">=2.7");
        await PublishAsync(app);
        // Whether the public has it was asked before that, and never again.
        var asked = Index.CountOf(app.Name);

        await MustInstallAsync(app, lib, leaf);

        Assert.Equal(asked, Index.CountOf(app.Name));
        Assert.Equal(0, Index.CountOfFile(lib.Name, $"{lib.Module}-3.0-py2.py3-none-any.whl"));
        Index.SwitchOff();
        try
        {
            await MustInstallAsync(app, lib, leaf);
        }
        finally
        {
            Index.SwitchOn();
        }
    }

    [Fact]
    public async Task Metadata_of_what_is_not_kept_comes_from_the_source_and_must_hold()
    {
        var wheel = new Wheel(SharedServer.Fresh("apart"), "1.0") { Requires = ["left"] };
        Index.Add(wheel);

        var file = Assert.Single((await JsonAsync(wheel.Name))["files"]!.AsArray())!;
        Assert.NotNull(file["core-metadata"]!["sha256"]);
        var answer = await GetAsync($"simple/{wheel.Name}/1.0/{wheel.File}.metadata");
        Assert.Equal(wheel.MetadataText, answer.Must(HttpStatusCode.OK).Text);
        Assert.Equal(0, Index.CountOfFile(wheel.Name, wheel.File));
        await place.Aws.RefusedAsync("ResourceNotFoundException", ["describe-package", .. place.Package(wheel.Name)]);

        // Once the wheel is kept, its own metadata is served.
        (await GetAsync($"simple/{wheel.Name}/1.0/{wheel.File}")).Must(HttpStatusCode.OK);
        Index.SwitchOff();
        try
        {
            Assert.Equal(wheel.MetadataText, (await GetAsync($"simple/{wheel.Name}/1.0/{wheel.File}.metadata")).Must(HttpStatusCode.OK).Text);
        }
        finally
        {
            Index.SwitchOn();
        }
    }

    [Fact]
    public async Task Metadata_is_promised_of_what_is_kept_whether_the_source_has_it_or_not()
    {
        Index.HasMetadata = false;
        var wheel = new Wheel(SharedServer.Fresh("without"), "1.0") { Requires = ["left"] };
        Index.Add(wheel);
        Assert.Null(Assert.Single((await JsonAsync(wheel.Name))["files"]!.AsArray())!["core-metadata"]);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync($"simple/{wheel.Name}/1.0/{wheel.File}.metadata")).Status);

        (await GetAsync($"simple/{wheel.Name}/1.0/{wheel.File}")).Must(HttpStatusCode.OK);

        Assert.Equal(wheel.MetadataText, (await GetAsync($"simple/{wheel.Name}/1.0/{wheel.File}.metadata")).Must(HttpStatusCode.OK).Text);
        var dependencies = (await place.Aws.RunAsync(["list-package-version-dependencies", .. place.Package(wheel.Name), "--package-version", "1.0"]))["dependencies"]!;
        Assert.Equal("left", (string?)dependencies[0]!["package"]);
    }

    [Fact]
    public async Task A_kept_version_is_listed_with_and_gains_the_files_that_its_source_has_more()
    {
        var one = new Wheel(SharedServer.Fresh("gaining"), "1.0") { Mark = "one" };
        var two = one with { Tag = "py3-none-any", Mark = "two" };
        Index.Add(one);
        Index.Add(two);
        (await GetAsync($"simple/{one.Name}/1.0/{one.File}")).Must(HttpStatusCode.OK);
        Assert.Equal([one.File], await AssetsAsync(one.Name));

        Assert.Equal([one.File, two.File], (await JsonAsync(one.Name))["files"]!.AsArray().Select(file => (string)file!["filename"]!));
        Assert.Equal(two.Bytes, (await GetAsync($"simple/{one.Name}/1.0/{two.File}")).Must(HttpStatusCode.OK).Body);

        Assert.Equal([one.File, two.File], await AssetsAsync(one.Name));
        Assert.Equal([one.File, two.File], await AssetsAsync(one.Name, "store"));
    }

    [Fact]
    public async Task What_is_yanked_is_chosen_only_by_its_number()
    {
        var older = new Wheel(SharedServer.Fresh("yanked"), "1.0") { Mark = "older" };
        var newer = older with { Version = "2.0", Mark = "newer" };
        Index.Add(older);
        Index.Add(newer);
        Index.Yank(newer, "breaks <everything>");

        await MustInstallAsync(older);
        var folder = home.Project("exact");
        (await home.InstallAsync(folder, Python.IndexUrl(Endpoint, place.Token), [$"{newer.Name}==2.0"])).MustSucceed();
        Assert.Equal("newer", Python.MarkOf(folder, newer.Name));

        var kept = (await JsonAsync(newer.Name))["files"]!.AsArray().Single(file => (string)file!["filename"]! == newer.File)!;
        Assert.Equal("breaks <everything>", (string)kept["yanked"]!);
    }

    [Fact]
    public async Task A_file_that_is_not_what_its_page_promises_is_never_delivered()
    {
        var wheel = new Wheel(SharedServer.Fresh("forged"), "1.0") { Mark = "forged" };
        Index.Add(wheel);
        await JsonAsync(wheel.Name);
        Index.Forge(wheel);

        (await home.InstallAsync(home.Project("folder"), Python.IndexUrl(Endpoint, place.Token), [wheel.Name])).MustFail();

        await place.Aws.RefusedAsync("ResourceNotFoundException", ["describe-package", .. place.Package(wheel.Name)]);
    }

    [Fact]
    public async Task A_version_of_the_public_is_not_published_by_any_of_its_texts()
    {
        var wheel = new Wheel(SharedServer.Fresh("taken"), "1.0");
        Index.Add(wheel);
        var own = wheel with { Version = "1.0.0" };
        var folder = home.Project("folder");
        await File.WriteAllBytesAsync(Path.Combine(folder, own.File), own.Bytes, TestContext.Current.CancellationToken);

        (await home.TwineAsync(folder, Endpoint, place.Token, own.File)).MustFail("409");
    }

    private async Task MustInstallAsync(params Wheel[] wheels)
    {
        var folder = home.Project(SharedServer.Fresh("install"));
        (await home.InstallAsync(folder, Python.IndexUrl(Endpoint, place.Token), [wheels[0].Name])).MustSucceed();
        Assert.Equal(wheels.Select(wheel => wheel.Mark), wheels.Select(wheel => Python.MarkOf(folder, wheel.Name)));
    }

    private async Task PublishAsync(Wheel wheel)
    {
        var folder = home.Project(SharedServer.Fresh("publish"));
        await File.WriteAllBytesAsync(Path.Combine(folder, wheel.File), wheel.Bytes, TestContext.Current.CancellationToken);
        (await home.TwineAsync(folder, Endpoint, place.Token, wheel.File)).MustSucceed();
    }

    private async Task<string?[]> AssetsAsync(string name, string repository = "shop") =>
        [.. (await place.Aws.RunAsync(["list-package-version-assets", .. place.Package(name, repository), "--package-version", "1.0"]))["assets"]!.AsArray().Select(asset => (string?)asset!["name"])];

    private Task<Answer> GetAsync(string path) => place.Server.SendAsync(place.Shop.Request(HttpMethod.Get, "pypi", path));

    private async Task<JsonObject> JsonAsync(string name)
    {
        using var request = place.Shop.Request(HttpMethod.Get, "pypi", $"simple/{name}/");
        request.Headers.Add("Accept", "application/vnd.pypi.simple.v1+json");
        return (await place.Server.SendAsync(request)).Must(HttpStatusCode.OK).Json;
    }
}
