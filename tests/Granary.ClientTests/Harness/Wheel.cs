using System.Buffers.Text;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Granary.ClientTests.Harness;

/// <summary>A Python wheel of one module that is made up on the spot; it installs with every Python.</summary>
public sealed record Wheel(string Name, string Version)
{
    /// <summary>What the file <c>mark</c> in the module says.</summary>
    public string Mark { get; init; } = "";

    /// <summary>Further lines of METADATA, such as <c>Requires-Dist: left</c>.</summary>
    public string[] Metadata { get; init; } = [];

    public string[] Requires
    {
        init => Metadata = [.. Metadata, .. value.Select(name => $"Requires-Dist: {name}")];
    }

    /// <summary>Of the file's name; two builds of a version differ in it.</summary>
    public string Tag { get; init; } = "py2.py3-none-any";

    public string Module => Name.Replace('-', '_').Replace('.', '_');

    public string File => $"{Module}-{Version}-{Tag}.whl";

    public string Info => $"{Module}-{Version}.dist-info";

    public string MetadataText => $"Metadata-Version: 2.1\nName: {Name}\nVersion: {Version}\nSummary: A made-up package\n{string.Concat(Metadata.Select(line => line + "\n"))}\nText\n";

    public byte[] Bytes => Zip(Files);

    public (string Path, string Text)[] Files =>
    [
        ($"{Module}/__init__.py", $"mark = {System.Text.Json.JsonSerializer.Serialize(Mark)}\n"), ($"{Module}/mark", Mark), ($"{Info}/METADATA", MetadataText),
        ($"{Info}/WHEEL", "Wheel-Version: 1.0\nGenerator: made-up\nRoot-Is-Purelib: true\nTag: py2-none-any\nTag: py3-none-any\n"),
    ];

    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Bytes));

    /// <summary>A wheel of these files with a RECORD of them. The same files make the same bytes.</summary>
    public byte[] Zip((string Path, string Text)[] files, bool withRecord = true)
    {
        var record = string.Concat(files.Select(file => $"{file.Path},sha256={Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(file.Text)))},{file.Text.Length}\n"));
        using var output = new MemoryStream();
        using (var archive = new ZipArchive(output, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (path, text) in withRecord ? [.. files, ($"{Info}/RECORD", $"{record}{Info}/RECORD,,\n")] : files)
            {
                var entry = archive.CreateEntry(path);
                entry.LastWriteTime = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
                using var stream = entry.Open();
                stream.Write(Encoding.UTF8.GetBytes(text));
            }
        }

        return output.ToArray();
    }
}
