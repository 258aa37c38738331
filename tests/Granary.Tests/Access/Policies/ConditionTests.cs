using System.Text.Json;
using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Access.Policies;

namespace Granary.Tests.Access.Policies;

/// <summary>Each row: operator, the policy's values, the key's values in the request (null: the key is absent), whether it holds.</summary>
public sealed class ConditionTests
{
    [Theory]
    [InlineData("StringEquals", "a", "a", true)]
    [InlineData("StringEquals", "a", "A", false)]
    [InlineData("StringEquals", "a*", "ab", false)]
    [InlineData("StringEquals", "a*", "a*", true)]
    [InlineData("StringEquals", "a|b", "b", true)]
    [InlineData("StringEquals", "a", null, false)]
    [InlineData("StringNotEquals", "a", "b", true)]
    [InlineData("StringNotEquals", "a|b", "b", false)]
    [InlineData("StringNotEquals", "a", null, true)]
    [InlineData("StringEqualsIgnoreCase", "aB", "Ab", true)]
    [InlineData("StringNotEqualsIgnoreCase", "aB", "Ab", false)]
    [InlineData("StringLike", "a*c?", "abbcd", true)]
    [InlineData("StringLike", "[a-z]", "b", false)]
    [InlineData("StringNotLike", "a*", "b", true)]
    [InlineData("StringNotLike", "a*", "ab", false)]
    public void Texts(string name, string policy, string? request, bool holds) => Check(name, policy, request, holds);

    [Theory]
    [InlineData("NumericEquals", "10", "10.0", true)]
    [InlineData("NumericEquals", "10", "ten", false)]
    [InlineData("NumericNotEquals", "10", "11", true)]
    [InlineData("NumericNotEquals", "10", "ten", true)]
    [InlineData("NumericLessThan", "1e9", "999999999", true)]
    [InlineData("NumericLessThan", "900", "900", false)]
    [InlineData("NumericLessThanEquals", "900", "900", true)]
    [InlineData("NumericGreaterThan", "900", "901", true)]
    [InlineData("NumericGreaterThanEquals", "900", "899", false)]
    [InlineData("NumericLessThanEquals", "900", "0", true)]
    [InlineData("NumericLessThan", "900", null, false)]
    public void Numbers(string name, string policy, string? request, bool holds) => Check(name, policy, request, holds);

    [Theory]
    [InlineData("DateLessThan", "2026-06-30T00:00:00Z", "2026-06-29T23:59:59Z", true)]
    [InlineData("DateLessThan", "2026-06-30T00:00:00Z", "2026-06-30T00:00:00Z", false)]
    [InlineData("DateLessThanEquals", "2026-06-30", "2026-06-30T00:00:00Z", true)]
    [InlineData("DateGreaterThan", "2026-06-30T02:00:00+02:00", "2026-06-30T00:00:01Z", true)]
    [InlineData("DateGreaterThanEquals", "1782777600", "2026-06-30T00:00:00Z", true)]
    [InlineData("DateEquals", "2026-06-30T00:00:00.000Z", "1782777600", true)]
    [InlineData("DateNotEquals", "2026-06-30", "2026-07-01", true)]
    [InlineData("DateEquals", "2026-06-30T02:30+02:30", "2026-06-30T00:00:00", true)]
    [InlineData("DateGreaterThan", "1970-01-01", "-1", false)]
    [InlineData("DateLessThan", "2026-06-30", "yesterday", false)]
    [InlineData("DateLessThan", "2026-06-30", "99999999999999999", false)]
    [InlineData("DateLessThan", "2026-06-30", "-62135596801", false)]
    [InlineData("DateGreaterThan", "2026-06-30", "253402300799", true)]
    [InlineData("DateNotEquals", "2026-06-30", "yesterday", true)]
    public void Dates(string name, string policy, string? request, bool holds) => Check(name, policy, request, holds);

