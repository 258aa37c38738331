using System.Text;
using System.Text.Json;
using Granary.Formats.Npm;

namespace Granary.Tests.Formats.Npm;

public sealed class NpmDeprecationTests
{
    [Theory]
    [InlineData("""{"name":"craft"}""", """{"name":"craft","deprecated":"old"}""")]
    [InlineData("{}", """{"deprecated":"old"}""")]
    [InlineData("""{"deprecated":"older"}""", """{"deprecated":"old"}""")]
    [InlineData("""{"deprecated":"older","a":1}""", """{"a":1,"deprecated":"old"}""")]
    [InlineData("""{"a":1,"deprecated":{"why":["?"]},"b":2}""", """{"a":1,"b":2,"deprecated":"old"}""")]
    [InlineData("""{"deprecated":"x","a":1,"deprecated":"y"}""", """{"a":1,"deprecated":"old"}""")]
    [InlineData("""{"d\u0065precated":"x","a":1}""", """{"a":1,"deprecated":"old"}""")]
    [InlineData("""{"inner":{"deprecated":"theirs"}}""", """{"inner":{"deprecated":"theirs"},"deprecated":"old"}""")]
    public void Sets_the_message_or_puts_it_in_the_place_of_another(string manifest, string marked) => Assert.Equal(marked, Mark(manifest, "old"));

    [Theory]
    [InlineData("""{"deprecated":"old"}""", "{}")]
    [InlineData("""{"a":1,"deprecated":"old"}""", """{"a":1}""")]
    [InlineData("""{"deprecated":"old","a":1,"b":2}""", """{"a":1,"b":2}""")]
    public void Takes_the_message_away(string manifest, string cleared) => Assert.Equal(cleared, Mark(manifest, null));

    [Theory]
    [InlineData("{ }", null)]
    [InlineData("""{ "a" : 1 , "deprecated" : "" }""", null)]
    [InlineData("""{ "deprecated" : false , "a" : 1 }""", null)]
    [InlineData("""{ "deprecated" : "old", "a" : 1 }""", "old")]
    [InlineData("""{ "deprecated" : "\u006fld" }""", "old")]
    [InlineData("""{ "deprecated" : "other", "deprecated" : "old" }""", "old")]
    public void Answers_the_same_bytes_where_the_message_is_that_already(string manifest, string? message)
    {
        var bytes = Encoding.UTF8.GetBytes(manifest);
        Assert.Same(bytes, NpmDeprecation.Mark(bytes, message));
    }

    [Theory]
    [InlineData("\"a\":1,\"a\":2")]
    [InlineData("\"half\":\"\\ud83d\"")]
    [InlineData("\"\\ud83d\":\"half\"")]
    [InlineData("\"a\"  :\t[ 1 ,\r\n 2 ]")]
    [InlineData("\"number\":1.0e+02")]
    [InlineData("\"escaped\":\"\\/\\u00e9\\u003c\"")]
    [InlineData("\"raw\":\"<\u00E9\U0001F350'&+\"")]
    [InlineData("\"n\\u0061me\":\"craft\"")]
    public void Keeps_every_member_as_it_was_written(string member)
    {
        Assert.Equal($"{{{member},\"deprecated\":\"old\"}}", Mark($"{{{member}}}", "old"));
        Assert.Equal($"{{{member}}}", Mark($"{{\"deprecated\":\"old\",{member}}}", null));
        Assert.Equal($"{{{member},\"z\":0,\"deprecated\":\"old\"}}", Mark($"{{{member},\"deprecated\":\"older\",\"z\":0}}", "old"));
    }

    [Theory]
    [InlineData("say \"no\"")]
    [InlineData("back\\slash\nand line")]
    [InlineData("vorbei f\u00FCr \u00E9t\u00E9 \u65E7 \U0001F350")]
    [InlineData("<script>&'</script>")]
    [InlineData("nul\0")]
    public void Takes_every_text_for_a_message(string message)
    {
        var marked = NpmDeprecation.Mark("""{"a":1}"""u8.ToArray(), message);

        Assert.Equal(message, JsonElement.Parse(marked).GetProperty("deprecated").GetString());
        Assert.Equal("""{"a":1}""", Encoding.UTF8.GetString(NpmDeprecation.Mark(marked, null)));
        Assert.Same(marked, NpmDeprecation.Mark(marked, message));
    }

    private static string Mark(string manifest, string? message) => Encoding.UTF8.GetString(NpmDeprecation.Mark(Encoding.UTF8.GetBytes(manifest), message));
}
