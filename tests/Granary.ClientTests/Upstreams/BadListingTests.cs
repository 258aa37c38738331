using System.Net;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Upstreams;

/// <summary>A packument that cannot be had or believed is an error of the gateway kind, never "there is no such package".</summary>
public sealed class BadListingTests(SharedServer shared)
{
    public static TheoryData<string> Faults =>
        ["500", "503", "429", "403", "html", "half json", "not json", "array", "other name", "close without answer", "gzip bomb", "half gzip", "deep json"];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Is_an_error_that_the_next_try_does_not_remember(string fault)
    {
        var name = SharedServer.Fresh("listing");
        shared.Source.Add(name);
        shared.Source.Script("/" + name, Named(fault));

        var bad = await shared.GetAsync(name);

        Assert.True((int)bad.Status is 502 or 503 or 504, $"{fault} became {bad}");
        shared.Source.Unscript("/" + name);
        Assert.Single((await shared.PackumentAsync(name))["versions"]!.AsObject());
    }

    [Fact]
    public async Task Of_a_source_that_says_nothing_fails_within_half_a_minute()
    {
        var name = SharedServer.Fresh("mute");
        shared.Source.Add(name);
        shared.Source.Script("/" + name, Behaviours.Silence());
        var started = TimeProvider.System.GetTimestamp();

        var bad = await shared.GetAsync(name);

        Assert.True((int)bad.Status is 502 or 503 or 504, bad.ToString());
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(35), "no deadline of the server's own");
    }

    [Fact]
    public async Task Of_a_package_that_the_source_lacks_is_404()
    {
        Assert.Equal(HttpStatusCode.NotFound, await shared.StatusAsync(SharedServer.Fresh("lacking")));
    }

    [Fact]
    public async Task Of_twenty_megabytes_is_served()
    {
        var name = SharedServer.Fresh("huge");
        var description = new string('x', 2000);
        var versions = Enumerable.Range(0, 10_000).Select(i =>
            $"\"1.0.{i}\":{{\"name\":\"{name}\",\"version\":\"1.0.{i}\",\"description\":\"{description}\"," +
            $"\"dist\":{{\"tarball\":\"{shared.Source.Address}{name}/-/{name}-1.0.{i}.tgz\",\"integrity\":\"{Tarball.Integrity([1])}\"}}}}");
        shared.Source.Script("/" + name, Json($"{{\"name\":\"{name}\",\"dist-tags\":{{\"latest\":\"1.0.9999\"}},\"versions\":{{{string.Join(',', versions)}}}}}"));

        Assert.Equal(10_000, (await shared.PackumentAsync(name))["versions"]!.AsObject().Count);
    }

    [Theory]
    [InlineData("\"versions\":[]")]
    [InlineData("\"versions\":{\"1.0.0\":5}")]
    [InlineData("\"versions\":{\"1.0.0\":{}}")]
    [InlineData("\"versions\":{\"1.0.0\":{\"dist\":[]}}")]
    [InlineData("\"versions\":{\"1.0.0\":{\"dist\":{\"tarball\":5,\"integrity\":{}}}}")]
    [InlineData("\"versions\":{\"1.0.0\":{\"dist\":{\"tarball\":\"file:///etc/passwd\",\"shasum\":\"zz\"}}}")]
    [InlineData("\"versions\":{\"1.0.0\":{\"name\":7,\"version\":null,\"dist\":{\"tarball\":\"x\",\"shasum\":\"00\"}}},\"dist-tags\":7,\"time\":\"x\"")]
    [InlineData("\"versions\":{\"../1\":{\"dist\":{\"tarball\":\"http://127.0.0.1/x\"}}},\"time\":{\"1.0.0\":\"never\"}")]
    [InlineData("\"versions\":{\"1.0.0\":{\"dist\":{\"tarball\":\"http://127.0.0.1/\\ud800\",\"integrity\":\"\\ud800\"}}}")]
    [InlineData("\"dist-tags\":{\"latest\":\"\\ud800\",\"\\ud800\":\"1.0.0\"},\"versions\":{\"\\udc00\":{},\"1.0.0\":{\"description\":\"\\ud83d\",\"dist\":{\"tarball\":\"http://127.0.0.1/x\",\"shasum\":\"\\ud800\"}}}")]
    public async Task Of_odd_types_is_never_an_error_of_ours(string members)
    {
        var name = SharedServer.Fresh("odd");
        shared.Source.Script("/" + name, Json($"{{\"name\":\"{name}\",{members}}}"));

        foreach (var path in new[] { name, $"{name}/1.0.0", $"{name}/latest", $"{name}/-/{name}-1.0.0.tgz" })
        {
            var answer = await shared.GetAsync(path);
            Assert.True(answer.IsSuccess || answer.IsRefusal || (int)answer.Status is 502, $"{path}: {answer}");
        }
    }

    // What is no list of versions says neither that there are none nor that one may be published.
    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("[1]")]
    public async Task Whose_versions_are_no_object_is_no_word_on_what_exists(string versions)
    {
        var name = SharedServer.Fresh("unsure");
        shared.Source.Script("/" + name, Json($"{{\"name\":\"{name}\",\"versions\":{versions}}}"));

        (await shared.GetAsync(name)).Must(HttpStatusCode.BadGateway);
        (await shared.TryPublishAsync(new PublishDocument(name, "1.0.0"))).Must(HttpStatusCode.BadGateway);
    }

    [Fact]
    public async Task Beyond_every_limit_is_refused_without_being_held_in_memory()
    {
        var name = SharedServer.Fresh("endless");
        shared.Source.Script("/" + name, async exchange =>
        {
            await exchange.HeadAsync(200, "Content-Type: application/json");
            await exchange.WriteAsync($"{{\"name\":\"{name}\",\"x\":\"");
            var piece = new string('x', 1024 * 1024);
            for (var megabytes = 0; megabytes < 2048; megabytes++)
            {
                await exchange.WriteAsync(piece);
            }
        });
        var before = Memory.Mark(shared.Server.ProcessId);

        var bad = await shared.GetAsync(name);

        Assert.True((int)bad.Status is 502 or 503 or 504, bad.ToString());
        Assert.True(Memory.Peak(shared.Server.ProcessId) - before < 512L * 1024 * 1024, "the server took in what it should have cut off");
    }

    private static Behaviour Named(string fault) => fault switch
    {
        "html" => Behaviours.LoginPage(),
        "half json" => Json("""{"name":"x","versions":{"1.0.0":{"na"""),
        "not json" => Json("packument"),
        "array" => Json("[]"),
        "other name" => Json("""{"name":"somebody-else","dist-tags":{"latest":"1.0.0"},"versions":{"1.0.0":{"name":"somebody-else","version":"1.0.0","dist":{"tarball":"http://127.0.0.1:9/x.tgz"}}}}"""),
        "close without answer" => Behaviours.CloseWithoutAnswer(),
        "gzip bomb" => Behaviours.GzipBomb(),
        "half gzip" => HalfGzip(),
        "deep json" => Json(string.Concat(Enumerable.Repeat("{\"a\":", 100_000)) + "1" + new string('}', 100_000)),
        _ => Behaviours.Status(int.Parse(fault, System.Globalization.CultureInfo.InvariantCulture)),
    };

    private static Behaviour HalfGzip()
    {
        // Without a length only the gzip itself tells that there is more; .NET's reader does not ask for its end.
        var whole = FakeExchange.Gzip([.. """{"name":"x","versions":{"""u8, .. Enumerable.Repeat((byte)' ', 10_000), .. Tarball.Noise(10_000).Select(b => (byte)('a' + (b % 26)))]);
        return exchange => exchange.SendAsync(200, "application/json", whole[..(whole.Length / 2)], "Content-Encoding: gzip");
    }

    private static Behaviour Json(string text) => Behaviours.Bytes(System.Text.Encoding.UTF8.GetBytes(text), "application/json");
}
