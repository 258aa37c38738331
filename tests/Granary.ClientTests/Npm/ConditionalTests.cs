using System.Net;
using System.Net.Http.Headers;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Npm;

/// <summary>HT-6 and HT-7: an ETag is no credential, and it changes with every change that a client can see.</summary>
public sealed class ConditionalTests(SharedServer shared)
{
    [Fact]
    public async Task HT6_whoever_may_not_read_learns_nothing_from_an_ETag()
    {
        var document = new PublishDocument($"@{SharedServer.Fresh("private")}/lib", "1.0.0");
        await shared.PublishAsync(document);
        var domain = SharedServer.Fresh("stranger");
        await shared.Aws.RunAsync("create-domain", "--domain", domain);
        string?[] strangers = [null, await shared.Aws.TokenAsync(domain), shared.Token[..^2] + "AA", "x"];

        foreach (var path in new[] { Uri.EscapeDataString(document.Name), $"{document.Name}/-/lib-1.0.0.tgz" })
        {
            var own = (await shared.GetAsync(path)).Must(HttpStatusCode.OK);
            Assert.True(own.Headers.CacheControl!.Private);
            Assert.Contains("Authorization", own.Headers.Vary);
            foreach (var (token, method, tag) in from token in strangers
                                                 from method in new[] { HttpMethod.Get, HttpMethod.Head }
                                                 from tag in new[] { own.Headers.ETag!, EntityTagHeaderValue.Any }
                                                 select (token, method, tag))
            {
                using var request = shared.Server.Request(method, path, token);
                request.Headers.IfNoneMatch.Add(tag);
                var answer = await shared.SendAsync(request);

                Assert.Equal(HttpStatusCode.Unauthorized, answer.Status);
                Assert.Null(answer.Headers.ETag);
            }
        }
    }

    [Fact]
    public async Task HT7_every_visible_change_changes_the_ETag_of_a_packument()
    {
        var scope = SharedServer.Fresh("etags");
        var name = $"@{scope}/lib";
        using var home = shared.LoggedIn();
        string[] package = ["--domain", GranaryServer.Domain, "--repository", GranaryServer.Repository, "--format", "npm", "--namespace", scope, "--package", "lib"];
        string[] before = ["", ""];
        async Task AfterAsync(Task change)
        {
            await change;
            string[] now = [await TagAsync("application/json"), await TagAsync("application/vnd.npm.install-v1+json")];
            Assert.Empty(before.Intersect(now));
            before = now;
        }

        await AfterAsync(shared.PublishAsync(new PublishDocument(name, "1.0.0")));
        await AfterAsync(shared.PublishAsync(new PublishDocument(name, "1.1.0")));
        await AfterAsync(MustAsync("deprecate", $"{name}@1.0.0", "old"));
        await AfterAsync(MustAsync("dist-tag", "add", $"{name}@1.0.0", "stable"));
        await AfterAsync(shared.Aws.RunAsync(["update-package-versions-status", .. package, "--versions", "1.1.0", "--target-status", "Unlisted"]));
        await AfterAsync(shared.PublishAsync(new PublishDocument(name, "1.2.0")));
        await AfterAsync(shared.Aws.RunAsync(["delete-package-versions", .. package, "--versions", "1.2.0"]));

        async Task<string> TagAsync(string accept) =>
            (await shared.GetAsync(Uri.EscapeDataString(name), accept)).Must(HttpStatusCode.OK).Headers.ETag!.Tag;

        async Task MustAsync(params string[] npm) => (await home.NpmAsync(home.Path, npm)).MustSucceed();
    }

    // UP-7
    [Fact]
    public async Task A_packument_that_was_first_asked_for_compressed_is_plain_for_who_wants_it_plain()
    {
        var name = SharedServer.Fresh("gzipfirst");
        shared.Source.Add(name);
        using var zipped = shared.Request(HttpMethod.Get, name);
        zipped.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));

        var first = (await shared.SendAsync(zipped)).Must(HttpStatusCode.OK);
        var second = (await shared.GetAsync(name)).Must(HttpStatusCode.OK);

        Assert.Contains("gzip", first.ContentHeaders.ContentEncoding);
        Assert.Empty(second.ContentHeaders.ContentEncoding);
        Assert.Equal(name, second.Json["name"]!.GetValue<string>());
        Assert.NotEqual(first.Headers.ETag, second.Headers.ETag);
    }
}
