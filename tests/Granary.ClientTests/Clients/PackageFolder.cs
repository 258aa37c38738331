using System.Text.Json.Nodes;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Clients;

/// <summary>The folders that a person works in: one to publish from, one to install into.</summary>
internal static class PackageFolder
{
    /// <summary>A package ready to be published, whose code says its own name.</summary>
    public static string ToPublish(ClientHome home, string name, string version = "1.0.0")
    {
        var folder = home.Project("publish-" + name.Replace('/', '-'));
        Fill(folder, name, version);
        return folder;
    }

    /// <summary>Writes the package's files, or changes them to another version.</summary>
    public static void Fill(string folder, string name, string version)
    {
        var manifest = new JsonObject
        {
            ["name"] = name,
            ["version"] = version,
            ["description"] = "published by a test",
            ["license"] = "MIT",
            ["main"] = "index.js",
            ["files"] = new JsonArray("index.js"),
        };
        File.WriteAllText(Path.Combine(folder, "package.json"), manifest.ToJsonString());
        File.WriteAllText(Path.Combine(folder, "index.js"), $"module.exports = '{name}@{version}';\n");
        File.WriteAllText(Path.Combine(folder, "README.md"), $"# {name}\n");
    }

    /// <summary>A project that depends on the given packages, newest versions.</summary>
    public static string ToInstall(ClientHome home, string folder, params string[] packages)
    {
        var project = home.Project(folder);
        var manifest = new JsonObject
        {
            ["name"] = "project",
            ["version"] = "0.0.1",
            ["private"] = true,
            ["dependencies"] = new JsonObject(packages.Select(package => KeyValuePair.Create(package, (JsonNode?)"*"))),
        };
        File.WriteAllText(Path.Combine(project, "package.json"), manifest.ToJsonString());
        return project;
    }

    public static void MustHold(string project, string name, string version) =>
        Assert.Equal(
            $"module.exports = '{name}@{version}';\n", File.ReadAllText(Path.Combine(project, "node_modules", name, "index.js")));
}
