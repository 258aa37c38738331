using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Hostile;

/// <summary>Section 2.2: tarballs that installers read in more than one way, or that are not what they seem.</summary>
public sealed class ArchiveTests(SharedServer shared)
{
    public static TheoryData<string> Bad =>
    [
        "not gzip", "empty", "gzip of nothing", "truncated", "no trailer", "wrong CRC", "two gzip members", "trailing junk", "no package.json",
        "package.json twice", "package.json in two cases", "package.json not JSON", "package.json is a link", "device", "fifo",
        "bomb", "bomb in a bomb", "package.json of 100 MB",
    ];

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task Is_refused_with_nothing_visible_and_little_memory(string kind)
    {
        var name = SharedServer.Fresh("archive");
        var manifest = new JsonObject { ["name"] = name, ["version"] = "1.0.0" };
        var document = new PublishDocument(name, "1.0.0", Make(kind, manifest), manifest);
        var started = TimeProvider.System.GetTimestamp();

        var answer = await shared.TryPublishAsync(document);

        Assert.True(answer.IsRefusal, $"{kind}: {answer}");
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(10), "too slow to refuse");
        Assert.Equal(HttpStatusCode.NotFound, await shared.StatusAsync(name));
        await shared.PublishAsync(new PublishDocument(name, "1.0.0"));
    }

    [Theory]
    [InlineData("package/../../../../tmp/PWNED-BY-TEST")]
    [InlineData("/tmp/PWNED-BY-TEST")]
    [InlineData("package/..\\..\\PWNED-BY-TEST")]
    public async Task Members_that_climb_out_are_refused_or_never_extracted(string member)
    {
        var name = SharedServer.Fresh("climb");
        var manifest = new JsonObject { ["name"] = name, ["version"] = "1.0.0" };
        var tarball = Tarball.Of(("package/package.json", manifest.ToJsonString()), (member, "pwned"));

        var answer = await shared.TryPublishAsync(new PublishDocument(name, "1.0.0", tarball, manifest));

        Assert.True(answer.IsSuccess || answer.IsRefusal, answer.ToString());
        Assert.False(File.Exists("/tmp/PWNED-BY-TEST"));
        Assert.Empty(Directory.EnumerateFiles(shared.Server.DataDirectory, "*PWNED*", SearchOption.AllDirectories));
    }

    private static byte[] Make(string kind, JsonObject manifest)
    {
        var good = PublishDocument.TarballFor(manifest);
        var packageJson = Tarball.File("package/package.json", Encoding.UTF8.GetBytes(manifest.ToJsonString()));
        var victim = """{"name":"victim","version":"9.9.9","scripts":{"postinstall":"id"}}""";
        return kind switch
        {
            "not gzip" => Encoding.UTF8.GetBytes("this is no archive at all, only text that is long enough"),
            "empty" => [],
            "gzip of nothing" => FakeExchange.Gzip([]),
            "truncated" => good[..(good.Length / 2)],
            "no trailer" => good[..^8],
            "wrong CRC" => [.. good[..^8], (byte)~good[^8], .. good[^7..]],
            "two gzip members" => [.. good, .. Tarball.Of(("package/package.json", victim))],
            "trailing junk" => [.. good, .. "junk"u8],
            "no package.json" => Tarball.Of(("package/index.js", "1")),
            "package.json twice" => Tarball.Of(packageJson, Tarball.File("package/package.json", Encoding.UTF8.GetBytes(victim))),
            "package.json in two cases" => Tarball.Of(packageJson, Tarball.File("package/Package.json", Encoding.UTF8.GetBytes(victim))),
            "package.json not JSON" => Tarball.Of(("package/package.json", "name = craft")),
            "package.json is a link" => Tarball.Of(Tarball.Link(TarEntryType.SymbolicLink, "package/package.json", "/etc/passwd")),
            "device" => Tarball.Of(packageJson, new PaxTarEntry(TarEntryType.CharacterDevice, "package/dev") { DeviceMajor = 1, DeviceMinor = 5 }),
            "fifo" => Tarball.Of(packageJson, new PaxTarEntry(TarEntryType.Fifo, "package/fifo")),
            "bomb" => Bomb(),
            "bomb in a bomb" => FakeExchange.Gzip(Bomb()),
            "package.json of 100 MB" => Tarball.Of(("package/package.json", manifest.ToJsonString().TrimEnd('}') + ",\"x\":\"" + new string('x', 100_000_000) + "\"}")),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
        };
    }

    /// <summary>A gigabyte of zeros in about a megabyte: a tar that never begins.</summary>
    private static byte[] Bomb()
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Optimal, leaveOpen: true))
        {
            var zeros = new byte[1024 * 1024];
            for (var i = 0; i < 1024; i++)
            {
                gzip.Write(zeros);
            }
        }

        return bytes.ToArray();
    }
}
