using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Granary.Core;
using Granary.Formats.Npm;
using static Granary.Tests.Formats.Npm.NpmSamples;

namespace Granary.Tests.Formats.Npm;

public sealed class NpmTarballTests
{
    [Fact]
    public async Task Describes_a_package()
    {
        var json = """{"name":"craft","version":"1.0.0","scripts":{"postinstall":"node x"}}""";
        var content = await InspectAsync(Tgz(
            File("package/readme.markdown", "\uFEFF# Hello \u00E9"),
            File("package/README", "other"),
            Package("\uFEFF" + json),
            File("package/lib/README.md", "not this"),
            File("package/npm-shrinkwrap.json", "{}"),
            new TarMember("package/empty/", [], '5')));
        Assert.Equal(json, Encoding.UTF8.GetString(content.PackageJson.Span));
        Assert.Equal(("# Hello \u00E9", "readme.markdown"), (content.Readme, content.ReadmeFile));
        Assert.Equal(5, content.FileCount);
        Assert.Equal(13 + 5 + json.Length + 3 + 8 + 2, content.UnpackedSize);
        Assert.True(content.HasInstallScript);
        Assert.True(content.HasShrinkwrap);
        Assert.False(content.HasGypFile);
    }

    [Theory]
    [InlineData("""{"name":"craft"}""", true)]
    [InlineData("""{"name":"craft","gypfile":false}""", false)]
    public async Task Counts_a_binding_gyp_as_an_install_script(string json, bool runs)
    {
        var content = await InspectAsync(Tgz(Package(json), File("package/binding.gyp", "{}")));
        Assert.Equal((true, runs), (content.HasGypFile, content.HasInstallScript));
    }

    [Fact]
    public async Task Replaces_what_is_not_UTF8_in_the_readme_and_cuts_it_at_its_limit()
    {
        var content = await InspectAsync(
            Tgz(Package(), new TarMember("package/README.md", [0xFF, (byte)'a', (byte)'b', (byte)'c'])), new NpmTarballLimits { ReadmeBytes = 3 });
        Assert.Equal("\uFFFDab", content.Readme);
    }

    [Fact]
    public async Task Takes_any_name_of_the_top_folder_long_names_and_missing_closing_blocks()
    {
        var deep = $"any/{new string('d', 90)}/{new string('e', 90)}/{new string('f', 90)}.js";
        byte[][] forms =
        [
            Tar(File("any/package.json", PackageJson), new TarMember("PaxHeader", Pax("path", deep), 'x'), File("short")),
            Tar(File("any/package.json", PackageJson), new TarMember("././@LongLink", [.. Text(deep), 0], 'L'), File("short")),
            Tar(File("any/package.json", PackageJson), new TarMember(new string('e', 90), Text("x"), Prefix: "any/" + new string('d', 90))),
            Tar(new TarMember("pax_global_header", Pax("comment", "abc"), 'g'), File("any/package.json", PackageJson), File("any/x")),
            [.. Member(File("any/package.json", PackageJson)), .. Member(File("any/x"))],
            [.. Tar(File("any/package.json", PackageJson), File("any/x")), .. new byte[9000]],
        ];
        foreach (var form in forms)
        {
            Assert.Equal(2, (await InspectAsync(Gzip(form))).FileCount);
        }
    }

