using System.IO.Compression;
using System.Text;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Formats;

/// <summary>NuGet, with dotnet.</summary>
public sealed class NuGetEcosystem : Ecosystem
{
    private readonly FakeNuGetSource source = new();

    public NuGetEcosystem()
    {
        SwitchSourceOn();
    }

    public override string Format => "nuget";

    public override (string Name, Uri Address)? Source => ("public:nuget-org", source.Address);

    public override async Task<CommandResult> PublishAsync(ClientHome home, Shelf shelf, Item item)
    {
        using var dotnet = At(home, shelf);
        var file = Path.Combine(home.Project(SharedServer.Fresh("publish")), $"{item.Name}.{item.Version}.nupkg");
        await File.WriteAllBytesAsync(file, Package(item));
        return await dotnet.PushAsync(file);
    }

    public override async Task<Installation> InstallAsync(ClientHome home, Shelf shelf, string name, string? version = null)
    {
        using var dotnet = At(home, shelf);
        dotnet.EmptyCaches();
        var project = dotnet.Project(SharedServer.Fresh("install"));
        var result = await dotnet.DotnetAsync(project, ["add", "package", name, .. version is null ? (string[])[] : ["--version", version]]);
        return new Installation(result, dotnet.Restored(name, "mark") is { } mark ? await File.ReadAllTextAsync(mark) : null);
    }

    public override string ListingPath(string name) => $"v3/flat/{name}/index.json";

    public override string AssetPath(string name, string version) => $"v3/flat/{name}/{version}/{name}.{version}.nupkg";

    public override IEnumerable<(string What, HttpRequestMessage Upload)> Hostile(Shelf shelf, Item item)
    {
        var (good, nuspec) = (Package(item), NuGetFile.Nuspec(item.Name, item.Version));
        (string, byte[])[] packages =
        [
            ("no archive", "no archive"u8.ToArray()),
            ("truncated", good[..^9]),
            ("something after the end", [.. good, 1, 2, 3]),
            ("no .nuspec", Zip(("lib/mark", item.Mark))),
            ("two members of one name", Zip(("a.nuspec", nuspec), ("a.nuspec", nuspec))),
            ("two .nuspec files", Zip(("a.nuspec", nuspec), ("b.nuspec", NuGetFile.Nuspec("victim", "1.0.0")))),
            ("two .nuspec files that differ in case", Zip(("A.NUSPEC", nuspec), ("a.nuspec", NuGetFile.Nuspec("victim", "1.0.0")))),
            ("a member above the folder", Zip(("a.nuspec", nuspec), ("../../mark", item.Mark))),
            ("one in disguise", Zip(("a.nuspec", nuspec), ("lib/%2e%2e/%2e%2e/mark", item.Mark))),
            ("a document type", Zip(("a.nuspec", nuspec.Replace("?>", "?><!DOCTYPE p SYSTEM 'file:///etc/hostname'>", StringComparison.Ordinal)))),
            ("two ids", Zip(("a.nuspec", nuspec.Replace("<authors>", "<id>victim</id><authors>", StringComparison.Ordinal)))),
            ("an id that looks like another", Zip(("a.nuspec", NuGetFile.Nuspec("p\u0430ypal", "1.0.0")))),
        ];
        foreach (var (what, bytes) in packages)
        {
            var upload = shelf.Request(HttpMethod.Put, Format, "v3/package");
            upload.Content = new MultipartFormDataContent { { new ByteArrayContent(bytes), "package", "package.nupkg" } };
            yield return (what, upload);
        }
    }

    public override void Offer(Item item) => source.Add(new FakeNuGetVersion(item.Name, item.Version, Package(item)));

    public override int Asked(string name) => source.Requests.Count(path => path.Contains($"/{name}/", StringComparison.Ordinal));

    public override void SwitchSourceOff() => source.SwitchOffAsync().GetAwaiter().GetResult();

    public override void SwitchSourceOn() => source.SwitchOnAsync().GetAwaiter().GetResult();

    public override async ValueTask DisposeAsync()
    {
        await source.DisposeAsync();
        await base.DisposeAsync();
    }

    private static byte[] Package(Item item) => NuGetFile.Package(item.Name, item.Version, mark: item.Mark);

    private static NuGetHome At(ClientHome home, Shelf shelf)
    {
        var dotnet = new NuGetHome(home);
        dotnet.Use(new Uri(shelf.Endpoint("nuget"), "v3/index.json"), shelf.Token);
        return dotnet;
    }

    private static byte[] Zip(params (string Name, string Text)[] members)
    {
        using var output = new MemoryStream();
        using (var archive = new ZipArchive(output, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, text) in members)
            {
                using var member = archive.CreateEntry(name).Open();
                member.Write(Encoding.UTF8.GetBytes(text));
            }
        }

        return output.ToArray();
    }
}

public sealed class NuGetFormatTests(FormatServer<NuGetEcosystem> place) : FormatContract<NuGetEcosystem>(place);
