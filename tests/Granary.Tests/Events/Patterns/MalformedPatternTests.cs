using Granary.Core.Events.Patterns;

namespace Granary.Tests.Events.Patterns;

/// <summary>What EventBridge says of patterns that are none. Where a place is given, the whole message was seen from AWS.</summary>
public sealed class MalformedPatternTests
{
    [Theory]
    [InlineData("""{"int": 42}""", "\"int\" must be an object or an array", 11)]
    [InlineData("""{"string": "my-value"}""", "\"string\" must be an object or an array", 13)]
    [InlineData("""{"resources": []}""", "Empty arrays are not allowed", 17)]
    [InlineData("""["not", "a", "dict", "but valid json"]""", "Filter is not an object", 2)]
    [InlineData("""{"my_key": [{"EXISTS": true}]}""", "Unrecognized match type EXISTS", 28)]
    [InlineData("""{"detail": {"equal": [{"NUMERIC": ["=", 5]}]}}""", "Unrecognized match type NUMERIC", 36)]
    [InlineData("""{"detail": {"c-count": [{"numeric": [">", 0, ">", 0]}]}}""", "Bad numeric range operator: >", 49)]
    [InlineData("""{"detail": {"c-count": [{"numeric": [">", 0, "<"]}]}}""", "Value of < must be numeric", 50)]
    [InlineData("""{"detail-type": [{"equals-ignore-case": ["ec2 instance state-change notification"]}]}""", "equals-ignore-case match pattern must be a string", 42)]
    [InlineData("""{"detail": {"state": [{"anything-but": {"equals-ignore-case": 123}}]}}""", "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.", 66)]
    [InlineData("""{"EventBusArn": [{"wildcard": 123}]}""", "wildcard match pattern must be a string", 34)]
    [InlineData("""{"detail": {"FilePath": [{"anything-but": {"wildcard": 123}}]}}""", "wildcard match pattern must be a string", 59)]
    [InlineData("""{"detail": {"FileName": [{"anything-but": {"suffix": 123}}]}}""", "prefix/suffix match pattern must be a string", 57)]
    [InlineData("""{"time": [{"prefix": ["2022-07-13"]}]}""", "prefix match pattern must be a string", 23)]
    [InlineData("""{"FileName": [{"suffix": 123}]}""", "suffix match pattern must be a string", 29)]
    [InlineData("""{"detail": {"FileName": [{"anything-but": {"prefix": {"equals-ignore-case": "file"}}}]}}""", "Value of anything-but must be an array or single string/number value.", 55)]
    [InlineData("""{"detail": {"sourceIPAddress": [{"cidr": ["bad-type"]}]}}""", "prefix match pattern must be a string", 43)]
    [InlineData("""{"key": [{"wildcard": "abc**def"}]}""", "Consecutive wildcard characters at pos 4", 33)]
    public void The_message_tells_the_place_as_AWS_does(string pattern, string reason, int column) =>
        Assert.Equal($"Event pattern is not valid. Reason: {reason}\n at [Source: (String)\"{pattern}\"; line: 1, column: {column}]", Refused(pattern));

    [Theory]
    [InlineData("""{"detail": {"ip": [{"cidr": "10.0.0.0"}]}}""", "Malformed CIDR, one '/' required")]
    [InlineData("""{"detail": {"ip": [{"cidr": "10.0.0.0/8/8"}]}}""", "Malformed CIDR, one '/' required")]
    [InlineData("""{"detail": {"ip": [{"cidr": "10.0.0.0/"}]}}""", "Malformed CIDR, one '/' required")]
    [InlineData("""{"detail": {"ip": [{"cidr": "10.0.0.0/xx"}]}}""", "Malformed CIDR, mask bits must be an integer")]
    [InlineData("""{"detail": {"ip": [{"cidr": "10.0.0.0/-1"}]}}""", "Malformed CIDR, mask bits must not be negative")]
    [InlineData("""{"detail": {"ip": [{"cidr": "10.0.0.0/32"}]}}""", "IPv4 mask bits must be < 32")]
    [InlineData("""{"detail": {"ip": [{"cidr": "2001:db8::/128"}]}}""", "IPv6 mask bits must be < 128")]
    [InlineData("""{"detail": {"ip": [{"cidr": "xx.11.xx/8"}]}}""", "Nonstandard IP address: xx.11.xx")]
    [InlineData("""{"detail": {"ip": [{"cidr": "xxxx:db8:1234:1a00::/64"}]}}""", "Nonstandard IP address: xxxx:db8:1234:1a00::")]
    [InlineData("""{"detail": {"ip": [{"cidr": "10.0.0.256/8"}]}}""", "Invalid IP address: 10.0.0.256")]
    public void Of_a_network_it_tells_no_place(string pattern, string reason) => Assert.Equal($"Event pattern is not valid. Reason: {reason}", Refused(pattern));