    [Theory]
    [InlineData("Bool", "true", "true", true)]
    [InlineData("Bool", "TRUE", "true", true)]
    [InlineData("Bool", "false", "true", false)]
    [InlineData("Bool", "false", null, false)]
    [InlineData("BoolIfExists", "false", null, true)]
    [InlineData("Null", "true", null, true)]
    [InlineData("Null", "true", "x", false)]
    [InlineData("Null", "false", "x", true)]
    [InlineData("Null", "false", null, false)]
    [InlineData("Null", "true|false", "x", true)]
    [InlineData("BinaryEquals", "QUJD", "QUJD", true)]
    [InlineData("Bool", "false", "maybe", false)]
    [InlineData("BinaryEquals", "QUJD", "QUJE", false)]
    [InlineData("BinaryEquals", "QUJD", "?", false)]
    public void Truth_presence_and_bytes(string name, string policy, string? request, bool holds) => Check(name, policy, request, holds);

    [Theory]
    [InlineData("IpAddress", "203.0.113.0/24", "203.0.113.9", true)]
    [InlineData("IpAddress", "203.0.113.77/24", "203.0.113.9", true)]
    [InlineData("IpAddress", "203.0.113.0/25", "203.0.113.128", false)]
    [InlineData("IpAddress", "203.0.113.9", "203.0.113.9", true)]
    [InlineData("IpAddress", "203.0.113.9", "::ffff:203.0.113.9", true)]
    [InlineData("IpAddress", "0.0.0.0/0", "203.0.113.9", true)]
    [InlineData("IpAddress", "0.0.0.0/0", "2001:db8::1", false)]
    [InlineData("IpAddress", "203.0.113.9/32", "203.0.113.8", false)]
    [InlineData("IpAddress", "::/0", "203.0.113.9", false)]
    [InlineData("IpAddress", "203.0.113.9", "203.0.113.9:443", false)]
    [InlineData("IpAddress", "2001:db8::1", "[2001:db8::1]", false)]
    [InlineData("IpAddress", "2001:db8::/33", "2001:db8:7fff::1", true)]
    [InlineData("IpAddress", "2001:db8::/33", "2001:db8:8000::1", false)]
    [InlineData("IpAddress", "10.0.0.0/8", "no address", false)]
    [InlineData("NotIpAddress", "10.0.0.0/8|192.168.0.0/16", "192.168.1.1", false)]
    [InlineData("NotIpAddress", "10.0.0.0/8|192.168.0.0/16", "11.1.1.1", true)]
    [InlineData("NotIpAddress", "10.0.0.0/8", null, true)]
    [InlineData("NotIpAddress", "10.0.0.0/8", "no address", true)]
    public void Addresses(string name, string policy, string? request, bool holds) => Check(name, policy, request, holds);

    [Theory]
    [InlineData("ArnEquals", "arn:aws:iam::111122223333:user/*", "arn:aws:iam::111122223333:user/a/b", true)]
    [InlineData("ArnLike", "arn:aws:iam::*:role/ci", "arn:aws:iam::1:role/ci", true)]
    [InlineData("ArnLike", "arn:aws:*:role/ci", "arn:aws:iam::1:role/ci", false)]
    [InlineData("ArnLike", "arn:aws:iam::*:role/ci", "no ARN", false)]
    [InlineData("ArnLike", "arn:aws:iam::1:role/c?", "arn:aws:iam::1:role/CI", false)]
    [InlineData("ArnNotEquals", "arn:aws:iam::*:role/ci", "arn:aws:iam::1:role/ci", false)]
    [InlineData("ArnNotLike", "arn:aws:iam::*:role/ci", "arn:aws:iam::1:role/cd", true)]
    public void Arns(string name, string policy, string? request, bool holds) => Check(name, policy, request, holds);

