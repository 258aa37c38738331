using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Granary.Core;
using Granary.Formats.PyPi;
using static Granary.Tests.Formats.PyPi.PyPiSamples;

namespace Granary.Tests.Formats.PyPi;

public sealed class PyPiWheelTests
{
    [Fact]
    public async Task Reads_what_a_wheel_says_of_itself()
    {
        var read = await InspectAsync(Zip(Files()));
        Assert.Equal(("Demo.Pkg", "1.0", "A demo", "# Demo\n"), (read.Metadata.Name, read.Metadata.Version, read.Metadata.Summary, read.Metadata.Description));
        Assert.Equal(["left-pad>=1"], read.Metadata.RequiresDist);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(PyPiSamples.Metadata))), read.MetadataSha256);
    }

    [Theory]
    [InlineData(true, CompressionLevel.Optimal)]
    [InlineData(false, CompressionLevel.NoCompression)]
    public async Task Reads_wheels_that_were_written_to_a_pipe_or_are_not_compressed(bool streamed, CompressionLevel level)
    {
        var files = Files();
        var wheel = Plain([.. files, ("demo_pkg-1.0.dist-info/RECORD", Record(files))], streamed, level);
        Assert.Equal("Demo.Pkg", (await InspectAsync(wheel)).Metadata.Name);
    }

    [Fact]
    public async Task Reads_the_wheels_that_come_with_Python()
    {
        const string Script = "import glob, os, ensurepip; print('\\n'.join(glob.glob(os.path.dirname(ensurepip.__file__) + '/_bundled/*.whl')))";
        var (_, output, _) = await ClientProcess.RunAsync("python3", ["-c", Script]);
        var wheels = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.SkipWhen(wheels.Length == 0, "This Python brings no wheels.");
        foreach (var wheel in wheels)
        {
            var read = await InspectAsync(await File.ReadAllBytesAsync(wheel, TestContext.Current.CancellationToken), Path.GetFileName(wheel));
            Assert.NotNull(read.Metadata.Summary);
        }
    }

    [Theory]
    [InlineData("demo_pkg-1.0.post1-py3-none-any.whl", "another project or version")]
    [InlineData("other-1.0-py3-none-any.whl", "another project or version")]
    public async Task Refuses_a_wheel_that_was_renamed(string file, string reason) => await RefusedAsync(Zip(Files()), reason, file);

    [Theory]
    [InlineData("Name: other\nVersion: 1.0\n")]
    [InlineData("Name: demo-pkg\nVersion: 1.1\n")]
    public async Task Refuses_a_wheel_whose_metadata_is_of_something_else(string metadata) =>
        await RefusedAsync(Zip(Files(metadata)), "must not be renamed");

    [Fact]
    public async Task Refuses_what_is_no_whole_wheel()
    {
        var whole = Zip(Files());
        await RefusedAsync([], "sound zip archive");
        await RefusedAsync(whole[..^1], "end record");
        await RefusedAsync([.. whole, 0], "end record");
        await RefusedAsync([0, .. whole], "sound zip archive");
        await RefusedAsync(whole[..^30], "sound zip archive");
        await RefusedAsync(Plain([("a", "b")]), ".dist-info");
        await RefusedAsync(Zip([.. Files().Where(f => !f.Name.EndsWith("/WHEEL", StringComparison.Ordinal))]), "WHEEL");
        await RefusedAsync(Plain(Files()), "RECORD");
    }

    [Theory]
    [InlineData("../up.py")]
    [InlineData("/absolute.py")]
    [InlineData("a\\b.py")]
    [InlineData("a//b.py")]
    [InlineData("C:/x.py")]
    public async Task Refuses_paths_that_lead_out(string path) => await RefusedAsync(Zip([.. Files(), (path, "x")]), "path");

    [Fact]
    public async Task Refuses_files_that_are_there_twice_or_in_two_spellings()
    {
        await RefusedAsync(Zip([.. Files(), ("demo_pkg/__init__.py", "x = 2\n")]), "twice");
        await RefusedAsync(Zip([.. Files(), ("demo_pkg-1.0.dist-info/metadata", "x")]), "two spellings");
        await RefusedAsync(Zip([.. Files(), ("demo_pkg-2.0.dist-info/METADATA", "x")]), "two .dist-info");
    }

    [Fact]
    public async Task Refuses_a_RECORD_that_does_not_hold()
    {
        const string Path = "demo_pkg-1.0.dist-info/RECORD";
        var files = Files();
        await RefusedAsync(Plain([.. files, ("extra.py", "x"), (Path, Record(files))]), "extra.py");
        await RefusedAsync(Plain([.. files, (Path, Record([.. files, ("gone.py", "x")]))]), "gone.py");
        await RefusedAsync(Plain([.. files, (Path, Record([("demo_pkg/__init__.py", "x = 2\n"), .. files[1..]]))]), "another digest");
    }

    [Fact]
    public async Task Refuses_headers_that_contradict_each_other()
    {
        // The first member's local header begins the file: its name, its checksum, its flags.
        await RefusedAsync(With(30, (byte)'D'), "something else than the directory");
        await RefusedAsync(With(14, 0xAA), "something else than the directory");
        await RefusedAsync(With(6, 1), "something else than the directory");

        // The data of the first member.
        var whole = Zip(Files());
        var data = 30 + BinaryPrimitives.ReadUInt16LittleEndian(whole.AsSpan(26)) + BinaryPrimitives.ReadUInt16LittleEndian(whole.AsSpan(28));
        await RefusedAsync(With(data, (byte)(whole[data] ^ 0x10)), "demo_pkg/__init__.py");

        // In the directory: encrypted, a size that lies, an offset into another member.
        var directory = (int)BinaryPrimitives.ReadUInt32LittleEndian(whole.AsSpan(whole.Length - 6));
        await RefusedAsync(With(directory + 8, 1), "encrypted");
        await RefusedAsync(With(directory + 24, 5), "something else than the directory");
        await RefusedAsync(With(directory + 42, 1), "overlap");
    }

    [Fact]
    public async Task Refuses_links()
    {
        using var output = new MemoryStream();
        using (var archive = new ZipArchive(output, ZipArchiveMode.Create, leaveOpen: true))
        {
            archive.CreateEntry("link").ExternalAttributes = unchecked((int)0xA1FF0000);
        }

        await RefusedAsync(output.ToArray(), "link");
    }

    [Fact]
    public async Task Refuses_a_bomb_before_it_is_unpacked()
    {
        var zeros = new string('0', 70 << 20);
        await RefusedAsync(Plain([("a", zeros)]), "unpacks to more", kind: RefusalKind.Validation);
        var refusal = await Assert.ThrowsAsync<Refusal>(() => InspectAsync(Zip(Files()), limits: new PyPiLimits { Entries = 3 }));
        Assert.Equal(RefusalKind.Validation, refusal.Kind);
        refusal = await Assert.ThrowsAsync<Refusal>(() => InspectAsync(Zip(Files()), limits: new PyPiLimits { MetadataBytes = 30 }));
        Assert.Equal(RefusalKind.Validation, refusal.Kind);
    }

    private static byte[] With(int at, byte value)
    {
        var wheel = Zip(Files());
        Assert.NotEqual(value, wheel[at]);
        wheel[at] = value;
        return wheel;
    }
}
