using System.Text.Json;
using Granary.Core.Events.Patterns;

namespace Granary.Tests.Events.Patterns;

/// <summary>Each rule of AWS's pages on event patterns, with an event that keeps it and one that does not.</summary>
public sealed class EventPatternTests
{
    private const string Instance =
        """
        {"version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "detail-type": "Instance State-change Notification", "source": "compute", "account": "111122223333",
         "time": "2017-12-22T18:43:48Z", "region": "us-west-1", "resources": ["arn:aws:ec2:us-west-1:123456789012:instance/i-1", "arn:aws:ec2:us-west-1:123456789012:instance/i-2"],
         "detail": {"instance-id": "i-1", "state": "terminated", "count": 5, "limit": 301.8, "address": "10.0.0.33", "none": null, "empty": "", "on": true,
                    "nested": {"deep": {"er": "x"}}, "list": [], "object": {}, "mixed": ["a", 2, null, ["inner"], {"k": "v"}]}}
        """;

    [Theory]
    [InlineData("""{"source": ["compute"]}""", true)]
    [InlineData("""{"source": ["Compute"]}""", false)]
    [InlineData("""{"source": ["storage", "compute"]}""", true)]
    [InlineData("""{"source": ["compute"], "region": ["us-west-1"]}""", true)]
    [InlineData("""{"source": ["compute"], "region": ["us-east-1"]}""", false)]
    [InlineData("""{"Source": ["compute"]}""", false)]
    [InlineData("""{"detail": {"state": ["terminated"]}}""", true)]
    [InlineData("""{"state": ["terminated"]}""", false)]
    [InlineData("""{"detail": {"nested": {"deep": {"er": ["x"]}}}}""", true)]
    [InlineData("""{"detail": {"nested": {"er": ["x"]}}}""", false)]
    [InlineData("""{"detail": {"nested": ["x"]}}""", false)]
    [InlineData("""{"source": {"x": ["compute"]}}""", false)]
    [InlineData("""{"resources": ["arn:aws:ec2:us-west-1:123456789012:instance/i-2", "other"]}""", true)]
    [InlineData("""{"resources": ["other"]}""", false)]
    [InlineData("""{"detail": {"mixed": ["inner"]}}""", true)]
    [InlineData("""{"detail": {"mixed": {"k": ["v"]}}}""", true)]
    [InlineData("""{"detail": {"mixed": ["v"]}}""", false)]
    public void Values_fields_and_arrays(string pattern, bool matches) => AssertMatches(matches, pattern, Instance);

    [Theory]
    [InlineData("""{"detail": {"none": [null]}}""", true)]
    [InlineData("""{"detail": {"none": ["null"]}}""", false)]
    [InlineData("""{"detail": {"none": [""]}}""", false)]
    [InlineData("""{"detail": {"empty": [""]}}""", true)]
    [InlineData("""{"detail": {"empty": [null]}}""", false)]
    [InlineData("""{"detail": {"missing": [null]}}""", false)]
    [InlineData("""{"detail": {"missing": [""]}}""", false)]
    [InlineData("""{"detail": {"on": [true]}}""", true)]
    [InlineData("""{"detail": {"on": [false, "true"]}}""", false)]
    [InlineData("""{"detail": {"count": [5]}}""", true)]
    [InlineData("""{"detail": {"count": ["5"]}}""", false)]
    [InlineData("""{"detail": {"count": [5.0]}}""", true)]
    [InlineData("""{"detail": {"limit": [3.018e2]}}""", true)]
    [InlineData("""{"account": [111122223333]}""", false)]
    public void Null_empty_boolean_and_number(string pattern, bool matches) => AssertMatches(matches, pattern, Instance);