    [Theory]
    [InlineData("ForAllValues:StringEquals", "a|b", "a|b", true)]
    [InlineData("ForAllValues:StringEquals", "a|b", "a|c", false)]
    [InlineData("ForAllValues:StringEquals", "a|b", null, true)]
    [InlineData("ForAllValues:StringNotEquals", "a|b", "c|d", true)]
    [InlineData("ForAllValues:StringNotEquals", "a|b", "a|d", false)]
    [InlineData("ForAnyValue:StringEquals", "a|b", "a|c", true)]
    [InlineData("ForAnyValue:StringEquals", "a|b", "c|d", false)]
    [InlineData("ForAnyValue:StringEquals", "a|b", null, false)]
    [InlineData("ForAnyValue:StringNotEquals", "a", "a|c", true)]
    [InlineData("ForAnyValue:StringNotEquals", "a", "a", false)]
    [InlineData("ForAnyValue:StringNotEquals", "a", null, false)]
    [InlineData("ForAnyValue:StringEqualsIfExists", "a", null, true)]
    [InlineData("ForAllValues:StringLike", "a*", "ab|ac", true)]
    [InlineData("ForAllValues:StringEqualsIfExists", "a", "b", false)]
    [InlineData("ForAnyValue:StringNotEqualsIfExists", "a", null, true)]
    [InlineData("StringEquals", "a", "b|a", true)]
    [InlineData("StringNotEquals", "a", "b|a", false)]
    [InlineData("StringEqualsIfExists", "a", null, true)]
    [InlineData("StringEqualsIfExists", "a", "b", false)]
    public void Several_values(string name, string policy, string? request, bool holds) => Check(name, policy, request, holds);

    [Fact]
    public void Keys_have_no_case_and_all_of_them_must_hold()
    {
        const string Both = """{"StringEquals": {"AWS:username": "ann"}, "NumericLessThan": {"sts:DurationSeconds": 3600} }""";
        Assert.True(Holds(Both, ("aws:UserName", ["ann"]), ("sts:DurationSeconds", ["900"])));
        Assert.False(Holds(Both, ("aws:UserName", ["ann"]), ("sts:DurationSeconds", ["3600"])));
        Assert.False(Holds(Both, ("sts:DurationSeconds", ["900"])));
    }

    [Theory]
    [InlineData("""{"NumericEquals": {"key": 10} }""", "10.0")]
    [InlineData("""{"NumericEquals": {"key": [9, "10"]} }""", "10")]
    [InlineData("""{"Bool": {"key": false} }""", "false")]
    [InlineData("""{"StringEquals": {"key": [true, 1.50]} }""", "1.50")]
    public void Numbers_and_truth_need_no_quotes(string condition, string value) => Assert.True(Holds(condition, ("key", [value])));

    [Fact]
    public void Blocks_without_keys_hold()
    {
        Assert.True(Holds("{}"));
        Assert.True(Holds("""{"StringEquals": {} }"""));
    }

    [Fact]
    public void A_value_that_came_out_of_a_variable_is_no_wildcard()
    {
        const string Own = """{"StringLike": {"team": "${aws:username}/*"}, "ArnLike": {"aws:SourceArn": "arn:aws:iam::1:user/${aws:username}"} }""";
        Assert.True(Holds(Own, ("aws:username", ["ann"]), ("team", ["ann/x"]), ("aws:SourceArn", ["arn:aws:iam::1:user/ann"])));
        Assert.False(Holds(Own, ("aws:username", ["*"]), ("team", ["bob/x"]), ("aws:SourceArn", ["arn:aws:iam::1:user/*"])));
        Assert.False(Holds(Own, ("aws:username", ["*"]), ("team", ["*/x"]), ("aws:SourceArn", ["arn:aws:iam::1:user/bob"])));
        Assert.False(Holds(Own, ("team", ["ann/x"]), ("aws:SourceArn", ["arn:aws:iam::1:user/ann"])));
    }

    [Fact]
    public void Variables_are_for_texts_and_for_the_later_version()
    {
        const string Own = """{"StringEquals": {"aws:RequestTag/owner": "${aws:username}"} }""";
        Assert.True(Holds(Own, ("aws:username", ["ann"]), ("aws:RequestTag/owner", ["ann"])));
        Assert.False(Holds(Own, ("aws:RequestTag/owner", ["ann"])));
        Assert.False(Holds(Own, "2008-10-17", ("aws:username", ["ann"]), ("aws:RequestTag/owner", ["ann"])));
        Assert.True(Holds(Own, "2008-10-17", ("aws:RequestTag/owner", ["${aws:username}"])));
    }