    [Theory]
    [InlineData(TarEntryFormat.V7)]
    [InlineData(TarEntryFormat.Ustar)]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Gnu)]
    public async Task Reads_what_the_runtimes_own_writer_writes(TarEntryFormat format)
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, format, leaveOpen: true))
        {
            foreach (var name in (string[])["package/package.json", "package/\u00E9.js", "package/a/" + new string('b', format is TarEntryFormat.V7 ? 60 : 88)])
            {
                var type = format is TarEntryFormat.V7 ? TarEntryType.V7RegularFile : TarEntryType.RegularFile;
                TarEntry entry = format switch
                {
                    TarEntryFormat.V7 => new V7TarEntry(type, name),
                    TarEntryFormat.Ustar => new UstarTarEntry(type, name),
                    TarEntryFormat.Pax => new PaxTarEntry(type, name),
                    _ => new GnuTarEntry(type, name),
                };
                entry.DataStream = new MemoryStream(Text(PackageJson));
                writer.WriteEntry(entry);
            }
        }

        Assert.Equal(3, (await InspectAsync(Gzip(tar.ToArray()))).FileCount);
    }

    [Fact]
    public async Task Refuses_a_gzip_cut_off_at_any_byte()
    {
        var whole = Tgz(Package(), File("package/a.js", string.Concat(Enumerable.Range(0, 400))));
        await InspectAsync(whole);
        for (var length = 0; length < whole.Length; length++)
        {
            await RefusedAsync(whole[..length], "not a complete gzip file");
            if (length != whole.Length - 8)
            {
                await RefusedAsync([.. whole[..length], .. whole[^8..]], "The tarball");
            }
        }
    }

    [Fact]
    public async Task Refuses_a_wrong_checksum_or_length_in_the_trailer()
    {
        var whole = Tgz(Package());
        for (var i = 1; i <= 8; i++)
        {
            var wrong = whole.ToArray();
            wrong[^i] ^= 1;
            await RefusedAsync(wrong, "checksum or its length");
        }
    }

    [Fact]
    public async Task Refuses_a_stream_without_its_final_block_though_the_trailer_fits()
    {
        var tar = Tar(Package());
        byte[] stored = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0, (byte)tar.Length, (byte)(tar.Length >> 8), (byte)~tar.Length, (byte)(~tar.Length >> 8), .. tar, .. Gzip(tar)[^8..]];
        await RefusedAsync(stored, "ends before its data does");
        stored[10] = 1;
        await InspectAsync(stored);
    }

    [Fact]
    public async Task Refuses_several_members_and_anything_after_the_trailer()
    {
        var whole = Tgz(Package());
        await RefusedAsync([.. whole, .. Tgz(Package("""{"name":"victim"}"""))], "more data follows");
        await RefusedAsync([.. whole, .. whole], "more data follows");
        await RefusedAsync([.. whole, 0], "more data follows");
        await RefusedAsync([.. whole, .. new byte[200_000]], "more data follows");
        await RefusedAsync([.. whole[..^8], .. Text("junk"), .. whole[^8..]], "more data follows");
    }

    [Fact]
    public async Task Refuses_what_is_no_gzip_or_no_tar()
    {
        await RefusedAsync(Text("PK not gzip at all"), "does not begin as one");
        await RefusedAsync(Gzip(Text("not a tar")), "within a header");
        await RefusedAsync(Gzip(new byte[600].Select((_, i) => (byte)i).ToArray()), "no tar archive");
        await RefusedAsync(Gzip(Gzip(new byte[1 << 20])), "not a sound tar archive");
        await RefusedAsync(Tgz(), "no package.json");
    }

    [Fact]
    public async Task Refuses_bombs_at_once_and_with_little_memory()
    {
        byte[] bomb;
        using (var output = new MemoryStream())
        {
            using (var gzip = new GZipStream(output, CompressionLevel.Fastest))
            {
                gzip.Write(Member(Package()));
                var header = Header(File("package/zero"));
                Text("10000000000\0").CopyTo(header, 124);
                gzip.Write(Sealed(header));
                var zeros = new byte[1 << 20];
                for (var i = 0; i < 1024; i++)
                {
                    gzip.Write(zeros);
                }
            }

            bomb = output.ToArray();
        }

        // From memory it runs to its end on this thread, so that what the other tests allocate at the same time does not count.
        var compressed = new MemoryStream(bomb);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var inspection = NpmTarball.InspectAsync(compressed, cancellation: TestContext.Current.CancellationToken);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(inspection.IsCompleted);
        var refusal = await Assert.ThrowsAsync<Refusal>(() => inspection);
        Assert.Equal(RefusalKind.Validation, refusal.Kind);
        Assert.Contains("unpacks to more", refusal.Message, StringComparison.Ordinal);
        Assert.InRange(compressed.Position, 1, bomb.Length / 4);
        Assert.InRange(allocated, 0, 16 << 20);
    }

    [Fact]
    public async Task Keeps_every_limit()
    {
        var tgz = Tgz(Package(), File("package/a"), File("package/b"));
        foreach (var limits in (NpmTarballLimits[])[new() { Entries = 2 }, new() { UnpackedBytes = 2048 }, new() { PackageJsonBytes = 10 }])
        {
            var refusal = await Assert.ThrowsAsync<Refusal>(() => InspectAsync(tgz, limits));
            Assert.Equal(RefusalKind.Validation, refusal.Kind);
            Assert.Equal(limits.Entries == 2, await DescribeAsync(tgz, limits) is not null);
        }

        Assert.Equal(3, (await InspectAsync(tgz, new NpmTarballLimits { Entries = 3 })).FileCount);
    }

    [Theory]
    [InlineData("package/../../x", "\"..\" segment")]
    [InlineData("package/./x", "\"..\" segment")]
    [InlineData("package//x", "\"..\" segment")]
    [InlineData("../x", "\"..\" segment")]
    [InlineData("/tmp/x", "is absolute")]
    [InlineData("package\\x", "has a backslash")]
    [InlineData("package/..\\x", "has a backslash")]
    [InlineData("C:/x", "names a drive")]
    [InlineData("package/a\u0001", "control character")]
    [InlineData("", "is empty")]
    [InlineData("loose.js", "not in a folder")]
    [InlineData("package/package.json", "twice")]
    [InlineData("other/package.json", "twice")]
    [InlineData("package/Package.json", "take for package.json")]
    [InlineData("package/PACKAGE.JSON/x", "take for package.json")]
    [InlineData("package/BINDING.gyp", "take for binding.gyp")]
    [InlineData("package/lib", "twice")]
    public async Task Refuses_a_path_that_is_not_the_same_for_everyone(string path, string reason) =>
        await RefusedAsync(Tgz(Package(), new TarMember("package/lib/", [], '5'), File(path)), reason);

    [Fact]
    public async Task Refuses_bad_paths_in_long_names_too()
    {
        foreach (var path in (string[])["package/../x", "package/a\0b", "/x"])
        {
            await RefusedAsync(Tgz(Package(), new TarMember("p", Pax("path", path), 'x'), File("package/x")), "archive's path");
        }

        await RefusedAsync(Tgz(Package(), new TarMember("p", Text("package/../x\0"), 'L'), File("package/x")), "\"..\" segment");
        await RefusedAsync(Tgz(Package(), new TarMember("p", Pax("path", new string('a', 5000)), 'x'), File("package/x")), "longer than");
        await RefusedAsync(Tgz(Package(), new TarMember("p", Pax("path", "package/y"), 'x'), new TarMember("l", Text("package/z\0"), 'L'), File("package/x")), "two long names");
        await RefusedAsync(Tgz(Package(), new TarMember("p", Text("9 pathxxx\n"), 'x'), File("package/x")), "pax header is malformed");
        await RefusedAsync(Tgz(Package(), new TarMember("p", Pax("path", "package/y"), 'g'), File("package/x")), "global header");
        await RefusedAsync(Tgz(Package(), new TarMember("p", Pax("GNU.sparse.major", "1"), 'x'), File("package/x")), "sparse");
        await RefusedAsync(Tgz(Package(), new TarMember("p", Pax("path", "package/y"), 'x')), "last member is missing");
    }

    [Theory]
    [InlineData('1')]
    [InlineData('2')]
    [InlineData('3')]
    [InlineData('4')]
    [InlineData('6')]
    [InlineData('V')]
    public async Task Refuses_links_devices_and_pipes(char type)
    {
        var tgz = Tgz(Package(), new TarMember("package/l", [], type, "/etc/passwd"));
        await RefusedAsync(tgz, "files only");
        Assert.NotNull(await DescribeAsync(tgz));
    }

    [Fact]
    public async Task Refuses_what_two_unpackers_read_differently()
    {
        await RefusedAsync(Tgz(Package(), new TarMember("package/d/", Text("x"), '5')), "directory with content");
        await RefusedAsync(Gzip([.. Tar(Package()), .. Tar(File("package/hidden.js"))]), "closing block");
        await RefusedAsync(Gzip([.. Member(Package()), .. new byte[512], .. Tar(File("package/hidden.js"))]), "closing block");
        var header = Header(File("package/x"));
        header[0] ^= 1;
        await RefusedAsync(Gzip([.. Member(Package()), .. header, .. new byte[512]]), "header is damaged");
        await RefusedAsync(Gzip([.. Member(Package()), .. Header(new TarMember("package/x", new byte[9000])), .. new byte[512]]), "ends within a file");
        await RefusedAsync(Tgz(Package("""{"name":"a","name":"b"}""")), "not valid JSON");
        await RefusedAsync(Tgz(Package("[]")), "not a JSON object");
        await RefusedAsync(Tgz(Package("{\"a\":\"\\ud800\"}")), "surrogate");
    }

    [Fact]
    public async Task Describes_an_odd_tarball_of_a_public_source_without_refusing_it()
    {
        var odd = Tgz(
            Package("""{"name":"first"}"""),
            new TarMember("package/link", [], '2', "/etc"),
            File("package/../x"),
            File("package/Package.json", "{}"),
            Package("""{"name":"last","name":"last","x":"\u0000"}"""),
            File("package/README.md", "hi"));
        Assert.Equal("""{"name":"last","name":"last","x":"\u0000"}""", Encoding.UTF8.GetString((await DescribeAsync(odd))!.PackageJson.Span));
        Assert.Equal("hi", (await DescribeAsync([.. odd, 1, 2, 3]))!.Readme);
        Assert.NotNull(await DescribeAsync(odd[..^4]));
        Assert.Null(await DescribeAsync(Text("no gzip")));
        Assert.Null(await DescribeAsync([]));
        Assert.Null(await DescribeAsync(Tgz(File("package/x"))));
        Assert.Null(await DescribeAsync(Tgz(Package("no json"))));
    }

    [Fact]
    public async Task Never_fails_in_another_way_on_damaged_bytes()
    {
        var random = new Random(7);
        var tar = Tar(Package(), new TarMember("p", Pax("path", "package/y"), 'x'), File("package/x"), File("package/README.md", "r"));
        for (var round = 0; round < 3000; round++)
        {
            var damaged = tar.ToArray();
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            var tgz = Gzip(damaged);
            if (round % 3 == 0)
            {
                tgz[random.Next(tgz.Length)] ^= (byte)random.Next(1, 256);
            }

            try
            {
                await InspectAsync(tgz);
            }
            catch (Refusal)
            {
            }

            await DescribeAsync(tgz);
        }
    }

    private static Task<NpmTarballContent?> DescribeAsync(byte[] tgz, NpmTarballLimits? limits = null) =>
        NpmTarball.TryDescribeAsync(new MemoryStream(tgz), limits, TestContext.Current.CancellationToken);
}
