using System.Net;
using Granary.ClientTests.Clients;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Upstreams;

/// <summary>A tarball arrives whole and with the promised digest, or the client sees a failure, nothing is kept and the next try works.</summary>
public sealed class BadTarballTests(SharedServer shared)
{
    public static TheoryData<string> Faults =>
    [
        "half then close", "chunked cut", "half without length", "close without answer", "other bytes", "one bit flipped",
        "one byte too many", "empty", "html", "encoded bomb", "401", "403", "429", "500", "503", "204",
    ];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Is_never_a_short_200_and_never_kept(string fault)
    {
        var package = Big(SharedServer.Fresh("bad"));
        var path = package.TarballPath("1.0.0");
        shared.Source.Script(path, Named(fault, package.Versions[0].Bytes));

        var bad = await shared.GetAsync(path[1..]);

        Assert.False(bad.IsSuccess, $"{fault} was served as success with {bad.Body.Length} bytes");
        Assert.NotEqual(HttpStatusCode.NotFound, bad.Status);
        Assert.NotEqual(HttpStatusCode.InternalServerError, bad.Status);
        Assert.True(bad.Body.Length < package.Versions[0].Bytes.Length, "all of the bytes were sent before their digest was known");
        await NothingKeptAsync(package.Name);

        shared.Source.Unscript(path);
        var good = await shared.GetAsync(path[1..]);

        Assert.Equal(package.Versions[0].Bytes, good.Must(HttpStatusCode.OK).Body);
    }

    [Fact]
    public async Task With_another_digest_than_promised_npm_fails_and_installs_nothing()
    {
        var package = Big(SharedServer.Fresh("liar"));
        package.PromisesOtherBytes = true;
        using var home = shared.LoggedIn();
        var project = home.Project("project");

        (await home.NpmAsync(project, "install", package.Name)).MustFail();

        // npm may leave pieces behind in node_modules; what it writes last is what it holds to be installed.
        Assert.False(File.Exists(Path.Combine(project, "package-lock.json")));
        await NothingKeptAsync(package.Name);
    }

    // Subresource Integrity, 3.3.4: of several digests of one algorithm any will do.
    [Fact]
    public async Task With_the_second_of_two_promised_digests_is_no_bad_one()
    {
        var package = Big(SharedServer.Fresh("either"));
        var packument = package.Packument(shared.Source.Address, abbreviated: false);
        var dist = packument["versions"]!["1.0.0"]!["dist"]!;
        dist["integrity"] = $"{Tarball.Integrity([1])} {dist["integrity"]!.GetValue<string>()}";
        shared.Source.Script("/" + package.Name, exchange => exchange.SendPackumentAsync(packument));

        var tarball = await shared.GetAsync(package.TarballPath("1.0.0")[1..]);

        Assert.Equal(package.Versions[0].Bytes, tarball.Must(HttpStatusCode.OK).Body);
    }

    [Fact]
    public async Task That_comes_slowly_reaches_the_client_whole()
    {
        var package = Big(SharedServer.Fresh("slow"));
        shared.Source.Script(
            package.TarballPath("1.0.0"), Behaviours.Slowly(package.Versions[0].Bytes, 20, TimeSpan.FromMilliseconds(100)));
        using var home = shared.LoggedIn();
        var project = home.Project("project");

        (await home.NpmAsync(project, "install", package.Name)).MustSucceed();

        PackageFolder.MustHold(project, package.Name, "1.0.0");
    }

    [Theory]
    [InlineData("silence")]
    [InlineData("half then silence")]
    [InlineData("a byte a second")]
    public async Task That_never_ends_fails_within_half_a_minute(string fault)
    {
        var package = Big(SharedServer.Fresh("hang"));
        var path = package.TarballPath("1.0.0");
        shared.Source.Script(path, Named(fault, package.Versions[0].Bytes));
        var started = TimeProvider.System.GetTimestamp();

        var bad = await shared.GetAsync(path[1..]);

        Assert.False(bad.IsSuccess);
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(35), "no deadline of the server's own");
        shared.Source.Unscript(path);
        (await shared.GetAsync(path[1..])).Must(HttpStatusCode.OK);
    }

    [Fact]
    public async Task That_the_source_lacks_is_404_and_appears_when_the_source_has_it()
    {
        var package = Big(SharedServer.Fresh("absent"));
        await shared.PackumentAsync(package.Name);

        Assert.Equal(HttpStatusCode.NotFound, await shared.StatusAsync($"{package.Name}/-/{package.Name}-7.0.0.tgz"));
    }

    private FakePackage Big(string name) =>
        shared.Source.Add(new FakePackage(name).With("1.0.0", version => version.Padding = 300_000));

    private async Task NothingKeptAsync(string name) =>
        await shared.Aws.RefusedAsync(
            "ResourceNotFoundException",
            "describe-package-version", "--domain", GranaryServer.Domain, "--repository", "npm-store",
            "--format", "npm", "--package", name, "--package-version", "1.0.0");

    private static Behaviour Named(string fault, byte[] bytes) => fault switch
    {
        "half then close" => Behaviours.HalfThenClose(bytes),
        "chunked cut" => Behaviours.ChunkedCut(bytes),
        "half without length" => Behaviours.HalfWithoutLength(bytes),
        "close without answer" => Behaviours.CloseWithoutAnswer(),
        "other bytes" => Behaviours.Bytes(Tarball.Noise(bytes.Length)),
        "one bit flipped" => Behaviours.Bytes([(byte)(bytes[0] ^ 1), .. bytes[1..]]),
        "one byte too many" => Behaviours.Bytes([.. bytes, 0]),
        "empty" => Behaviours.Bytes([]),
        "html" => Behaviours.LoginPage(),
        "encoded bomb" => Behaviours.GzipBomb(),
        "a byte a second" => Behaviours.Slowly(bytes, bytes.Length, TimeSpan.FromSeconds(1)),
        "silence" => Behaviours.Silence(),
        "half then silence" => Behaviours.HalfThenSilence(bytes),
        _ => Behaviours.Status(int.Parse(fault, System.Globalization.CultureInfo.InvariantCulture)),
    };
}
