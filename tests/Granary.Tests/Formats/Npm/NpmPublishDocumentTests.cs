using System.Buffers.Text;
using System.IO.Pipelines;
using System.Text.Json;
using Granary.Core;
using Granary.Formats.Npm;
using static Granary.Tests.Formats.Npm.NpmSamples;

namespace Granary.Tests.Formats.Npm;

public sealed class NpmPublishDocumentTests
{
    private static readonly byte[] Tarball = [.. Enumerable.Range(0, 1000).Select(i => (byte)(i * 7))];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(100_000)]
    public async Task Reads_a_document_in_pieces_of_any_size(int piece)
    {
        var (document, tarball) = await ReadAsync(Text(Document(Tarball).ToJsonString()), piece);
        Assert.Equal(Tarball, tarball);
        Assert.Equal(new NpmAttachment("craft-1.0.0.tgz", "application/octet-stream", 1000), document.Attachment);
        Assert.Equal("craft", document.Root.GetProperty("name").GetString());
        Assert.Equal("", document.Root.GetProperty("_attachments").GetProperty("craft-1.0.0.tgz").GetProperty("data").GetString());
        Assert.Null(document.Provenance);
    }

    [Fact]
    public async Task Reads_members_in_any_order_and_leaves_data_elsewhere_alone()
    {
        var (document, tarball) = await ReadAsync(Text(
            """{"data":"AAAA","_attachments":{"a.tgz":{"length":3,"x":{"data":"BBBB"},"data":"QUJD","y":["data","CCCC"]}},"n":{"_attachments":{"b":{"data":"DDDD"}}}}"""));
        Assert.Equal("ABC"u8.ToArray(), tarball);
        Assert.Equal("DDDD", document.Root.GetProperty("n").GetProperty("_attachments").GetProperty("b").GetProperty("data").GetString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(1000)]
    public async Task Understands_escapes_in_names_and_in_the_data(int piece)
    {
        var (document, tarball) = await ReadAsync(Text("""{"_\u0061ttachments":{"a\"\\.tgz":{"d\u0061ta":"+\/\u002b\u002F"}}}"""), piece);
        Assert.Equal(new byte[] { 0xFB, 0xFF, 0xBF }, tarball);
        Assert.Equal("a\"\\.tgz", document.Attachment!.FileName);
    }

    [Theory]
    [InlineData("""{"name":"craft"}""")]
    [InlineData("""{"_attachments":{}}""")]
    [InlineData("""{"_attachments":null}""")]
    public async Task Reads_a_document_without_a_tarball(string body) => Assert.Null((await ReadAsync(Text(body))).Document.Attachment);

    [Fact]
    public async Task Keeps_the_proof_of_origin_beside_the_tarball()
    {
        var (document, tarball) = await ReadAsync(Text("""{"_attachments":{"a.tgz":{"data":"QUJD"},"a.sigstore":{"content_type":"t","data":"{\"b\":1}","length":7}}}"""));
        Assert.Equal("ABC"u8.ToArray(), tarball);
        Assert.Equal(new NpmAttachment("a.sigstore", "t", 7), document.Provenance);
    }

    [Theory]
    [InlineData("QUJ D")]
    [InlineData(" QUJD")]
    [InlineData("QUJD ")]
    [InlineData("QU JD QUJD")]
    [InlineData("QUJDQUJDQUJD QUJDQUJDQUJDQUJ")]
    [InlineData("QUJD\\n")]
    [InlineData("QUI")]
    [InlineData("QUI==")]
    [InlineData("QQ=")]
    [InlineData("QQ==QUJD")]
    [InlineData("QR==")]
    [InlineData("-_-_")]
    [InlineData("====")]
    [InlineData("Q===")]
    [InlineData("QUJ\u00E9")]
    [InlineData("QUJ\\u00e9")]
    [InlineData("QUJ\\u00zz")]
    [InlineData("\\ud800")]
    [InlineData("data:QUJD")]
    public async Task Refuses_data_that_is_not_strict_base64(string data)
    {
        var body = Text("{\"_attachments\":{\"a.tgz\":{\"data\":\"" + data + "\"}}}");
        foreach (var piece in (int[])[1, 3, 1000])
        {
            var refusal = await Assert.ThrowsAsync<Refusal>(() => ReadAsync(body, piece));
            Assert.Equal(RefusalKind.Validation, refusal.Kind);
        }
    }

    [Theory]
    [InlineData("""{"a":1,"a":2}""", "not valid JSON")]
    [InlineData("""{"a":1,"\u0061":2}""", "not valid JSON")]
    [InlineData("""{"_attachments":{"a":{"data":"QUJD","data":"QUJD"}}}""", "more than one tarball")]
    [InlineData("""{"_attachments":{"a":{"data":"QUJD"},"b":{"data":"QUJD"}}}""", "more than one tarball")]
    [InlineData("""{"_attachments":{"a":{"data":"QUJD"}},"_attachments":{}}""", "not valid JSON")]
    [InlineData("""{"_attachments":{"a":{"data":"QUJD","length":4}}}""", "length")]
    [InlineData("""{"_attachments":{"a":{"data":"QUJD","length":"3"}}}""", "length")]
    [InlineData("""{"_attachments":{"a":{"data":5}}}""", "no data")]
    [InlineData("""{"_attachments":{"a":{}}}""", "no data")]
    [InlineData("""{"_attachments":{"a":"x"}}""", "no data")]
    [InlineData("""{"_attachments":[]}""", "not an object")]
    [InlineData("""{"_attachments" {"a" {"data" "QUJD"}}}""", "not valid JSON")]
    [InlineData("""{"d":"\ud800"}""", "surrogate")]
    [InlineData("""{"\ud800":1}""", "JSON string")]
    [InlineData("""{"d":{"e":{"f":{"\udc00":1}}}}""", "surrogate")]
    [InlineData("""{"d":"a\u0000"}""", "NUL")]
    [InlineData("""{"a":{"b":{"c":{"d\u0000":1}}}}""", "NUL")]
    [InlineData("""{"n":1e400}""", "number")]
    [InlineData("""{"n":-0}""", "number")]
    [InlineData("""{"n":1} x""", "not valid JSON")]
    [InlineData("""{"n":1}{}""", "not valid JSON")]
    [InlineData("""{"n":1""", "not valid JSON")]
    [InlineData("""{"_attachments":{"a":{"data":"QUJD""", "not valid JSON")]
    [InlineData("", "not valid JSON")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("]]]]{}", "not valid JSON")]
    public async Task Refuses_a_document_that_is_broken_or_ambiguous(string body, string reason) => await RefusedDocumentAsync(body, reason);

    [Fact]
    public async Task Refuses_depth_long_names_long_numbers_and_bytes_that_are_no_text()
    {
        await RefusedDocumentAsync(string.Concat(Enumerable.Repeat("{\"a\":", 100_000)), "nested more than 64");
        await RefusedDocumentAsync(new string('[', 65), "nested more than 64");
        await RefusedDocumentAsync($"{{\"{new string('k', 1 << 20)}\":1}}", "longer than");
        await RefusedDocumentAsync($"{{\"n\":1{new string('0', 1 << 20)}}}", "number");
        var refusal = await Assert.ThrowsAsync<Refusal>(() => ReadAsync([.. "{\"a\":\""u8, 0xFF, .. "\"}"u8]));
        Assert.Contains("UTF-8", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keeps_the_limits_of_metadata_and_tarball()
    {
        var limits = new NpmPublishLimits { MetadataBytes = 1000, TarballBytes = 1000 };
        await ReadAsync(Text(Document(Tarball).ToJsonString()), limits: limits);
        var tooMuch = await Assert.ThrowsAsync<Refusal>(() => ReadAsync(Text(Document([.. Tarball, 1]).ToJsonString()), limits: limits));
        Assert.Equal(RefusalKind.QuotaExceeded, tooMuch.Kind);
        Assert.Contains("1,000 bytes", tooMuch.Message, StringComparison.Ordinal);
        Assert.Contains("Quotas:AssetSize", tooMuch.Message, StringComparison.Ordinal);
        var blanks = await Assert.ThrowsAsync<Refusal>(() => ReadAsync(Text("{}" + new string(' ', 1001)), limits: limits));
        Assert.Equal(RefusalKind.TooLarge, blanks.Kind);
    }

    [Fact]
    public async Task Streams_200_MB_without_holding_them()
    {
        const int Blocks = 4096;
        var block = new byte[48 << 10];
        new Random(1).NextBytes(block);
        var text = new byte[64 << 10];
        Base64.EncodeToUtf8(block, text, out _, out _);
        var pieces = Enumerable.Repeat(text, Blocks)
            .Prepend("{\"_attachments\":{\"craft-1.0.0.tgz\":{\"data\":\""u8.ToArray())
            .Append(Text($"\",\"length\":{(long)Blocks * block.Length}}}}},\"name\":\"craft\"}}"));
        var reader = PipeReader.Create(new PiecesStream(pieces.GetEnumerator()));
        var received = 0L;

        // It runs to its end on this thread, so that what the other tests allocate at the same time does not count.
        var before = GC.GetAllocatedBytesForCurrentThread();
        var reading = NpmPublishDocument.ReadAsync(
            reader,
            (bytes, _) =>
            {
                received += bytes.Length;
                return ValueTask.CompletedTask;
            },
            cancellation: TestContext.Current.CancellationToken);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True(reading.IsCompleted);
        var document = await reading;
        Assert.Equal((long)Blocks * block.Length, received);
        Assert.Equal(received, document.Attachment!.Length);
        Assert.InRange(allocated, 0, 32 << 20);
    }

    [Fact]
    public async Task Never_fails_in_another_way_on_damaged_bytes()
    {
        var random = new Random(11);
        var good = Text(Document(Tarball[..40]).ToJsonString());
        for (var round = 0; round < 3000; round++)
        {
            var damaged = good.ToArray();
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                damaged[random.Next(damaged.Length)] = (byte)"\"\\{}[],:u0a\0=\u00FF"[random.Next(14)];
            }

            try
            {
                var (document, tarball) = await ReadAsync(damaged, random.Next(1, 50));
                Assert.Equal(tarball.Length, document.Attachment?.Length ?? 0);
                Assert.Equal(JsonValueKind.Object, document.Root.ValueKind);
            }
            catch (Refusal refusal)
            {
                Assert.NotEmpty(refusal.Message);
            }
        }
    }

    /// <summary>A body that is never whole in memory: one piece a read, without waiting.</summary>
    private sealed class PiecesStream(IEnumerator<byte[]> pieces) : MemoryStream
    {
        private ReadOnlyMemory<byte> _rest;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_rest.IsEmpty && pieces.MoveNext())
            {
                _rest = pieces.Current;
            }

            var count = Math.Min(buffer.Length, _rest.Length);
            _rest[..count].CopyTo(buffer);
            _rest = _rest[count..];
            return ValueTask.FromResult(count);
        }
    }
}