    [Theory]
    [InlineData("""{"time": [{"prefix": "2017-12-22"}]}""", true)]
    [InlineData("""{"time": [{"prefix": "2017-12-23"}]}""", false)]
    [InlineData("""{"detail": {"count": [{"prefix": "5"}]}}""", false)]
    [InlineData("""{"detail": {"state": [{"prefix": ""}]}}""", true)]
    [InlineData("""{"detail": {"count": [{"prefix": ""}]}}""", false)]
    [InlineData("""{"source": [{"prefix": {"equals-ignore-case": "COMP"}}]}""", true)]
    [InlineData("""{"source": [{"prefix": {"equals-ignore-case": "OMP"}}]}""", false)]
    [InlineData("""{"source": [{"suffix": "pute"}]}""", true)]
    [InlineData("""{"source": [{"suffix": "PUTE"}]}""", false)]
    [InlineData("""{"source": [{"suffix": {"equals-ignore-case": "PUTE"}}]}""", true)]
    [InlineData("""{"source": [{"suffix": {"equals-ignore-case": "a very long text indeed"}}]}""", false)]
    [InlineData("""{"source": [{"equals-ignore-case": "cOMPUTE"}]}""", true)]
    [InlineData("""{"source": [{"equals-ignore-case": "cOMPUTER"}]}""", false)]
    [InlineData("""{"source": [{"wildcard": "c*t*"}]}""", true)]
    [InlineData("""{"source": [{"wildcard": "*"}]}""", true)]
    [InlineData("""{"source": [{"wildcard": "comp*compute"}]}""", false)]
    [InlineData("""{"source": [{"wildcard": "c?mpute"}]}""", false)]
    [InlineData("""{"source": [{"wildcard": "compute"}]}""", true)]
    [InlineData("""{"detail": {"count": [{"wildcard": "*"}]}}""", false)]
    [InlineData("""{"source": [{"exactly": "compute"}]}""", true)]
    [InlineData("""{"source": [{"prefix": "x"}, "y", {"suffix": "e"}]}""", true)]
    public void Beginnings_endings_case_and_wildcards(string pattern, bool matches) => AssertMatches(matches, pattern, Instance);

    [Theory]
    [InlineData("""{"path": [{"wildcard": "dir/*.png"}]}""", """{"path": "dir/a/b.png"}""", true)]
    [InlineData("""{"path": [{"wildcard": "dir/\\*.png"}]}""", """{"path": "dir/*.png"}""", true)]
    [InlineData("""{"path": [{"wildcard": "dir/\\*.png"}]}""", """{"path": "dir/a.png"}""", false)]
    [InlineData("""{"path": [{"wildcard": "a\\\\b*"}]}""", """{"path": "a\\bc"}""", true)]
    [InlineData("""{"path": [{"wildcard": "*ab*ab*"}]}""", """{"path": "xabab"}""", true)]
    [InlineData("""{"path": [{"wildcard": "*ab*ab*"}]}""", """{"path": "xaba"}""", false)]
    [InlineData("""{"path": [{"wildcard": "*aab*"}]}""", """{"path": "aaab"}""", true)]
    [InlineData("""{"path": [{"equals-ignore-case": "GRÜN"}]}""", """{"path": "grün"}""", true)]
    [InlineData("""{"path": [{"prefix": {"equals-ignore-case": "É"}}]}""", """{"path": "école"}""", true)]
    [InlineData("""{"path": ["\u00e9"]}""", """{"path": "é"}""", true)]
    [InlineData("""{"path": ["é"]}""", """{"path": "\u00e9"}""", true)]
    [InlineData("""{"path": [{"prefix": "a\""}]}""", """{"path": "a\"b"}""", true)]
    public void Text_as_it_is_meant(string pattern, string @event, bool matches) => AssertMatches(matches, pattern, @event);

    [Theory]
    [InlineData("""{"anything-but": "running"}""", true)]
    [InlineData("""{"anything-but": "terminated"}""", false)]
    [InlineData("""{"anything-but": ["stopped", "terminated"]}""", false)]
    [InlineData("""{"anything-but": ["stopped", "overloaded"]}""", true)]
    [InlineData("""{"anything-but": 5}""", true)]
    [InlineData("""{"anything-but": {"prefix": "term"}}""", false)]
    [InlineData("""{"anything-but": {"prefix": ["init", "term"]}}""", false)]
    [InlineData("""{"anything-but": {"prefix": "init"}}""", true)]
    [InlineData("""{"anything-but": {"suffix": "ated"}}""", false)]
    [InlineData("""{"anything-but": {"suffix": [".png", ".jpg"]}}""", true)]
    [InlineData("""{"anything-but": {"equals-ignore-case": "TERMINATED"}}""", false)]
    [InlineData("""{"anything-but": {"equals-ignore-case": ["TERMINATE", "STOPPED"]}}""", true)]
    [InlineData("""{"anything-but": {"wildcard": "t*d"}}""", false)]
    [InlineData("""{"anything-but": {"wildcard": ["x*", "*m*n*"]}}""", false)]
    [InlineData("""{"anything-but": {"wildcard": "*/lib/*"}}""", true)]
    public void Anything_but(string value, bool matches) => AssertMatches(matches, $$$"""{"detail": {"state": [{{{value}}}]}}""", Instance);

