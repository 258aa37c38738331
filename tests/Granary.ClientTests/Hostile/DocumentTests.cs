using System.Net;
using System.Text.Json.Nodes;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Hostile;

/// <summary>Sections 2.4 and 2.5: publish documents that are malformed, or that lie about what they carry.</summary>
public sealed class DocumentTests(SharedServer shared)
{
    public static TheoryData<string> Lies =>
    [
        "name", "id", "version", "two versions", "no version", "attachment traversal", "two attachments", "no attachment", "integrity",
        "shasum", "length", "base64 cut", "base64 junk", "dependencies", "scripts", "bin", "name in tarball", "version in tarball", "tag of another version",
        "version not semver", "not an object",
    ];

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task A_document_that_disagrees_with_itself_or_its_tarball_publishes_nothing(string lie)
    {
        var name = SharedServer.Fresh("craft");
        var document = new PublishDocument(name, "1.0.0");
        Tell(lie, document);

        var answer = await shared.PutAsync(name, document.Root.ToJsonString());

        Assert.True(answer.IsRefusal, $"{lie}: {answer}");
        await NothingVisibleAsync(name);
        Assert.Equal(HttpStatusCode.NotFound, await shared.StatusAsync("victim"));
    }

    [Fact]
    public async Task The_address_in_the_document_is_never_served()
    {
        var name = SharedServer.Fresh("address");
        var document = new PublishDocument(name, "1.0.0");
        Version(document)["dist"]!["tarball"] = "http://169.254.169.254/latest/meta-data/";
        await shared.PublishAsync(document);

        var tarball = (await shared.PackumentAsync(name))["versions"]!["1.0.0"]!["dist"]!["tarball"]!.GetValue<string>();

        Assert.StartsWith(shared.Server.Npm().AbsoluteUri, tarball, StringComparison.Ordinal);
    }

    public static TheoryData<string> Malformed =>
        ["", "null", "[]", "1", "\"x\"", "{", "{}", "deep", "duplicate name", "long key", "huge number", "infinite number", "NUL", "BOM only", "trailing"];

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task A_body_that_is_no_publish_document_is_refused(string kind)
    {
        var name = SharedServer.Fresh("malformed");
        var good = new PublishDocument(name, "1.0.0").Root.ToJsonString();
        var body = kind switch
        {
            "deep" => string.Concat(Enumerable.Repeat("{\"a\":", 100_000)) + "1" + new string('}', 100_000),
            "duplicate name" => good.Replace($"\"name\":\"{name}\"", $"\"name\":\"victim\",\"name\":\"{name}\"", StringComparison.Ordinal),
            "long key" => good.Insert(1, $"\"{new string('k', 1_000_000)}\":1,"),
            "huge number" => good.Insert(1, "\"_rev\":" + new string('9', 5_000_000) + ","),
            "infinite number" => good.Replace("\"length\":", "\"length\":1e400,\"x\":", StringComparison.Ordinal),
            "NUL" => good + "\0",
            "BOM only" => "\uFEFF",
            "trailing" => good + good,
            _ => kind,
        };

        var answer = await shared.PutAsync(name, body);

        Assert.True(answer.IsRefusal, $"{kind}: {answer}");
        await NothingVisibleAsync(name);
    }

