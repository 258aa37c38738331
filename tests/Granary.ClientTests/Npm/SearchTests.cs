using System.Net;
using System.Text.Json.Nodes;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Npm;

/// <summary>The search of names and descriptions, whose letters have no case.</summary>
public sealed class SearchTests(SharedServer shared)
{
    [Fact]
    public async Task A_name_with_capitals_is_found_however_it_is_typed()
    {
        // Nobody may publish such a name today, and old ones are still installed.
        var package = shared.Source.Add(SharedServer.Fresh("CamelCase"));
        (await shared.GetAsync(package.TarballPath("1.0.0")[1..])).Must(HttpStatusCode.OK);

        await MustFindAsync(package.Name, package.Name);
    }

    [Fact]
    public async Task A_description_with_capitals_is_found_however_it_is_typed()
    {
        var name = SharedServer.Fresh("described");
        var word = SharedServer.Fresh("Wobbly");
        var manifest = new JsonObject { ["name"] = name, ["version"] = "1.0.0", ["description"] = $"Made for {word} things" };
        await shared.PublishAsync(new PublishDocument(name, "1.0.0", manifest: manifest));

        await MustFindAsync(name, word);
    }

    [Fact]
    public async Task A_NUL_in_the_text_is_400()
    {
        (await shared.GetAsync("-/v1/search?text=a%00b")).Must(HttpStatusCode.BadRequest);
    }

    private async Task MustFindAsync(string name, string text)
    {
        foreach (var typed in new[] { text, text.ToLowerInvariant(), text.ToUpperInvariant() })
        {
            var found = (await shared.GetAsync($"-/v1/search?text={typed}")).Must(HttpStatusCode.OK).Json["objects"]!.AsArray();
            Assert.Equal([name], found.Select(entry => entry!["package"]!["name"]!.GetValue<string>()));
        }
    }
}
