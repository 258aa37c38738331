using System.Net;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Hostile;

/// <summary>Section 2.1 of the hardening catalogue: targets sent byte by byte.</summary>
public sealed class PathTests(SharedServer shared)
{
    private static readonly string Base = $"/npm/d/{GranaryServer.Domain}-{GranaryServer.Account}/{GranaryServer.Repository}";

    [Theory]
    [InlineData("/%2F%2F%2F%2F%2F%2F%2F..%2F..%2F..%2F..%2F..%2F..%2Fetc%2Fpasswd")]
    [InlineData("/../../../../etc/passwd")]
    [InlineData("/%2e%2e/%2e%2e/%2e%2e/etc/passwd")]
    [InlineData("/npm/d/..%2f..%2f..%2f..%2fetc%2fpasswd/x/y")]
    [InlineData("//etc/passwd")]
    [InlineData("/..%5c..%5c..%5cetc%5cpasswd")]
    public async Task PT1_nothing_outside_the_routes_is_read(string target)
    {
        foreach (var token in new[] { null, shared.Token })
        {
            var answer = await RawHttp.SendAsync(shared.Server.Http, "GET", target, token);

            Assert.True(answer.IsRefusal, $"{target}: {answer.Head}");
            Assert.DoesNotContain("root:", answer.Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task PT2_every_spelling_of_a_scoped_name_is_one_package_and_a_double_encoding_is_none()
    {
        var scope = SharedServer.Fresh("spelling");
        await shared.PublishAsync(new PublishDocument($"@{scope}/p", "1.0.0"));

        var bodies = new List<string>();
        foreach (var spelling in new[] { $"@{scope}%2fp", $"@{scope}%2Fp", $"@{scope}/p", $"%40{scope}%2Fp", $"%40{scope}/p" })
        {
            var answer = await RawHttp.SendAsync(shared.Server.Http, "GET", $"{Base}/{spelling}", shared.Token);
            Assert.Equal(200, answer.Status);
            bodies.Add(answer.Body);
            Assert.Equal(401, (await RawHttp.SendAsync(shared.Server.Http, "GET", $"{Base}/{spelling}", null)).Status);
        }

        Assert.Single(bodies.Distinct(StringComparer.Ordinal));
        var doubled = await RawHttp.SendAsync(shared.Server.Http, "GET", $"{Base}/@{scope}%252fp", shared.Token);
        Assert.True(doubled.Status is 400 or 404, doubled.Head);
    }

    [Theory]
    [InlineData("/%252e%252e%252f%252e%252e%252fmy-repo/secret")]
    [InlineData("/..%252fother/p")]
    [InlineData("/%2e%2e%2fmy-repo%2fp")]
    [InlineData("/p/-/..%2f..%2f..%2fmetadata.db")]
    [InlineData("/p/-/%2e%2e/%2e%2e/x.tgz")]
    [InlineData("/p/-/..%5c..%5cpwn.tgz")]
    [InlineData("/%00")]
    [InlineData("/p%00.tgz")]
    [InlineData("/p/-/p-1.0.0.tgz%00.png")]
    [InlineData("/%zz")]
    [InlineData("/%ff%fe")]
    [InlineData("/%c0%ae%c0%ae/p")]
    [InlineData("/p%0d%0aSet-Cookie:x")]
    [InlineData("/@scope")]
    [InlineData("/@scope%2f")]
    [InlineData("/@%2fp")]
    public async Task PT3_a_path_that_means_two_things_is_refused(string suffix)
    {
        var answer = await RawHttp.SendAsync(shared.Server.Http, "GET", Base + suffix, shared.Token);

        Assert.True(answer.IsRefusal, $"{suffix}: {answer.Head}");
        Assert.DoesNotContain("Set-Cookie", answer.Head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("   at ", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/%2e%2e/{0}/p")]
    [InlineData("/../{0}/p")]
    [InlineData("/./../{0}/p")]
    [InlineData("/%2E%2E%2F{0}/p")]
    public async Task PT5_dot_segments_do_not_lead_into_another_repository_unnoticed(string path)
    {
        var other = await shared.Aws.CreateRepositoryAsync(SharedServer.Fresh("other"));
        var name = SharedServer.Fresh("hidden");
        await shared.PublishAsync(new PublishDocument(name, "1.0.0"), shared.Server.Npm(other));
        var target = Base + string.Format(System.Globalization.CultureInfo.InvariantCulture, path, other).Replace("/p", "/" + name, StringComparison.Ordinal);

        Assert.True((await RawHttp.SendAsync(shared.Server.Http, "GET", target, null)).IsRefusal);
        var answer = await RawHttp.SendAsync(shared.Server.Http, "GET", target, shared.Token);
        Assert.True(answer.IsRefusal, answer.Head);
    }

    [Theory]
    [InlineData("%2F")]
    [InlineData("%00")]
    [InlineData("%0a")]
    [InlineData(";x=1")]
    [InlineData("%2F..%2Fother")]
    [InlineData("%20")]
    [InlineData("%E2%80%AE")]
    public async Task PT6_no_segment_takes_a_separator_or_a_control_character(string piece)
    {
        string[] targets =
        [
            $"/npm/d/my-domain{piece}-{GranaryServer.Account}/my-repo/p",
            $"/npm/d/my-domain-{GranaryServer.Account}{piece}/my-repo/p",
            $"/npm/d/my-domain-{GranaryServer.Account}/my-repo{piece}/p",
            $"{Base}/p{piece}",
            $"{Base}/p/-/p-1.0.0{piece}.tgz",
        ];
        foreach (var target in targets)
        {
            var answer = await RawHttp.SendAsync(shared.Server.Http, "GET", target, shared.Token);
            Assert.True(answer.IsRefusal, $"{target}: {answer.Head}");
        }
    }

    [Fact]
    public async Task PT7_no_variant_of_an_address_is_open_where_the_address_is_not()
    {
        var package = shared.Source.Add(SharedServer.Fresh("variants"));
        (await shared.GetAsync(package.TarballPath("1.0.0")[1..])).Must(HttpStatusCode.OK);
        string[] canonical =
            [$"{Base}/{package.Name}", Base + package.TarballPath("1.0.0"), $"{Base}/-/ping", $"{Base}/-/whoami", $"{Base}/-/v1/search?text=x", "/v1/domains", "/v1/domain?domain=my-domain"];
        foreach (var target in canonical)
        {
            foreach (var variant in Variants(target))
            {
                var answer = await RawHttp.SendAsync(shared.Server.Http, "GET", variant, null);
                Assert.True(answer.Status is >= 400 and < 500, $"{variant} is open: {answer.Head}");
            }
        }
    }

    [Theory]
    [InlineData("GET", "/*")]
    [InlineData("GET", "/%25")]
    [InlineData("GET", "/%2a")]
    [InlineData("GET", "/variant?")]
    [InlineData("GET", "/p/-/*.tgz")]
    [InlineData("GET", "/p/-/%25.tgz")]
    [InlineData("DELETE", "/cra%25/-rev/x")]
    [InlineData("DELETE", "/*/-rev/x")]
    public async Task PT10_wildcards_match_nothing(string method, string suffix)
    {
        await shared.PublishAsync(new PublishDocument(SharedServer.Fresh("variant"), "1.0.0"));

        var answer = await RawHttp.SendAsync(shared.Server.Http, method, Base + suffix, shared.Token);

        Assert.True(answer.IsRefusal, answer.Head);
    }

    private static IEnumerable<string> Variants(string target) =>
    [
        target,
        target.Replace("/d/", "/d;a=b/", StringComparison.Ordinal),
        "/" + target,
        target.Replace("/my-repo", "//my-repo", StringComparison.Ordinal),
        target.Replace("/my-repo", "/./my-repo", StringComparison.Ordinal),
        target.Replace("/my-repo", "/x/%2e%2e/my-repo", StringComparison.Ordinal),
        target.Replace("/my-repo", "/%2e/my-repo", StringComparison.Ordinal),
        target.Replace("/npm/", "/NPM/", StringComparison.Ordinal).Replace("/v1/", "/V1/", StringComparison.Ordinal),
        target + "/",
        target + "%3f",
        target + "%23",
        target + ";.css",
        target + "/..",
        "http://127.0.0.1" + target,
        "/health/ready/.." + target,
        "/health/ready%2f.." + target,
        "/health/..;" + target,
    ];
}
