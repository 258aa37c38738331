using System.Buffers.Text;
using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Granary.ClientTests.Harness;

/// <summary>A package whose tarball lies in a file, because it is too large to be held in memory.</summary>
public sealed class LargePackage : IDisposable
{
    // Three bytes become four characters, so pieces of this size join without padding between them.
    private const int Piece = 3 * 64 * 1024;

    private readonly TempDirectory _directory = new("large");

    public LargePackage(string name, long bytes)
    {
        Name = name;
        File = Path.Combine(_directory.Path, "package.tgz");
        Write(bytes);
        using var file = System.IO.File.OpenRead(File);
        Integrity = "sha512-" + Convert.ToBase64String(SHA512.HashData(file));
    }

    public string Name { get; }

    /// <summary>The tarball of version 1.0.0.</summary>
    public string File { get; }

    public string Integrity { get; }

    public long Length => new FileInfo(File).Length;

    /// <summary>The publish document, made as it is sent.</summary>
    public HttpContent Document() => new Body(this);

    public void Dispose() => _directory.Dispose();

    private void Write(long bytes)
    {
        var noise = Path.Combine(_directory.Path, "noise");
        using (var padding = System.IO.File.Create(noise))
        {
            var piece = Tarball.Noise(1 << 20);
            for (var written = 0L; written < bytes; written += piece.Length)
            {
                padding.Write(piece);
            }
        }

        using var data = System.IO.File.OpenRead(noise);
        using var gzip = new GZipStream(System.IO.File.Create(File), CompressionLevel.NoCompression);
        using var tar = new TarWriter(gzip, TarEntryFormat.Pax);
        tar.WriteEntry(Tarball.File("package/package.json", Encoding.UTF8.GetBytes($$"""{"name":"{{Name}}","version":"1.0.0"}""")));
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "package/noise.bin") { DataStream = data });
    }

    private sealed class Body : HttpContent
    {
        private readonly LargePackage _package;
        private readonly byte[] _before;
        private readonly byte[] _after = "\"}}}"u8.ToArray();

        public Body(LargePackage package)
        {
            _package = package;
            var name = package.Name;
            _before = Encoding.UTF8.GetBytes(
                $$$"""
                {"_id":"{{{name}}}","name":"{{{name}}}","dist-tags":{"latest":"1.0.0"},
                "versions":{"1.0.0":{"name":"{{{name}}}","version":"1.0.0","dist":{"integrity":"{{{package.Integrity}}}"} } },
                "_attachments":{"{{{name}}}-1.0.0.tgz":{"content_type":"application/octet-stream","length":{{{package.Length}}},"data":"
                """.ReplaceLineEndings(""));
            Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _before.Length + ((_package.Length + 2) / 3 * 4) + _after.Length;
            return true;
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(_before);
            await using var file = System.IO.File.OpenRead(_package.File);
            var bytes = new byte[Piece];
            var text = new byte[Base64.GetMaxEncodedToUtf8Length(Piece)];
            int read;
            while ((read = await file.ReadAtLeastAsync(bytes, Piece, throwOnEndOfStream: false)) > 0)
            {
                Base64.EncodeToUtf8(bytes.AsSpan(0, read), text, out _, out var written);
                await stream.WriteAsync(text.AsMemory(0, written));
            }

            await stream.WriteAsync(_after);
        }
    }
}