    [Theory]
    [InlineData("""{"detail": {"missing": [{"anything-but": "x"}]}}""", false)]
    [InlineData("""{"detail": {"none": [{"anything-but": "x"}]}}""", true)]
    [InlineData("""{"detail": {"none": [{"anything-but": {"prefix": "x"}}]}}""", true)]
    [InlineData("""{"detail": {"count": [{"anything-but": [4, 5.0]}]}}""", false)]
    [InlineData("""{"detail": {"count": [{"anything-but": "5"}]}}""", true)]
    [InlineData("""{"detail": {"object": [{"anything-but": "x"}]}}""", false)]
    [InlineData("""{"detail": {"list": [{"anything-but": "x"}]}}""", false)]
    [InlineData("""{"resources": [{"anything-but": {"suffix": "i-1"}}]}""", true)]
    [InlineData("""{"resources": [{"anything-but": {"prefix": "arn:"}}]}""", false)]
    public void Anything_but_needs_a_value(string pattern, bool matches) => AssertMatches(matches, pattern, Instance);

    [Theory]
    [InlineData("""[">", 0, "<=", 5]""", "5", true)]
    [InlineData("""[">", 0, "<=", 5]""", "5.000001", false)]
    [InlineData("""[">", 0, "<=", 5]""", "5.0000000001", false)]
    [InlineData("""[">", 0, "<=", 5]""", "0", false)]
    [InlineData("""[">", 0, "<=", 5]""", "1e-9", true)]
    [InlineData("""[">", 0, "<=", 5]""", "-1e-9", false)]
    [InlineData("""[">", 0, "<=", 5]""", "\"3\"", false)]
    [InlineData("""[">", 0, "<=", 5]""", "null", false)]
    [InlineData("""["<", 10]""", "9.999999", true)]
    [InlineData("""["<", 10]""", "1e1", false)]
    [InlineData("""["=", 3.018e2]""", "301.8", true)]
    [InlineData("""["=", 3.018e2]""", "301.8000001", false)]
    [InlineData("""["=", 0]""", "-0.0e5", true)]
    [InlineData("""[">=", -5e9]""", "-5000000000", true)]
    [InlineData("""[">=", -5e9]""", "-5000000000.1", false)]
    [InlineData("""["<=", 5e9]""", "5000000000.000000", true)]
    [InlineData("""["<=", 5e9]""", "5000000000.000001", false)]
    [InlineData("""["<=", 5e9]""", "-6e9", false)]
    [InlineData("""[">", 4999999999.999998, "<", 5000000000]""", "4999999999.999999", true)]
    [InlineData("""[">", 4999999999.999998, "<", 5000000000]""", "4999999999.999998", false)]
    [InlineData("""["=", 0.3]""", "30000000000000000000000000000000e-32", true)]
    [InlineData("""["=", 0.3]""", "30000000000000000000000000000001e-32", false)]
    [InlineData("""[">", 1]""", "1e99999999999999999999", false)]
    [InlineData("""["<", 1]""", "1e-99999999999999999999", true)]
    public void Numbers_are_compared_exactly(string range, string number, bool matches) =>
        AssertMatches(matches, $$$"""{"n": [{"numeric": {{{range}}}}]}""", $$"""{"n": {{number}}}""");

