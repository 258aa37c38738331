using System.Net;
using System.Text;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Upstreams;

/// <summary>What is no text in a packument is refused where it arrives, before it breaks the package or a client.</summary>
public sealed class ListingTextTests(SharedServer shared)
{
    [Theory]
    [InlineData("document")]
    [InlineData("manifest")]
    [InlineData("dist")]
    [InlineData("scripts")]
    public async Task Half_of_a_surrogate_pair_in_the_name_of_a_member_is_an_error_of_the_source(string place)
    {
        var name = SharedServer.Fresh("half");
        Serve(name, Encoding.UTF8.GetBytes(Packument(name, place, ",\"\\udc00\":1")));

        await MustBeRefusedAsync(name);
    }

    [Fact]
    public async Task Bytes_that_are_no_UTF8_are_an_error_of_the_source()
    {
        var name = SharedServer.Fresh("latin");
        Serve(name, Encoding.Latin1.GetBytes(Packument(name, "manifest", ",\"description\":\"\u00ff\u00fe\"")));

        await MustBeRefusedAsync(name);
    }

    private void Serve(string name, byte[] body) => shared.Source.Script("/" + name, Behaviours.Bytes(body, "application/json"));

    private async Task MustBeRefusedAsync(string name)
    {
        foreach (var accept in new[] { "application/json", "application/vnd.npm.install-v1+json" })
        {
            (await shared.GetAsync(name, accept)).Must(HttpStatusCode.BadGateway);
        }

        (await shared.GetAsync($"{name}/-/{name}-1.0.0.tgz")).Must(HttpStatusCode.BadGateway);
    }

    /// <summary>A packument with more members in one of its objects.</summary>
    private string Packument(string name, string place, string more)
    {
        var scripts = $"{{\"test\":\"x\"{In("scripts")}}}";
        var dist = $"{{\"tarball\":\"{shared.Source.Address}{name}/-/{name}-1.0.0.tgz\",\"integrity\":\"{Tarball.Integrity([1])}\"{In("dist")}}}";
        var manifest = $"{{\"name\":\"{name}\",\"version\":\"1.0.0\",\"scripts\":{scripts},\"dist\":{dist}{In("manifest")}}}";
        return $"{{\"name\":\"{name}\",\"dist-tags\":{{\"latest\":\"1.0.0\"}},\"versions\":{{\"1.0.0\":{manifest}}}{In("document")}}}";

        string In(string here) => here == place ? more : "";
    }
}
