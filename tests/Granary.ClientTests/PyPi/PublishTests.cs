using System.Net;
using Granary.ClientTests.Formats;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.PyPi;

/// <summary>The tools that publish Python packages, each with what it builds itself.</summary>
public sealed class PublishTests(FormatServer<PyPiEcosystem> place) : IClassFixture<FormatServer<PyPiEcosystem>>, IDisposable
{
    private readonly ClientHome home = new();

    private Uri Endpoint => place.Shop.Endpoint("pypi");

    public void Dispose() => home.Dispose();

    [Fact]
    public async Task Twine_is_logged_in_by_the_CLI_and_publishes_a_wheel_and_an_sdist()
    {
        var name = SharedServer.Fresh("twined");
        var folder = SetuptoolsProject(name, "1.0", "first");
        await LogInAsync("twine");
        (await home.RunAsync(Tool.SystemPython, folder, "-m", "build", "--no-isolation")).MustSucceed();

        (await TwineAsync(folder)).MustSucceed();

        var page = (await GetAsync($"simple/{name}/")).Text;
        Assert.Contains($"{name.Replace('-', '_')}-1.0-py3-none-any.whl", page, StringComparison.Ordinal);
        Assert.Contains("-1.0.tar.gz", page, StringComparison.Ordinal);
        await MustInstallAsync(name, "first");
        var described = (await place.Aws.RunAsync(["describe-package-version", .. place.Package(name), "--package-version", "1.0"]))["packageVersion"]!;
        Assert.Equal(("made with setuptools", "https://example.com/home"), ((string?)described["summary"], (string?)described["homePage"]));
        Assert.Equal("MIT", (string?)described["licenses"]![0]!["name"]);
        var dependency = (await place.Aws.RunAsync(["list-package-version-dependencies", .. place.Package(name), "--package-version", "1.0"]))["dependencies"]![0]!;
        Assert.Equal("tomli", (string?)dependency["package"]);
        Assert.Contains("About it", (string?)(await place.Aws.RunAsync(["get-package-version-readme", .. place.Package(name), "--package-version", "1.0"]))["readme"], StringComparison.Ordinal);

        // The same files again are no error; others under their names are, and twine says why.
        (await TwineAsync(folder)).MustSucceed();
        Directory.Delete(Path.Combine(folder, "dist"), recursive: true);
        SetuptoolsProject(name, "1.0", "second", folder);
        (await home.RunAsync(Tool.SystemPython, folder, "-m", "build", "--no-isolation", "--wheel")).MustSucceed();
        (await TwineAsync(folder)).MustFail("409", "other bytes already");
        await MustInstallAsync(name, "first");
    }

    [Fact]
    public async Task Poetry_builds_and_publishes()
    {
        var name = SharedServer.Fresh("poetic");
        var folder = home.Project(name);
        var module = Module(folder, name, "by poetry");
        File.WriteAllText(Path.Combine(folder, "pyproject.toml"), $$"""
            [tool.poetry]
            name = "{{name}}"
            version = "1.0"
            description = "made with poetry"
            authors = ["Ann <ann@example.com>"]
            license = "MIT"
            packages = [{ include = "{{module}}" }]

            [tool.poetry.dependencies]
            python = ">=3.6"
            """);
        Python.Isolate(home);
        (await home.RunAsync(Tool.Poetry, folder, "config", "repositories.granary", Endpoint.AbsoluteUri)).MustSucceed();

        (await home.RunAsync(Tool.Poetry, folder, "publish", "--build", "--no-interaction", "--repository", "granary", "--username", "aws", "--password", place.Token)).MustSucceed();

        var page = await GetAsync($"simple/{name}/");
        Assert.Contains("-1.0.tar.gz", page.Text, StringComparison.Ordinal);
        await MustInstallAsync(name, "by poetry");
    }