    [Theory]
    [InlineData("\\ud800")]
    [InlineData("\\u0000")]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("\\u001b[2J")]
    public async Task Odd_text_in_a_description_is_stored_or_refused_but_never_an_error_of_ours(string text)
    {
        var name = SharedServer.Fresh("oddtext");
        var manifest = new JsonObject { ["name"] = name, ["version"] = "1.0.0", ["description"] = "ODD" };
        var json = new PublishDocument(name, "1.0.0", manifest: manifest).Root.ToJsonString().Replace("ODD", text, StringComparison.Ordinal);

        var put = await shared.PutAsync(name, json);
        var get = await shared.GetAsync(name);

        Assert.True(put.IsSuccess || put.IsRefusal, put.ToString());
        Assert.Equal(put.IsSuccess ? HttpStatusCode.OK : HttpStatusCode.NotFound, get.Status);
    }

    [Fact]
    public async Task Keys_that_would_change_a_javascript_prototype_do_not_reach_a_client()
    {
        var name = SharedServer.Fresh("proto");
        var document = new PublishDocument(name, "1.0.0");
        document.Root["__proto__"] = new JsonObject { ["admin"] = true };
        document.Root["constructor"] = new JsonObject { ["prototype"] = new JsonObject { ["x"] = 1 } };
        Version(document)["__proto__"] = new JsonObject { ["admin"] = true };

        var put = await shared.TryPublishAsync(document);

        Assert.True(put.IsSuccess || put.IsRefusal, put.ToString());
        Assert.DoesNotContain("__proto__", (await shared.GetAsync(name)).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Upper")]
    [InlineData("node_modules")]
    [InlineData("favicon.ico")]
    [InlineData("..")]
    [InlineData(".hidden")]
    [InlineData("_under")]
    [InlineData("with space")]
    [InlineData("trailing ")]
    [InlineData("p\u0430ypal")]
    [InlineData("\u212Aelvin")]
    [InlineData("e\u0301")]
    [InlineData("full\uFF0Dwidth")]
    [InlineData("a\u200Db")]
    [InlineData("@Scope/x")]
    [InlineData("@scope/.x")]
    [InlineData("a/b")]
    [InlineData("a*b")]
    [InlineData("a%b")]
    public async Task A_name_outside_the_grammar_is_refused(string name)
    {
        var answer = await shared.TryPublishAsync(new PublishDocument(name, "1.0.0"));

        Assert.True(answer.IsRefusal, $"{name}: {answer}");
    }

    [Theory]
    [InlineData("PLACE.")]
    [InlineData("@PLACE/lib.")]
    [InlineData("@PLACE./lib")]
    public async Task A_name_with_a_dot_at_its_end_is_400(string shape)
    {
        var name = shape.Replace("PLACE", SharedServer.Fresh("dot"), StringComparison.Ordinal);

        var answer = (await shared.TryPublishAsync(new PublishDocument(name, "1.0.0"))).Must(HttpStatusCode.BadRequest);

        Assert.Contains("no dot at the end", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("constructor")]
    [InlineData("hasownproperty")]
    [InlineData("con")]
    [InlineData("index")]
    [InlineData("latest")]
    [InlineData("v1")]
    [InlineData("dist-tags")]
    public async Task A_name_that_only_looks_reserved_works_from_end_to_end(string name)
    {
        var document = new PublishDocument($"@{SharedServer.Fresh("reserved")}/{name}", "1.0.0");
        await shared.PublishAsync(document);

        var tarball = await shared.GetAsync($"{document.Name}/-/{name}-1.0.0.tgz");

        Assert.Equal(document.Tarball, tarball.Must(HttpStatusCode.OK).Body);
    }

    [Fact]
    public async Task Names_that_run_into_versions_stay_two_packages()
    {
        var stem = SharedServer.Fresh("rails");
        var mine = new PublishDocument(stem, "1.0.0-x-2.0.0");
        var theirs = new PublishDocument($"{stem}-1.0.0-x", "2.0.0");
        await shared.PublishAsync(mine);
        await shared.PublishAsync(theirs);

        // Both tarballs have one file name; the package in the path decides.
        Assert.Equal(mine.FileName, theirs.FileName);
        Assert.Equal(mine.Tarball, (await shared.GetAsync($"{mine.Name}/-/{mine.FileName}")).Must(HttpStatusCode.OK).Body);
        Assert.Equal(theirs.Tarball, (await shared.GetAsync($"{theirs.Name}/-/{theirs.FileName}")).Must(HttpStatusCode.OK).Body);
        Assert.Equal(HttpStatusCode.NotFound, await shared.StatusAsync($"{mine.Name}/-/{theirs.Name}-9.tgz"));
    }

    private static JsonNode Version(PublishDocument document) => document.Root["versions"]!["1.0.0"]!;

    private static void Tell(string lie, PublishDocument document)
    {
        var root = document.Root;
        var attachments = root["_attachments"]!.AsObject();
        var attachment = attachments.First();
        var dist = Version(document)["dist"]!;
        switch (lie)
        {
            case "name": root["name"] = "victim"; break;
            case "id": root["_id"] = "victim"; break;
            case "version": Version(document)["version"] = "9.9.9"; break;
            case "two versions": root["versions"]!["0.9.9"] = Version(document).DeepClone(); break;
            case "no version": root["versions"] = new JsonObject(); break;
            case "attachment traversal": attachments["../../victim/-/victim-9.9.9.tgz"] = attachment.Value!.DeepClone(); attachments.Remove(attachment.Key); break;
            case "two attachments": attachments["victim-9.9.9.tgz"] = attachment.Value!.DeepClone(); break;
            case "no attachment": root["_attachments"] = new JsonObject(); break;
            case "integrity": dist["integrity"] = Tarball.Integrity([1]); break;
            case "shasum": dist["shasum"] = Tarball.Shasum([1]); break;
            case "length": attachment.Value!["length"] = document.Tarball.Length + 1; break;
            case "base64 cut": attachment.Value!["data"] = attachment.Value["data"]!.GetValue<string>()[..^8]; break;
            case "base64 junk": attachment.Value!["data"] = "-_" + attachment.Value["data"]!.GetValue<string>()[2..]; break;
            case "dependencies": Version(document)["dependencies"] = new JsonObject { ["harmless"] = "1" }; break;
            case "scripts": Version(document)["scripts"] = new JsonObject { ["postinstall"] = "id" }; break;
            case "bin": Version(document)["bin"] = new JsonObject { ["ls"] = "x.js" }; break;
            case "name in tarball": Replace(document, new JsonObject { ["name"] = "victim", ["version"] = "1.0.0" }); break;
            case "version in tarball": Replace(document, new JsonObject { ["name"] = document.Name, ["version"] = "9.9.9" }); break;
            case "tag of another version": root["dist-tags"] = new JsonObject { ["latest"] = "9.9.9" }; break;
            case "version not semver": root["versions"] = new JsonObject { ["../1"] = Version(document).DeepClone() }; break;
            case "not an object": root["versions"] = new JsonArray(1); break;
            default: throw new ArgumentOutOfRangeException(nameof(lie), lie, null);
        }
    }

    /// <summary>Swaps the tarball for one with another package.json, with digests that match it.</summary>
    private static void Replace(PublishDocument document, JsonObject inside)
    {
        var tarball = PublishDocument.TarballFor(inside);
        var attachment = document.Root["_attachments"]!.AsObject().First().Value!;
        attachment["data"] = Convert.ToBase64String(tarball);
        attachment["length"] = tarball.Length;
        Version(document)["dist"]!["integrity"] = Tarball.Integrity(tarball);
        Version(document)["dist"]!["shasum"] = Tarball.Shasum(tarball);
    }

    private async Task NothingVisibleAsync(string name)
    {
        Assert.Equal(HttpStatusCode.NotFound, await shared.StatusAsync(name));
        Assert.Equal(HttpStatusCode.NotFound, await shared.StatusAsync($"{name}/-/{name}-1.0.0.tgz"));
    }
}
