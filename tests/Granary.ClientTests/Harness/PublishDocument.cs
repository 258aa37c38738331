using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Granary.ClientTests.Harness;

/// <summary>The JSON that <c>npm publish</c> sends, for tests that publish without paying for a client, or that lie in it.</summary>
public sealed class PublishDocument
{
    public PublishDocument(string name, string version, byte[]? tarball = null, JsonObject? manifest = null)
    {
        Name = name;
        Version = version;
        Manifest = manifest ?? new JsonObject { ["name"] = name, ["version"] = version };
        Tarball = tarball ?? TarballFor(Manifest);
        Root = Build();
    }

    public string Name { get; }

    public string Version { get; }

    public JsonObject Manifest { get; }

    public byte[] Tarball { get; }

    /// <summary>The document, free to be changed before it is sent.</summary>
    public JsonObject Root { get; }

    public string FileName => $"{Name[(Name.IndexOf('/', StringComparison.Ordinal) + 1)..]}-{Version}.tgz";

    public static HttpContent ContentOf(string json) =>
        new ByteArrayContent(Encoding.UTF8.GetBytes(json)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

    /// <summary>A tarball that agrees with the manifest, with extra text to make its bytes its own.</summary>
    public static byte[] TarballFor(JsonObject manifest, string extra = "") =>
        Harness.Tarball.Of(("package/package.json", manifest.ToJsonString()), ("package/index.js", $"module.exports = 1; // {extra}\n"));

    private JsonObject Build()
    {
        var entry = (JsonObject)Manifest.DeepClone();
        entry["_id"] = $"{Name}@{Version}";
        entry["dist"] = new JsonObject
        {
            ["integrity"] = Harness.Tarball.Integrity(Tarball),
            ["shasum"] = Harness.Tarball.Shasum(Tarball),
            ["tarball"] = $"http://localhost/{Name}/-/{FileName}",
        };
        return new JsonObject
        {
            ["_id"] = Name,
            ["name"] = Name,
            ["dist-tags"] = new JsonObject { ["latest"] = Version },
            ["versions"] = new JsonObject { [Version] = entry },
            ["_attachments"] = new JsonObject
            {
                // The client names the attachment with the scope, the tarball's own URL has it without.
                [$"{Name}-{Version}.tgz"] = new JsonObject
                {
                    ["content_type"] = "application/octet-stream",
                    ["data"] = Convert.ToBase64String(Tarball),
                    ["length"] = Tarball.Length,
                },
            },
        };
    }
}
