using System.IO.Compression;
using System.Text;

namespace Granary.ClientTests.Harness;

/// <summary>Packages as <c>dotnet pack</c> makes them, without the half minute that it takes.</summary>
public static class NuGetFile
{
    /// <param name="metadata">More of the .nuspec's metadata.</param>
    /// <param name="padding">Bytes of a file that does not compress.</param>
    /// <param name="mark">The text of a file <c>mark</c>.</param>
    public static byte[] Package(string id, string version, string metadata = "", int padding = 0, string? mark = null)
    {
        using var output = new MemoryStream();
        using (var archive = new ZipArchive(output, ZipArchiveMode.Create, leaveOpen: true))
        {
            Write(archive, $"{id}.nuspec", Encoding.UTF8.GetBytes(Nuspec(id, version, metadata)));
            Write(archive, "lib/net8.0/_._", []);
            if (mark is not null)
            {
                Write(archive, "mark", Encoding.UTF8.GetBytes(mark));
            }

            if (padding > 0)
            {
                var noise = new byte[padding];
                new Random(padding).NextBytes(noise);
                Write(archive, "content/noise.bin", noise);
            }
        }

        return output.ToArray();
    }

    public static string Nuspec(string id, string version, string metadata = "") =>
        $"""<?xml version="1.0" encoding="utf-8"?><package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd"><metadata><id>{id}</id><version>{version}</version><authors>Ann</authors><description>About {id}</description>{metadata}</metadata></package>""";

    public static string DependsOn(string id, string version) =>
        $"""<dependencies><group targetFramework="net8.0"><dependency id="{id}" version="{version}" /></group></dependencies>""";

    private static void Write(ZipArchive archive, string name, byte[] bytes)
    {
        var entry = archive.CreateEntry(name);
        // The same package is the same bytes, whenever it is made.
        entry.LastWriteTime = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using var content = entry.Open();
        content.Write(bytes);
    }
}