    [Theory]
    [InlineData("10.0.0.0/24", "10.0.0.0", true)]
    [InlineData("10.0.0.0/24", "10.0.0.255", true)]
    [InlineData("10.0.0.0/24", "10.0.1.0", false)]
    [InlineData("10.0.0.77/24", "10.0.0.5", true)]
    [InlineData("10.0.0.0/9", "10.127.255.255", true)]
    [InlineData("10.0.0.0/9", "10.128.0.0", false)]
    [InlineData("0.0.0.0/0", "203.0.113.9", true)]
    [InlineData("0.0.0.0/0", "::1", false)]
    [InlineData("0.0.0.0/0", "203.0.113.256", false)]
    [InlineData("0.0.0.0/0", "203.0.113", false)]
    [InlineData("0.0.0.0/0", "host.example", false)]
    [InlineData("2001:db8::/33", "2001:db8:7fff:ffff::1", true)]
    [InlineData("2001:db8::/33", "2001:DB8:8000::1", false)]
    [InlineData("2001:db8::/33", "10.0.0.1", false)]
    [InlineData("::/0", "fe80::1%eth0", false)]
    public void Addresses_of_a_network(string network, string address, bool matches) =>
        AssertMatches(matches, $$"""{"ip": [{"cidr": "{{network}}"}]}""", $$"""{"ip": "{{address}}"}""");

    [Theory]
    [InlineData("""{"detail": {"state": [{"exists": true}]}}""", true)]
    [InlineData("""{"detail": {"none": [{"exists": true}]}}""", true)]
    [InlineData("""{"detail": {"missing": [{"exists": true}]}}""", false)]
    [InlineData("""{"detail": {"missing": [{"exists": false}]}}""", true)]
    [InlineData("""{"detail": {"state": [{"exists": false}]}}""", false)]
    [InlineData("""{"detail": {"nested": [{"exists": true}]}}""", false)]
    [InlineData("""{"detail": {"nested": [{"exists": false}]}}""", true)]
    [InlineData("""{"detail": {"list": [{"exists": false}]}}""", true)]
    [InlineData("""{"detail": {"mixed": [{"exists": true}]}}""", true)]
    [InlineData("""{"detail": {"nested": {"deep": {"missing": [{"exists": false}]}}}}""", true)]
    [InlineData("""{"detail": {"absent": {"deep": {"er": [{"exists": false}]}}}}""", true)]
    [InlineData("""{"detail": {"state": ["running", {"exists": false}]}}""", false)]
    [InlineData("""{"detail": {"missing": ["running", {"exists": false}]}}""", true)]
    [InlineData("""{"detail": {"state": ["terminated", {"exists": false}]}}""", true)]
    public void Existence_is_of_values_only(string pattern, bool matches) => AssertMatches(matches, pattern, Instance);

    [Theory]
    [InlineData("""{"$or": [{"source": ["storage"]}, {"region": ["us-west-1"]}]}""", true)]
    [InlineData("""{"$or": [{"source": ["storage"]}, {"region": ["us-east-1"]}]}""", false)]
    [InlineData("""{"account": ["1"], "$or": [{"source": ["compute"]}, {"region": ["us-west-1"]}]}""", false)]
    [InlineData("""{"detail": {"$or": [{"count": [{"numeric": ["<", 1]}]}, {"limit": [{"numeric": ["=", 301.8]}]}]}}""", true)]
    [InlineData("""{"$or": [{"source": ["x"]}, {"region": ["us-west-1"], "$or": [{"account": ["2"]}, {"detail": {"on": [true]}}]}]}""", true)]
    [InlineData("""{"$or": [{"source": ["x"]}, {"region": ["us-west-1"]}], "detail": {"$or": [{"on": [false]}, {"count": [6]}]}}""", false)]
    [InlineData("""{"$or": {"x": ["y"]}}""", false)]
    public void Or_across_fields(string pattern, bool matches) => AssertMatches(matches, pattern, Instance);

    [Fact]
    public void An_object_of_the_name_or_is_a_field() => AssertMatches(true, """{"$or": {"x": ["y"]}}""", """{"$or": {"x": "y"}}""");

