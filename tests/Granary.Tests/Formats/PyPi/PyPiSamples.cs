using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Granary.Core;
using Granary.Formats.PyPi;
using Granary.Tests.Formats.Npm;

namespace Granary.Tests.Formats.PyPi;

/// <summary>Builds wheels and sdists, well-formed and hostile ones.</summary>
internal static class PyPiSamples
{
    public const string Wheel = "demo_pkg-1.0-py3-none-any.whl";
    public const string Sdist = "demo_pkg-1.0.tar.gz";
    public const string Metadata = "Metadata-Version: 2.1\nName: Demo.Pkg\nVersion: 1.0\nSummary: A demo\nRequires-Dist: left-pad>=1\n\n# Demo\n";

    private const string Info = "demo_pkg-1.0.dist-info/";

    public static (string Name, string Text)[] Files(string metadata = Metadata, string info = Info) =>
        [("demo_pkg/__init__.py", "x = 1\n"), ($"{info}METADATA", metadata), ($"{info}WHEEL", "Wheel-Version: 1.0\n")];

    /// <summary>A whole wheel of these files and a RECORD of them.</summary>
    public static byte[] Zip(params (string Name, string Text)[] files) =>
        Plain([.. files, ($"{Info}RECORD", Record(files))]);

    public static string Record(IEnumerable<(string Name, string Text)> files) =>
        string.Concat(files.Where(f => !f.Name.EndsWith('/')).Select(f => $"{f.Name},sha256={Digest(f.Text)},{f.Text.Length}\n")) + $"{Info}RECORD,,\n";

    /// <param name="streamed">Written as to a pipe: sizes follow the data.</param>
    public static byte[] Plain(IEnumerable<(string Name, string Text)> files, bool streamed = false, CompressionLevel level = CompressionLevel.Optimal)
    {
        using var output = new MemoryStream();
        using (var archive = new ZipArchive(streamed ? new Pipe(output) : output, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, text) in files)
            {
                using var entry = archive.CreateEntry(name, level).Open();
                entry.Write(Encoding.UTF8.GetBytes(text));
            }
        }

        return output.ToArray();
    }

    public static byte[] Tgz(params (string Name, string Text)[] files) => NpmSamples.Tgz(files.Select(f => NpmSamples.File(f.Name, f.Text)));

    public static Task<PyPiDistribution> InspectAsync(byte[] archive, string file = Wheel, PyPiLimits? limits = null) =>
        PyPiDistribution.InspectAsync(PyPiFileName.Parse(file)!, new MemoryStream(archive), limits ?? PyPiLimits.Default, TestContext.Current.CancellationToken);

    public static async Task RefusedAsync(byte[] archive, string reason, string file = Wheel, RefusalKind kind = RefusalKind.Validation)
    {
        var refusal = await Assert.ThrowsAsync<Refusal>(() => InspectAsync(archive, file));
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(kind, refusal.Kind);
    }

    private static string Digest(string text) => System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private sealed class Pipe(Stream inner) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);
    }
}
