using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Npm;

/// <summary>What a deprecation may say, and of what.</summary>
public sealed class DeprecationTests(SharedServer shared)
{
    private const string Message = "use the other one";

    [Theory]
    [InlineData("name")]
    [InlineData("_id")]
    public async Task By_a_document_of_another_package_is_400_and_changes_nothing(string member)
    {
        var name = SharedServer.Fresh("addressed");
        await shared.PublishAsync(new PublishDocument(name, "1.0.0"));
        var before = (await shared.GetAsync(name)).Must(HttpStatusCode.OK).Text;
        var document = Deprecating(name, "1.0.0");
        document[member] = "another";

        (await shared.PutAsync(name, document.ToJsonString())).Must(HttpStatusCode.BadRequest);

        Assert.Equal(before, (await shared.GetAsync(name)).Text);
    }

    [Fact]
    public async Task Of_a_version_that_only_the_source_has_is_404_in_words()
    {
        var package = shared.Source.Add(SharedServer.Fresh("partly"), "1.0.0", "1.1.0");
        (await shared.GetAsync(package.TarballPath("1.0.0")[1..])).Must(HttpStatusCode.OK);
        var before = (await shared.GetAsync(package.Name)).Must(HttpStatusCode.OK).Text;

        var answer = await shared.PutAsync(package.Name, Deprecating(package.Name, "1.1.0").ToJsonString());

        Assert.Contains("1.1.0 is in an upstream", answer.Must(HttpStatusCode.NotFound).Text, StringComparison.Ordinal);
        Assert.Equal(before, (await shared.GetAsync(package.Name)).Text);
    }

    [Theory]
    [InlineData("\"author\":\"first\",\"author\":\"second\"")]
    [InlineData("\"author\":\"\\udc00\"")]
    public async Task Of_a_manifest_that_the_source_wrote_oddly_keeps_all_else_byte_for_byte(string odd)
    {
        var package = shared.Source.Add(SharedServer.Fresh("oddly"));
        var packument = package.Packument(shared.Source.Address, abbreviated: false).ToJsonString().Replace("\"license\":\"MIT\"", odd, StringComparison.Ordinal);
        shared.Source.Script("/" + package.Name, Behaviours.Bytes(Encoding.UTF8.GetBytes(packument), "application/json"));
        (await shared.GetAsync(package.TarballPath("1.0.0")[1..])).Must(HttpStatusCode.OK);
        var before = (await shared.GetAsync(package.Name)).Must(HttpStatusCode.OK).Text;

        (await shared.PutAsync(package.Name, Deprecating(package.Name, "1.0.0").ToJsonString())).Must(HttpStatusCode.OK);
        var after = (await shared.GetAsync(package.Name)).Must(HttpStatusCode.OK).Text;

        var added = $",\"deprecated\":\"{Message}\"";
        Assert.Contains(odd, before, StringComparison.Ordinal);
        Assert.Contains(added, after, StringComparison.Ordinal);
        Assert.Equal(before, after.Replace(added, "", StringComparison.Ordinal));
    }

    private static JsonObject Deprecating(string name, string version) => new()
    {
        ["_id"] = name,
        ["name"] = name,
        ["versions"] = new JsonObject { [version] = new JsonObject { ["deprecated"] = Message } },
    };
}
