using System.IO.Compression;
using System.Text;
using Granary.Core;
using Granary.Formats.NuGet;

namespace Granary.Tests.Formats.NuGet;

/// <summary>Builds packages, well-formed and hostile ones.</summary>
internal static class NuGetSamples
{
    public static string Nuspec(string id = "Demo.Pkg", string version = "1.0.0", string more = "") =>
        $"""<?xml version="1.0" encoding="utf-8"?><package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd"><metadata><id>{id}</id><version>{version}</version><authors>Ann</authors><description>A demo</description>{more}</metadata></package>""";

    public static byte[] Package(string id = "Demo.Pkg", string version = "1.0.0", string more = "", params (string Name, string Text)[] files) =>
        Zip([($"{id}.nuspec", Nuspec(id, version, more)), .. files]);

    public static byte[] Zip(params (string Name, string Text)[] files) => Zip(files.Select(f => (f.Name, Encoding.UTF8.GetBytes(f.Text))));

    public static byte[] Zip(IEnumerable<(string Name, byte[] Bytes)> files)
    {
        using var output = new MemoryStream();
        using (var archive = new ZipArchive(output, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, bytes) in files)
            {
                using var entry = archive.CreateEntry(name).Open();
                entry.Write(bytes);
            }
        }

        return output.ToArray();
    }

    public static Task<NuGetContent> InspectAsync(byte[] package, bool strict = true) =>
        NuGetPackage.InspectAsync(new MemoryStream(package), NuGetLimits.Default, strict, TestContext.Current.CancellationToken);

    public static async Task RefusedAsync(byte[] package, string reason, RefusalKind kind = RefusalKind.Validation)
    {
        var refusal = await Assert.ThrowsAsync<Refusal>(() => InspectAsync(package));
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(kind, refusal.Kind);
    }
}