    [Theory]
    [InlineData("""{"employees": {"firstName": ["Anna"]}}""", true)]
    [InlineData("""{"employees": {"firstName": ["Anna"], "lastName": ["Smith"]}}""", true)]
    [InlineData("""{"employees": {"firstName": ["Anna"], "lastName": ["Jones"]}}""", false)]
    [InlineData("""{"employees": {"lastName": ["Smith"], "firstName": ["Peter"]}}""", false)]
    [InlineData("""{"employees": {"firstName": ["Peter"], "lastName": [{"exists": false}]}}""", true)]
    [InlineData("""{"employees": {"firstName": ["Anna"], "lastName": [{"exists": false}]}}""", false)]
    [InlineData("""{"employees": {"lastName": [{"exists": false}]}}""", false)]
    [InlineData("""{"employees": {"middleName": [{"exists": false}]}}""", true)]
    [InlineData("""{"employees": {"tags": ["b"], "firstName": ["Peter"]}}""", true)]
    [InlineData("""{"employees": {"tags": ["b"], "firstName": ["Anna"]}}""", false)]
    public void Fields_of_objects_in_an_array_belong_together(string pattern, bool matches) => AssertMatches(
        matches, pattern, """{"employees": [[{"firstName": "Anna", "lastName": "Smith", "tags": ["a"]}], 7, {"firstName": "Peter", "tags": ["a", "b"]}, {"lastName": "Jones"}]}""");

    [Theory]
    [InlineData("""{"a": {"x": [1]}, "b": ["half"]}""", true)]
    [InlineData("""{"a": {"x": ["\u0061"]}}""", false)]
    [InlineData("""{"c": [{"anything-but": "x"}]}""", true)]
    [InlineData("""{"c": [{"prefix": ""}]}""", true)]
    public void What_is_JSON_and_no_text_stops_nothing(string pattern, bool matches) =>
        AssertMatches(matches, pattern, """{"a\ud800": 0, "a": {"x": 1, "x\ud800y": 2}, "b": ["\udc00", "half"], "c": "\ud800"}""");

    [Fact]
    public void What_is_no_object_matches_nothing()
    {
        var pattern = EventPattern.Parse("""{"a": [{"exists": false}]}""");
        Assert.All(["[]", "1", "null", "\"a\""], json => Assert.False(Match(pattern, json)));
        Assert.True(Match(pattern, "{}"));
    }

    [Fact]
    public async Task A_hostile_event_takes_no_longer_than_it_is_long()
    {
        var many = new string('a', 200_000);
        var wildcard = EventPattern.Parse($$"""{"s": [{"wildcard": "*{{string.Join('*', Enumerable.Repeat(new string('a', 200), 9))}}*b"}]}""");
        var objects = string.Join(',', Enumerable.Repeat("""{"x": 1, "y": 1}""", 5_000));
        var arrays = EventPattern.Parse("""{"a": {"x": [1], "y": [1]}, "b": {"x": [1]}, "c": {"w": [{"exists": false}], "x": [2]}, "d": {"x": [1, {"exists": false}], "y": [{"exists": false}]}}""");
        await Task.Run(() =>
        {
            Assert.False(Match(wildcard, $$"""{"s": "{{many}}c"}"""));
            Assert.True(Match(wildcard, $$"""{"s": "{{many}}b"}"""));
            Assert.False(Match(arrays, $$"""{"a": [{{objects}}], "b": [{{objects}}], "c": [{{objects}}], "d": [{{objects}}]}"""));
        }, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Matching_what_holds_no_array_of_objects_allocates_nothing()
    {
        var pattern = EventPattern.Parse(
            """{"source": ["compute"], "detail": {"state": [{"anything-but": {"prefix": "init"}}], "count": [{"numeric": [">", 0]}], "limit": [301.8], "instance-id": [{"wildcard": "i-*"}]}}""");
        using var document = JsonDocument.Parse(Instance);
        var @event = document.RootElement;
        Assert.True(pattern.Matches(@event));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            pattern.Matches(@event);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);
    }

    private static void AssertMatches(bool expected, string pattern, string @event) => Assert.Equal(expected, Match(EventPattern.Parse(pattern), @event));

    private static bool Match(EventPattern pattern, string json)
    {
        using var document = JsonDocument.Parse(json);
        return pattern.Matches(document.RootElement);
    }
}
