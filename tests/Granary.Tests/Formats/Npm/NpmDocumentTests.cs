using System.Text;
using Granary.Formats.Npm;

namespace Granary.Tests.Formats.Npm;

public sealed class NpmDocumentTests
{
    [Fact]
    public void Tags_that_no_client_can_set_are_left_out()
    {
        var document = Read("""
            {"name":"craft","dist-tags":{"latest":"1.0.0","1.x":"1.0.0","":"1.0.0","a b":"1.0.0","../x":"1.0.0","__proto__":"1.0.0","b\u0065ta":"2.0.0","\ud83d":"1.0.0","gone":null,"n":1} }
            """);

        Assert.Equal([("beta", "2.0.0"), ("latest", "1.0.0")], document.Tags.Select(t => (t.Key, t.Value)).Order());
    }

    [Fact]
    public void Versions_that_are_none_are_left_out_and_the_others_are_slices()
    {
        var document = Read("""{"versions":{"1.0.0": { "a" : "\ud83d" } ,"one":{},"2.0.0":null,"\ud83d":{},"3.0.0":{}}}""");

        Assert.Equal(["1.0.0", "3.0.0"], document.Versions.Keys.Order());
        Assert.Equal("""{ "a" : "\ud83d" }""", Encoding.UTF8.GetString(document.Versions["1.0.0"].Span));
    }

    [Theory]
    [InlineData("""{"name":"craft"}""", null)]
    [InlineData("""{"name":"craft","versions":{}}""", null)]
    [InlineData("""{"versions":{"1.0.0":{"name":"other","versions":[]}},"name":"craft"}""", null)]
    [InlineData("""{"name":"craft","readme":"\ud83d"}""", null)]
    [InlineData("""{"n\u0061me":"craft"}""", null)]
    [InlineData("[]", "not a JSON object")]
    [InlineData("\"craft\"", "not a JSON object")]
    [InlineData("""{"name":"other"}""", "another package")]
    [InlineData("""{"_id":"craft"}""", "another package")]
    [InlineData("""{"name":"\ud83d"}""", "another package")]
    [InlineData("""{"name":"craft","versions":null}""", "not an object of objects")]
    [InlineData("""{"name":"craft","versions":[]}""", "not an object of objects")]
    [InlineData("""{"versions":"1.0.0","name":"craft"}""", "not an object of objects")]
    [InlineData("""{"name":"craft","versions":{"1.0.0":{"\ud83d":1}}}""", "a member's name in it is not text")]
    [InlineData("""{"name":"craft",}""", "not JSON")]
    [InlineData("""{"name":"craft"}{}""", "not JSON")]
    [InlineData("<!DOCTYPE html>", "not JSON")]
    [InlineData("", "not JSON")]
    public async Task A_packument_is_checked_while_it_arrives(string json, string? fault)
    {
        foreach (var piece in new[] { 1, 7, 1 << 20 })
        {
            var found = await CheckAsync(Encoding.UTF8.GetBytes(json), piece);
            if (fault is null)
            {
                Assert.Null(found);
            }
            else
            {
                Assert.Contains(fault, found, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("readme")]
    [InlineData("name\":\"craft\",\"x")]
    public async Task Bytes_that_are_no_UTF_8_are_found_in_names_and_in_values(string member)
    {
        byte[] inValue = [.. "{\""u8, .. Encoding.UTF8.GetBytes(member), .. "\":\""u8, 0xC3, 0x28, .. "\"}"u8];
        byte[] inName = [.. "{\"name\":\"craft\",\""u8, 0xFF, .. "\":1}"u8];

        Assert.Equal("it is not UTF-8.", await CheckAsync(inValue, 1 << 20));
        Assert.Equal("it is not UTF-8.", await CheckAsync(inName, 3));
    }

    private static NpmDocument Read(string json) => NpmDocument.Read(Encoding.UTF8.GetBytes(json));

    private static Task<string?> CheckAsync(byte[] json, int piece) =>
        NpmDocument.CheckAsync("craft", new PieceStream(json, piece), TestContext.Current.CancellationToken);

    /// <summary>Yields no more than a few bytes at a time.</summary>
    private sealed class PieceStream(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(piece, buffer.Length)], cancellationToken);
    }
}
