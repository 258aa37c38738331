using System.Text.Json;
using Granary.Formats.Npm;

namespace Granary.Tests.Formats.Npm;

public sealed class NpmVersionTests
{
    [Theory]
    [InlineData("0.0.0")]
    [InlineData("1.2.3-rc.1+build")]
    [InlineData("1.2.3--")]
    [InlineData("1.2.3-0a.00b")]
    [InlineData("1.2.3+001.-")]
    [InlineData("9007199254740991.0.0")]
    [InlineData("1.2.3-99999999999999999999999")]
    public void Takes_a_strict_version(string text) => Assert.True(NpmVersion.IsValid(text));

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1.2")]
    [InlineData("1.2.3.4")]
    [InlineData("v1.2.3")]
    [InlineData(" 1.2.3")]
    [InlineData("1.2.3\n")]
    [InlineData("01.2.3")]
    [InlineData("1.2.3-01")]
    [InlineData("1.2.3-")]
    [InlineData("1.2.3-a..b")]
    [InlineData("1.2.3+")]
    [InlineData("1.2.3+a+b")]
    [InlineData("1.2.x")]
    [InlineData("1.2.3beta")]
    [InlineData("9007199254740992.0.0")]
    [InlineData("99999999999999999999999999.0.0")]
    [InlineData("1.2.\u0663")]
    [InlineData("1.2.3-\u00E9")]
    public void Refuses_what_is_no_strict_version(string text) => Assert.False(NpmVersion.IsValid(text));

    [Theory]
    [InlineData("v1.0.4-rc.1+build.5", "1.0.4-rc.1")]
    [InlineData(" =v1.2.3 ", "1.2.3")]
    [InlineData("01.02.03", "1.2.3")]
    [InlineData("1.2.3beta", "1.2.3-beta")]
    [InlineData("1.2.3-01.a", "1.2.3-1.a")]
    [InlineData("1.2.3-", "1.2.3--")]
    [InlineData("1.2", null)]
    [InlineData("1.2.x", null)]
    [InlineData("../1.0.0", null)]
    [InlineData("", null)]
    public void Cleans_a_version_as_clients_do(string text, string? cleaned) => Assert.Equal(cleaned, NpmVersion.Clean(text));

    [Fact]
    public void Sorts_what_is_no_version_first()
    {
        string[] sorted = ["", "1.0", "latest", "1.0.0-0", "1.0.0-2", "1.0.0-10", "1.0.0-a", "1.0.0-a.0", "1.0.0", "1.0.0+a", "1.0.0+b", "1.0.1", "1.10.0"];
        Assert.Equal(sorted, sorted.Reverse().Order(NpmVersionOrder.Instance));
    }

    [Fact]
    public void Knows_a_prerelease()
    {
        Assert.True(NpmVersion.IsPrerelease("1.0.0-a"));
        Assert.False(NpmVersion.IsPrerelease("1.0.0+a-b"));
    }

    [Fact]
    public async Task Agrees_with_the_semver_that_npm_itself_uses()
    {
        var versions = Generated();
        const string Script = """
            const root = require('child_process').execSync('npm root -g', { stdio: ['ignore', 'pipe', 'ignore'] }).toString().trim();
            const semver = require(root + '/npm/node_modules/semver');
            const all = JSON.parse(require('fs').readFileSync(0, 'utf8'));
            const strict = all.filter(v => { const p = semver.parse(v); return p && p.version + (p.build.length ? '+' + p.build.join('.') : '') === v; });
            console.log(JSON.stringify({
              strict,
              clean: all.map(v => { const c = semver.clean(v, true); return c && semver.clean(c); }),
              order: strict.slice(1).map((v, i) => semver.compare(strict[i], v)),
            }));
            """;
        var output = await NpmSamples.RunAsync("node", ["-e", Script], JsonSerializer.Serialize(versions));
        Assert.SkipWhen(string.IsNullOrEmpty(output), "node with npm is not installed");

        using var answer = JsonDocument.Parse(output!);
        var strict = answer.RootElement.GetProperty("strict").EnumerateArray().Select(v => v.GetString()!).ToList();
        Assert.True(strict.Count > 500);
        Assert.Equal(strict, versions.Where(NpmVersion.IsValid));
        Assert.Equal(answer.RootElement.GetProperty("clean").EnumerateArray().Select(v => v.GetString()), versions.Select(NpmVersion.Clean));
        var orders = answer.RootElement.GetProperty("order").EnumerateArray().Select(o => o.GetInt32()).ToList();
        for (var i = 0; i < orders.Count; i++)
        {
            Assert.True(NpmVersion.TryParse(strict[i], out var left) & NpmVersion.TryParse(strict[i + 1], out var right));
            Assert.True(orders[i] == Math.Sign(left.PrecedenceTo(right)), $"{strict[i]} and {strict[i + 1]}");
        }
    }

    private static List<string> Generated()
    {
        var random = new Random(20260101);
        string[] numbers = ["0", "1", "2", "10", "01", "9007199254740991", "9007199254740992", "x", ""];
        string[] identifiers = ["0", "1", "12", "01", "a", "A", "b-c", "-", "1a", "rc", "beta", "", "\u00E9"];
        var versions = new List<string>();
        for (var i = 0; i < 6000; i++)
        {
            string Pick(string[] from, int last) => from[random.Next(random.Next(8) == 0 ? from.Length : last)];
            string Dotted() => string.Join('.', Enumerable.Range(0, random.Next(1, 4)).Select(_ => Pick(identifiers, 3) is var n && random.Next(2) == 0 ? n : Pick(identifiers, 11)));
            var version = $"{Pick(numbers, 3)}.{Pick(numbers, 3)}.{Pick(numbers, 3)}";
            version = (random.Next(12) == 0 ? "v" : "") + version;
            version += random.Next(2) == 0 ? "" : "-" + Dotted();
            version += random.Next(4) == 0 ? "+" + Dotted() : "";
            versions.Add(version);
        }

        return versions;
    }
}
