using System.Net.Http.Headers;
using System.Security.Cryptography;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Formats;

/// <summary>Python: published with twine, installed with pip.</summary>
public sealed class PyPiEcosystem : Ecosystem
{
    public FakePyPiIndex Index { get; } = new();

    public override string Format => "pypi";

    public override (string Name, Uri Address)? Source => ("public:pypi", Index.Address);

    public override Task<CommandResult> PublishAsync(ClientHome home, Shelf shelf, Item item)
    {
        var folder = home.Project(SharedServer.Fresh("publish"));
        var wheel = WheelOf(item);
        File.WriteAllBytes(Path.Combine(folder, wheel.File), wheel.Bytes);
        return home.TwineAsync(folder, shelf.Endpoint(Format), shelf.Token, wheel.File);
    }

    public override async Task<Installation> InstallAsync(ClientHome home, Shelf shelf, string name, string? version = null)
    {
        var folder = home.Project(SharedServer.Fresh("install"));
        var result = await home.InstallAsync(folder, Python.IndexUrl(shelf.Endpoint(Format), shelf.Token), [version is null ? name : $"{name}=={version}"]);
        return new Installation(result, Python.MarkOf(folder, name));
    }

    public override string ListingPath(string name) => $"simple/{name}/";

    public override string AssetPath(string name, string version) => $"simple/{name}/{version}/{new Wheel(name, version).File}";

    public override IEnumerable<(string What, HttpRequestMessage Upload)> Hostile(Shelf shelf, Item item)
    {
        var wheel = WheelOf(item);
        (string What, byte[] Bytes)[] wheels =
        [
            ("no archive", "no archive"u8.ToArray()),
            ("truncated", wheel.Bytes[..^9]),
            ("something after the end", [.. wheel.Bytes, 1, 2, 3]),
            ("something before the beginning", [1, 2, 3, .. wheel.Bytes]),
            ("two members of one name", wheel.Zip([.. wheel.Files, wheel.Files[0]])),
            ("another name inside", wheel.Zip([.. wheel.Files.Select(file => (file.Path, file.Text.Replace($"Name: {item.Name}", "Name: victim", StringComparison.Ordinal)))])),
            ("a member above the folder", wheel.Zip([.. wheel.Files, ("../mark", item.Mark)])),
            ("no RECORD", wheel.Zip(wheel.Files, withRecord: false)),
        ];
        foreach (var (what, bytes) in wheels)
        {
            yield return (what, Upload(shelf, wheel, bytes, Convert.ToHexStringLower(SHA256.HashData(bytes))));
        }

        yield return ("another digest", Upload(shelf, wheel, wheel.Bytes, new string('0', 64)));
        yield return ("another version in the form", Upload(shelf, wheel with { Version = "9.9.9" }, wheel.Bytes, wheel.Sha256, wheel.File));
    }

    public override void Offer(Item item) => Index.Add(WheelOf(item));

    public override int Asked(string name) => Index.CountOf(name);

    public override void SwitchSourceOff() => Index.SwitchOff();

    public override void SwitchSourceOn() => Index.SwitchOn();

    public override async ValueTask DisposeAsync()
    {
        await Index.DisposeAsync();
        await base.DisposeAsync();
    }

    private HttpRequestMessage Upload(Shelf shelf, Wheel wheel, byte[] bytes, string sha256, string? file = null)
    {
        var form = new MultipartFormDataContent();
        (string Name, string Value)[] fields = [(":action", "file_upload"), ("name", wheel.Name), ("version", wheel.Version), ("sha256_digest", sha256)];
        foreach (var (name, value) in fields)
        {
            form.Add(new StringContent(value), $"\"{name}\"");
        }

        var content = new ByteArrayContent(bytes);
        content.Headers.ContentDisposition = new ContentDispositionHeaderValue("form-data") { Name = "\"content\"", FileName = $"\"{file ?? wheel.File}\"" };
        form.Add(content);
        var upload = shelf.Request(HttpMethod.Post, Format, "");
        upload.Content = form;
        return upload;
    }

    private static Wheel WheelOf(Item item) => new(item.Name, item.Version) { Mark = item.Mark };
}

public sealed class PyPiFormatTests(FormatServer<PyPiEcosystem> place) : FormatContract<PyPiEcosystem>(place);
