using System.Net;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Upstreams;

/// <summary>A listing that lacks what a failing source has is a makeshift, and ends with the failure.</summary>
public sealed class RecoveryTests(SharedServer shared)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task A_listing_becomes_whole_when_a_source_that_never_answered_does()
    {
        var name = SharedServer.Fresh("recovers");
        var team = await shared.Aws.CreateRepositoryAsync(SharedServer.Fresh("team"));
        var middle = await shared.Aws.CreateRepositoryAsync(SharedServer.Fresh("mid"), team);
        var asked = shared.Server.Npm(middle);
        await shared.PublishAsync(new PublishDocument(name, "1.0.0"), shared.Server.Npm(team));
        (await shared.GetAsync($"{name}/-/{name}-1.0.0.tgz", repository: asked)).Must(HttpStatusCode.OK);
        await shared.Aws.RunAsync(
            "update-repository", "--domain", GranaryServer.Domain, "--repository", middle, "--upstreams", "repositoryName=npm-store");
        shared.Source.Script("/" + name, Behaviours.Status(500));

        await MustLackAsync();
        // A second failure renders nothing anew, and so must not make the first rendering final.
        await Patience.UntilAsync(
            async () =>
            {
                await MustLackAsync();
                return shared.Source.Count("/" + name) > 1;
            },
            Limit);
        shared.Source.Add(name, "1.1.0");
        shared.Source.Unscript("/" + name);

        await Patience.UntilAsync(IsWholeAsync, Limit);

        async Task MustLackAsync()
        {
            var listing = (await shared.GetAsync(name, repository: asked)).Must(HttpStatusCode.OK);
            Assert.Equal(["1.0.0"], listing.Json["versions"]!.AsObject().Select(version => version.Key));
            Assert.NotEmpty(listing.Headers.Warning);
        }

        async Task<bool> IsWholeAsync()
        {
            var listing = (await shared.GetAsync(name, repository: asked)).Must(HttpStatusCode.OK);
            return listing.Json["versions"]!.AsObject().ContainsKey("1.1.0") && listing.Headers.Warning.Count == 0;
        }
    }
}