    [Theory]
    [InlineData("""{"StringEqual": {"a": "b"} }""", "Invalid condition operator")]
    [InlineData("""{"stringequals": {"a": "b"} }""", "Invalid condition operator")]
    [InlineData("""{"NullIfExists": {"a": "true"} }""", "Invalid condition operator")]
    [InlineData("""{"ForAllValues:Null": {"a": "true"} }""", "Invalid condition operator")]
    [InlineData("""{"ForAnyValue:ForAllValues:StringEquals": {"a": "b"} }""", "Invalid condition operator")]
    [InlineData("""{"StringEqualsIfExistsIfExists": {"a": "b"} }""", "Invalid condition operator")]
    [InlineData("""{"": {"a": "b"} }""", "Invalid condition operator")]
    [InlineData("""{"NumericEquals": {"a": "b"} }""", "cannot compare")]
    [InlineData("""{"NumericEquals": {"a": ["1", "b"]} }""", "cannot compare")]
    [InlineData("""{"DateEquals": {"a": "253402300800"} }""", "cannot compare")]
    [InlineData("""{"DateEquals": {"a": "30.06.2026"} }""", "cannot compare")]
    [InlineData("""{"IpAddress": {"a": "10.0.0.0/"} }""", "cannot compare")]
    [InlineData("""{"IpAddress": {"a": "10.0.0.0/-1"} }""", "cannot compare")]
    [InlineData("""{"IpAddress": {"a": "2001:db8::/129"} }""", "cannot compare")]
    [InlineData("""{"IpAddress": {"a": "[2001:db8::1]"} }""", "cannot compare")]
    [InlineData("""{"IpAddress": {"a": "*"} }""", "cannot compare")]
    [InlineData("""{"DateEquals": {"a": "June"} }""", "cannot compare")]
    [InlineData("""{"IpAddress": {"a": "10.0.0.0/33"} }""", "cannot compare")]
    [InlineData("""{"IpAddress": {"a": "10.1"} }""", "cannot compare")]
    [InlineData("""{"IpAddress": {"a": "fe80::1%eth0"} }""", "cannot compare")]
    [InlineData("""{"Bool": {"a": "yes"} }""", "cannot compare")]
    [InlineData("""{"BinaryEquals": {"a": "?"} }""", "cannot compare")]
    [InlineData("""{"Null": {"a": "maybe"} }""", "Null takes")]
    [InlineData("""{"StringEquals": {"a": []} }""", "empty list")]
    [InlineData("""{"StringEquals": {"a": {"b": "c"}} }""", "text or a list")]
    [InlineData("""{"StringEquals": {"a": null} }""", "text or a list")]
    [InlineData("""{"StringEquals": {"a": ["b", null]} }""", "text or a list")]
    [InlineData("""{"StringEquals": "a"}""", "JSON object")]
    [InlineData("""{"Null": {"a": ["true", "maybe"]} }""", "Null takes")]
    [InlineData("""{"StringLike": {"a": "${b"} }""", "does not end")]
    [InlineData("""{"StringLike": {"a": "${b, c}"} }""", "no policy variable")]
    [InlineData("""{"StringLike": {"a": "${b, '}"} }""", "no policy variable")]
    [InlineData("""{"StringLike": {"a": "${}"} }""", "no policy variable")]
    [InlineData("""{"StringLike": {"a": "${ , 'c'}"} }""", "no policy variable")]
    public void What_is_not_understood_is_refused(string condition, string reason) =>
        Assert.Contains(reason, Assert.Throws<Refusal>(() => Holds(condition)).Message, StringComparison.Ordinal);

    private static void Check(string name, string policy, string? request, bool holds)
    {
        var values = JsonSerializer.Serialize(policy.Split('|'));
        var condition = $$"""{"{{name}}": {"key": {{values}}} }""";
        Assert.Equal(holds, request is null ? Holds(condition) : Holds(condition, ("key", request.Split('|'))));
        if (request is null)
        {
            Assert.Equal(holds, Holds(condition, ("key", [])));
        }
    }

    private static bool Holds(string condition, params (string Key, string[] Values)[] context) => Holds(condition, "2012-10-17", context);

    private static bool Holds(string condition, string version, params (string Key, string[] Values)[] context)
    {
        var document = PolicyDocument.Parse(
            $$"""{"Version": "{{version}}", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {{condition}}} }""", PolicyKind.Identity);
        return document.Allows(new AccessRequest(
            Principal.User("111122223333", "ann"), "s:A", "*", context.ToDictionary(c => c.Key, c => c.Values, StringComparer.OrdinalIgnoreCase)));
    }
}
