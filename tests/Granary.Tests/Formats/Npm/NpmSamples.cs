using System.Buffers;
using System.Diagnostics;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Granary.Core;
using Granary.Formats.Npm;

namespace Granary.Tests.Formats.Npm;

internal sealed record TarMember(string Name, byte[] Body, char Type = '0', string Link = "", string Prefix = "");

/// <summary>Builds tarballs and publish documents byte by byte, well-formed and hostile ones.</summary>
internal static class NpmSamples
{
    public const string PackageJson = """{"name":"craft","version":"1.0.0"}""";

    public static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    public static TarMember File(string name, string body = "x") => new(name, Text(body));

    public static TarMember Package(string json = PackageJson) => File("package/package.json", json);

    public static byte[] Tar(params IEnumerable<TarMember> members) =>
        [.. members.SelectMany(m => Member(m)), .. new byte[1024]];

    public static byte[] Member(TarMember member) =>
        [.. Header(member), .. member.Body, .. new byte[-member.Body.Length & 511]];

    public static byte[] Header(TarMember member)
    {
        var block = new byte[512];
        Text(member.Name).AsSpan(0, Math.Min(100, Text(member.Name).Length)).CopyTo(block);
        Text("0000644\0" + "0000000\0" + "0000000\0").CopyTo(block, 100);
        Text(Convert.ToString(member.Body.Length, 8).PadLeft(11, '0')).CopyTo(block, 124);
        Text("00000000000").CopyTo(block, 136);
        block[156] = (byte)member.Type;
        Text(member.Link).CopyTo(block, 157);
        Text("ustar\000").CopyTo(block, 257);
        Text(member.Prefix).CopyTo(block, 345);
        return Sealed(block);
    }

    public static byte[] Sealed(byte[] block)
    {
        Text("        ").CopyTo(block, 148);
        Text(Convert.ToString(block.Sum(b => (long)b), 8).PadLeft(6, '0') + "\0 ").CopyTo(block, 148);
        return block;
    }

    public static byte[] Pax(string key, string value)
    {
        var length = key.Length + Text(value).Length + 3;
        length += $"{length + 2}".Length;
        return Text($"{length} {key}={value}\n");
    }

    public static byte[] Gzip(byte[] bytes)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.SmallestSize))
        {
            gzip.Write(bytes);
        }

        return output.ToArray();
    }

    public static byte[] Tgz(params IEnumerable<TarMember> members) => Gzip(Tar(members));

    public static Task<NpmTarballContent> InspectAsync(byte[] tgz, NpmTarballLimits? limits = null) =>
        NpmTarball.InspectAsync(new MemoryStream(tgz), limits, TestContext.Current.CancellationToken);

    public static async Task<Refusal> RefusedAsync(byte[] tgz, string reason, RefusalKind kind = RefusalKind.Validation)
    {
        var refusal = await Assert.ThrowsAsync<Refusal>(() => InspectAsync(tgz));
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(kind, refusal.Kind);
        return refusal;
    }

    public static NpmDigests Digests(byte[] bytes) => new(
        Convert.ToHexStringLower(SHA1.HashData(bytes)),
        Convert.ToHexStringLower(SHA256.HashData(bytes)),
        Convert.ToHexStringLower(SHA512.HashData(bytes)));

    public static JsonObject Document(byte[] tgz, string name = "craft", string version = "1.0.0", string? manifest = null, string? file = null)
    {
        var inner = JsonNode.Parse(manifest ?? $$"""{"name":"{{name}}","version":"{{version}}"}""")!.AsObject();
        inner["dist"] = new JsonObject
        {
            ["integrity"] = "sha512-" + Convert.ToBase64String(SHA512.HashData(tgz)),
            ["shasum"] = Digests(tgz).Sha1,
            ["tarball"] = "http://localhost/x.tgz",
        };
        return new JsonObject
        {
            ["_id"] = name,
            ["name"] = name,
            ["dist-tags"] = new JsonObject { ["latest"] = version },
            ["versions"] = new JsonObject { [version] = inner },
            ["_attachments"] = new JsonObject
            {
                [file ?? $"{name}-{version}.tgz"] = new JsonObject
                {
                    ["content_type"] = "application/octet-stream",
                    ["data"] = Convert.ToBase64String(tgz),
                    ["length"] = tgz.Length,
                },
            },
        };
    }

    public static async Task<(NpmPublishDocument Document, byte[] Tarball)> ReadAsync(byte[] body, int piece = int.MaxValue, NpmPublishLimits? limits = null)
    {
        var tarball = new ArrayBufferWriter<byte>();
        var sequence = Pieces(body, piece);
        var document = await NpmPublishDocument.ReadAsync(
            PipeReader.Create(sequence),
            (bytes, _) =>
            {
                tarball.Write(bytes.Span);
                return ValueTask.CompletedTask;
            },
            limits,
            TestContext.Current.CancellationToken);
        return (document, tarball.WrittenSpan.ToArray());
    }

    public static async Task<Refusal> RefusedDocumentAsync(string body, string reason, RefusalKind kind = RefusalKind.Validation)
    {
        var refusal = await Assert.ThrowsAsync<Refusal>(() => ReadAsync(Text(body)));
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(kind, refusal.Kind);
        return refusal;
    }

    public static async Task<NpmPublication> PublishAsync(byte[] body, string asked)
    {
        var (document, tarball) = await ReadAsync(body);
        return NpmManifestCheck.Agree(NpmName.Parse(asked)!, document, await InspectAsync(tarball), Digests(tarball));
    }

    public static Task<NpmPublication> PublishAsync(JsonObject document, string asked = "craft") => PublishAsync(Text(document.ToJsonString()), asked);

    /// <summary>What a program prints, given a text on its standard input; null where the program is not installed.</summary>
    public static async Task<string?> RunAsync(string program, string[] arguments, string input)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
            var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            await errors;
            return await output;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static ReadOnlySequence<byte> Pieces(byte[] body, int piece)
    {
        if (piece >= body.Length)
        {
            return new ReadOnlySequence<byte>(body);
        }

        var first = new Piece(body.AsMemory(0, piece), 0);
        var last = first;
        for (var at = piece; at < body.Length; at += piece)
        {
            last = last.Then(body.AsMemory(at, Math.Min(piece, body.Length - at)));
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long index)
        {
            Memory = memory;
            RunningIndex = index;
        }

        public Piece Then(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