    [Fact]
    public async Task Flit_publishes()
    {
        var name = SharedServer.Fresh("flitted");
        var folder = home.Project(name);
        var module = Module(folder, name, "by flit");
        File.WriteAllText(Path.Combine(folder, module, "__init__.py"), "\"\"\"made with flit\"\"\"\n__version__ = '1.0'\n");
        File.WriteAllText(Path.Combine(folder, "pyproject.toml"), $$"""
            [build-system]
            requires = ["flit_core >=3.2,<4"]
            build-backend = "flit_core.buildapi"

            [project]
            name = "{{name}}"
            authors = [{ name = "Ann", email = "ann@example.com" }]
            dynamic = ["version", "description"]
            requires-python = ">=3.6"

            [tool.flit.module]
            name = "{{module}}"
            """);
        Python.Isolate(home);
        (home.Environment["FLIT_INDEX_URL"], home.Environment["FLIT_USERNAME"], home.Environment["FLIT_PASSWORD"]) = (Endpoint.AbsoluteUri, "aws", place.Token);

        (await home.RunAsync(Tool.Flit, folder, "publish", "--no-setup-py")).MustSucceed();

        var described = (await place.Aws.RunAsync(["describe-package-version", .. place.Package(name), "--package-version", "1.0"]))["packageVersion"]!;
        Assert.Equal("made with flit", (string?)described["summary"]);
        await MustInstallAsync(name, "by flit");
    }

    [Fact]
    public async Task A_client_without_a_token_that_holds_is_told_so()
    {
        var wheel = new Wheel(SharedServer.Fresh("unasked"), "1.0");
        var folder = home.Project("folder");
        File.WriteAllBytes(Path.Combine(folder, wheel.File), wheel.Bytes);

        (await home.TwineAsync(folder, Endpoint, "not-a-token", wheel.File)).MustFail("401");

        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync($"simple/{wheel.Name}/")).Status);
    }

    private async Task LogInAsync(string tool) =>
        (await place.Aws.TryAsync("login", "--tool", tool, "--domain", GranaryServer.Domain, "--domain-owner", GranaryServer.Account, "--repository", "shop")).MustSucceed();

    // The CLI writes its settings for the home of the server's administrator.
    private Task<CommandResult> TwineAsync(string folder)
    {
        Python.Isolate(place.Home);
        return place.Home.RunAsync(
            Tool.Twine, folder, ["upload", "--repository", "codeartifact", "--non-interactive", "--disable-progress-bar", "--verbose", .. Directory.GetFiles(Path.Combine(folder, "dist"))]);
    }

    private async Task MustInstallAsync(string name, string mark)
    {
        var folder = home.Project(SharedServer.Fresh("install"));
        (await home.InstallAsync(folder, Python.IndexUrl(Endpoint, place.Token), ["--no-deps", name])).MustSucceed();
        Assert.Equal(mark, Python.MarkOf(folder, name));
    }

    private Task<Answer> GetAsync(string path) => place.Server.SendAsync(place.Shop.Request(HttpMethod.Get, "pypi", path));

    private string SetuptoolsProject(string name, string version, string mark, string? again = null)
    {
        var folder = again ?? home.Project(name);
        var module = Module(folder, name, mark);
        File.WriteAllText(Path.Combine(folder, "README.md"), "# About it\n");
        File.WriteAllText(Path.Combine(folder, "setup.py"), $$"""
            from setuptools import setup
            setup(name="{{name}}", version="{{version}}", description="made with setuptools", url="https://example.com/home", license="MIT", packages=["{{module}}"],
                  package_data={"": ["mark"]}, install_requires=["tomli>=1; python_version<'3'"], python_requires=">=3.6",
                  long_description=open("README.md").read(), long_description_content_type="text/markdown")
            """);
        return folder;
    }

    private static string Module(string folder, string name, string mark)
    {
        var module = name.Replace('-', '_');
        Directory.CreateDirectory(Path.Combine(folder, module));
        File.WriteAllText(Path.Combine(folder, module, "__init__.py"), "");
        File.WriteAllText(Path.Combine(folder, module, "mark"), mark);
        return module;
    }
}