    [Theory]
    [InlineData("{}", "Empty objects are not allowed")]
    [InlineData("""{"a": {}}""", "Empty objects are not allowed")]
    [InlineData("""{"a": null}""", "\"a\" must be an object or an array")]
    [InlineData("""{"a": ["x", ["y"]]}""", "Match value must be String, number, true, false, or null")]
    [InlineData("""{"a": [{}]}""", "Match expression name not found")]
    [InlineData("""{"a": [{"regex": "x"}]}""", "Unrecognized match type regex")]
    [InlineData("""{"a": [{"prefix": "x", "suffix": "y"}]}""", "Only one key allowed in match expression")]
    [InlineData("""{"a": [{"exists": true, "prefix": "y"}]}""", "Only one key allowed in match expression")]
    [InlineData("""{"a": [{"exists": "true"}]}""", "exists match pattern must be either true or false.")]
    [InlineData("""{"a": [{"exactly": 1}]}""", "exact match pattern must be a string")]
    [InlineData("""{"a": [{"prefix": {}}]}""", "Prefix expression name not found")]
    [InlineData("""{"a": [{"prefix": {"wildcard": "x"}}]}""", "Unsupported prefix pattern: wildcard")]
    [InlineData("""{"a": [{"suffix": {"prefix": "x"}}]}""", "Unsupported suffix pattern: prefix")]
    [InlineData("""{"a": [{"suffix": {"equals-ignore-case": 1}}]}""", "equals-ignore-case match pattern must be a string")]
    [InlineData("""{"a": [{"suffix": {"equals-ignore-case": "x", "y": 1}}]}""", "Only one key allowed in match expression")]
    [InlineData("""{"a": [{"wildcard": "a\\b"}]}""", "Invalid escape character at pos 2")]
    [InlineData("""{"a": [{"wildcard": "é\\"}]}""", "Invalid escape character at pos 3")]
    [InlineData("""{"a": [{"anything-but": {"wildcard": ["a", "**"]}}]}""", "Consecutive wildcard characters at pos 1")]
    [InlineData("""{"a": [{"numeric": 5}]}""", "Value of numeric must be an array.")]
    [InlineData("""{"a": [{"numeric": []}]}""", "Invalid member in numeric match: ]")]
    [InlineData("""{"a": [{"numeric": [5]}]}""", "Invalid member in numeric match: 5")]
    [InlineData("""{"a": [{"numeric": ["!=", 5]}]}""", "Unrecognized numeric range operator: !=")]
    [InlineData("""{"a": [{"numeric": ["="]}]}""", "Value of equals must be numeric")]
    [InlineData("""{"a": [{"numeric": ["=", "5"]}]}""", "Value of equals must be numeric")]
    [InlineData("""{"a": [{"numeric": [">=", null]}]}""", "Value of >= must be numeric")]
    [InlineData("""{"a": [{"numeric": ["<", 5, ">", 0]}]}""", "Too many elements in numeric expression")]
    [InlineData("""{"a": [{"numeric": ["=", 5, 6]}]}""", "Too many elements in numeric expression")]
    [InlineData("""{"a": [{"numeric": [">", 5, 6]}]}""", "Bad value in numeric range: 6")]
    [InlineData("""{"a": [{"numeric": [">", 5, "<", 6, "<", 7]}]}""", "Too many terms in numeric range expression")]
    [InlineData("""{"a": [{"numeric": [">", 5, "<", 5]}]}""", "Bottom must be less than top")]
    [InlineData("""{"a": [{"numeric": [">", 6, "<=", 5]}]}""", "Bottom must be less than top")]
    [InlineData("""{"a": [{"numeric": [">", 5000000001]}]}""", "Value must be between -5.0E9 and 5.0E9, inclusive")]
    [InlineData("""{"a": [{"numeric": ["<", 0.1234567]}]}""", "Only values upto 6 decimals are supported: 0.1234567")]
    [InlineData("""{"a": [{"numeric": ["=", 5], "x": 1}]}""", "Too many elements in numeric expression")]
    [InlineData("""{"a": [{"anything-but": null}]}""", "Value of anything-but must be an array or single string/number value.")]
    [InlineData("""{"a": [{"anything-but": []}]}""", "Inside anything but list, either all values are number or string, mixed type is not supported")]
    [InlineData("""{"a": [{"anything-but": ["x", 1]}]}""", "Inside anything but list, either all values are number or string, mixed type is not supported")]
    [InlineData("""{"a": [{"anything-but": ["x", true]}]}""", "Inside anything but list, start|null|boolean is not supported.")]
    [InlineData("""{"a": [{"anything-but": 5e10}]}""", "Value must be between -5.0E9 and 5.0E9, inclusive")]
    [InlineData("""{"a": [{"anything-but": {}}]}""", "Anything-But expression name not found")]
    [InlineData("""{"a": [{"anything-but": {"numeric": ["=", 5]}}]}""", "Unsupported anything-but pattern: numeric")]
    [InlineData("""{"a": [{"anything-but": {"prefix": ""}}]}""", "Null prefix/suffix not allowed")]
    [InlineData("""{"a": [{"anything-but": {"suffix": ["x", ""]}}]}""", "Null prefix/suffix not allowed")]
    [InlineData("""{"a": [{"anything-but": {"prefix": []}}]}""", "Empty arrays are not allowed")]
    [InlineData("""{"a": [{"anything-but": {"prefix": [1]}}]}""", "prefix/suffix match pattern must be a string")]
    [InlineData("""{"a": [{"anything-but": {"prefix": "x", "suffix": "y"}}]}""", "Too many elements in numeric expression")]
    [InlineData("""{"$or": "x"}""", "It must be an Array followed with $or.")]
    [InlineData("""{"$or": []}""", "There must have at least 2 Objects in $or relationship.")]
    [InlineData("""{"$or": [{"a": ["x"]}]}""", "There must have at least 2 Objects in $or relationship.")]
    [InlineData("""{"$or": [{"a": ["x"]}, "y"]}""", "Only JSON object is allowed in array of $or relationship.")]
    [InlineData("""{"$or": [{"a": ["x"]}, {}]}""", "Empty objects are not allowed")]
    [InlineData("""{"$or": [{"a": ["x"]}, {"prefix": ["y"]}]}""", "prefix is Ruler reserved fieldName which cannot be used inside $or.")]
    [InlineData("""{"a": ["x"]""", "Invalid JSON")]
    [InlineData("""{"a": ["x"]} {}""", "Invalid JSON")]
    [InlineData("""{'a': ['x']}""", "Invalid JSON")]
    [InlineData("""{"a": ["\ud800"]}""", "Invalid JSON")]
    [InlineData("", "Invalid JSON")]
    public void Each_rule_of_the_language_has_its_message(string pattern, string reason)
    {
        var message = Refused(pattern);
        Assert.Equal($"Event pattern is not valid. Reason: {reason}", message.Split('\n')[0]);
        Assert.Contains($"\n at [Source: (String)\"{pattern}\"; line: 1, column: ", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_pattern_is_repeated_in_part_with_its_line()
    {
        var pattern = $$"""
            {
              "a": ["{{new string('x', 600)}}"],
              "b": 1
            }
            """;
        Assert.EndsWith($"\"{pattern[..500]}\"[truncated {pattern.Length - 500} chars]; line: 3, column: 9]", Refused(pattern), StringComparison.Ordinal);
    }

    [Fact]
    public void The_quotas_are_those_of_EventBridge()
    {
        string Pattern(int length) => $$"""{"a": ["{{new string('x', length - 11)}}"]}""";
        EventPattern.Parse(Pattern(EventPattern.MostCharacters));
        Assert.Contains("2048", Refused(Pattern(EventPattern.MostCharacters + 1)), StringComparison.Ordinal);

        string Ors(int last) => "{" + string.Join(',', new[] { 10, 10, last }.Select((count, field) =>
            $$"""{{(field == 0 ? "" : $"\"f{field}\":{{")}}"$or":[{{string.Join(',', Enumerable.Range(0, count).Select(i => $"{{\"a{i}\":[1]}}"))}}]{{(field == 0 ? "" : "}")}}""")) + "}";
        EventPattern.Parse(Ors(10));
        Assert.Contains("more than 1000 rule combinations", Refused(Ors(11)), StringComparison.Ordinal);
    }

    private static string Refused(string pattern) => Assert.Throws<InvalidEventPatternException>(() => EventPattern.Parse(pattern)).Message;
}
