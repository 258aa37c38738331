using System.Text;
using Granary.Core;
using Granary.Formats.Maven;

namespace Granary.Tests.Formats.Maven;

public sealed class MavenXmlTests
{
    private const string Minimal = "<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version></project>";

    public static TheoryData<string, byte[]> Hostile => new()
    {
        { "an external entity", Utf8("<!DOCTYPE p [<!ENTITY x SYSTEM \"file:///etc/hostname\">]><project><groupId>&x;</groupId></project>") },
        { "an external document type", Utf8("<!DOCTYPE p SYSTEM \"http://127.0.0.1:9/x.dtd\"><project/>") },
        { "a harmless document type", Utf8($"<!DOCTYPE project>{Minimal}") },
        { "an undeclared entity", Utf8("<project><groupId>&x;</groupId></project>") },
        { "200,000 levels", Utf8("<project>" + string.Concat(Enumerable.Repeat("<a>", 200_000)) + string.Concat(Enumerable.Repeat("</a>", 200_000)) + "</project>") },
        { "200,001 elements", Utf8("<project>" + string.Concat(Enumerable.Repeat("<a/>", 200_001)) + "</project>") },
        { "more than 4 MiB", Utf8("<project>" + new string(' ', MavenXml.MaxBytes) + "</project>") },
        { "UTF-16 with its mark", [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(Minimal)] },
        { "UTF-16 without a mark", Encoding.Unicode.GetBytes(Minimal) },
        { "UTF-16, big end first", [.. Encoding.BigEndianUnicode.Preamble, .. Encoding.BigEndianUnicode.GetBytes(Minimal)] },
        { "UTF-32", Encoding.UTF32.GetBytes(Minimal) },
        { "UTF-8 that calls itself UTF-16", Utf8($"<?xml version='1.0' encoding='utf-16'?>{Minimal}") },
        { "UTF-7", Utf8("<?xml version='1.0' encoding='utf-7'?>+ADw-project+AD4-+ADw-/project+AD4-") },
        { "EBCDIC by name", Utf8($"<?xml version='1.0' encoding='IBM037'?>{Minimal}") },
        { "the mark of UTF-8 before Latin-1", [.. Encoding.UTF8.Preamble, .. Utf8($"<?xml version='1.0' encoding='iso-8859-1'?>{Minimal}")] },
        { "bytes that are not UTF-8", [.. Utf8("<project><name>"), 0xC3, 0x28, .. Utf8("</name></project>")] },
        { "another root", Utf8("<metadata/>") },
        { "two roots", Utf8("<project/><project/>") },
        { "nothing", [] },
        { "no XML", Utf8("{}") },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Refuses(string what, byte[] document)
    {
        Assert.NotEmpty(what);
        Assert.Equal(RefusalKind.Validation, Assert.Throws<Refusal>(() => MavenXml.Read(document, "project", "The POM")).Kind);
    }

    [Theory]
    [InlineData("<?xml version='1.0' encoding='UTF-8'?>")]
    [InlineData("<?xml version=\"1.0\" encoding=\"us-ascii\" standalone=\"yes\"?>")]
    [InlineData("<?xml version=\"1.0\"?>\n<!-- encoding='utf-16' -->")]
    [InlineData("<?xml-stylesheet href='http://127.0.0.1:9/x.xsl'?>")]
    [InlineData("\uFEFF")]
    [InlineData("")]
    public void Reads(string before) => Assert.Equal("a", MavenXml.Read(Utf8(before + Minimal), "project", "The POM").Text("artifactId"));

    [Fact]
    public void Latin1_is_read_as_it_says() =>
        Assert.Equal("café", MavenXml.Read(Encoding.Latin1.GetBytes("<?xml version='1.0' encoding='ISO-8859-1'?><project><name>café</name></project>"), "project", "The POM").Text("name"));

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
