using System.Text;
using Granary.Core;
using Granary.Formats.PyPi;

namespace Granary.Tests.Formats.PyPi;

public sealed class PyPiMetadataTests
{
    [Fact]
    public void Reads_fields_and_body()
    {
        var read = Read("Metadata-Version: 2.1\r\nname: demo\r\nVersion: 1.0\r\nSummary: UNKNOWN\r\nLicense: MIT\r\nLicense-Expression: Apache-2.0\r\n"
            + "Requires-Python: >=3.8,<4\r\nRequires-Dist: a; extra == 'x'\r\nRequires-Dist: b>1\r\nProject-URL: Source, https://example.com/s\r\n\r\nBody: text\r\n");
        Assert.Equal(("demo", "1.0", null, "Apache-2.0", ">=3.8,<4"), (read.Name, read.Version, read.Summary, read.License, read.RequiresPython));
        Assert.Equal(["a; extra == 'x'", "b>1"], read.RequiresDist);
        Assert.Equal(["Source, https://example.com/s"], read.ProjectUrls);
        Assert.Equal("Body: text\n", read.Description);
    }

    [Fact]
    public void Unfolds_a_description_among_the_fields()
    {
        Assert.Equal("one\ntwo\n\nthree", Read("Name: demo\nVersion: 1\nDescription: one\n        two\n        \n        three\n").Description);
        Assert.Equal("one\n  two", Read("Name: demo\nVersion: 1\nDescription: one\n       |  two\n").Description);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Name: demo\n")]
    [InlineData("Name: demo\nVersion: one\n")]
    [InlineData("Name: demo\nVersion: 1\nVersion: 2\n")]
    [InlineData("Name: demo\nname: other\nVersion: 1\n")]
    [InlineData("Name: demo\nVersion: 1\nno field\n")]
    [InlineData(" Name: demo\nVersion: 1\n")]
    [InlineData("Name: demo\0\nVersion: 1\n")]
    [InlineData("Name: de/mo\nVersion: 1\n")]
    public void Refuses_what_two_readers_would_read_differently(string text) =>
        Assert.Equal(RefusalKind.Validation, Assert.Throws<Refusal>(() => Read(text)).Kind);

    [Fact]
    public void Refuses_what_is_not_UTF8() =>
        Assert.Throws<Refusal>(() => PyPiMetadata.Read([.. "Name: demo\nVersion: 1\nSummary: "u8, 0xFF, (byte)'\n']));

    private static PyPiMetadata Read(string text) => PyPiMetadata.Read(Encoding.UTF8.GetBytes(text));
}
