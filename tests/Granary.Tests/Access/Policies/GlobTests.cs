using System.Text.RegularExpressions;
using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Access.Policies;

namespace Granary.Tests.Access.Policies;

public sealed class GlobTests
{
    [Theory]
    [InlineData("codeartifact:*", "codeartifact:ReadFromRepository", true)]
    [InlineData("CODEARTIFACT:readfrom*", "codeartifact:ReadFromRepository", true)]
    [InlineData("codeartifact:Get?ackage*", "codeartifact:GetPackageVersionAsset", true)]
    [InlineData("codeartifact:Read", "codeartifact:ReadFromRepository", false)]
    [InlineData("codeartifact:\u212Aill", "codeartifact:kill", false)]
    [InlineData("codeartifact:**Repository", "codeartifact:ReadFromRepository", true)]
    [InlineData("codeartifact:Read?romRepository", "codeartifact:ReadromRepository", false)]
    [InlineData("*", "", true)]
    [InlineData("?", "", false)]
    [InlineData("[a-z]*", "abc", false)]
    public void Compares_actions_without_case(string pattern, string action, bool matches) =>
        Assert.Equal(matches, Pattern(pattern).Matches(action, Ask(), ignoreCase: true));

    [Theory]
    [InlineData("arn:aws:codeartifact:us-east-1:111122223333:repository/D1/R", true)]
    [InlineData("arn:aws:codeartifact:us-east-1:111122223333:repository/D1/R2", false)]
    [InlineData("arn:aws:codeartifact:us-east-1:111122223333:repository/D1/", false)]
    [InlineData("arn:aws:codeartifact:us-east-1:111122223333:repository/d1/r", false)]
    [InlineData("arn:aws:codeartifact:us-east-1:111122223333:repository/D1/R/x", false)]
    public void An_exact_resource_is_no_prefix(string resource, bool matches) =>
        Assert.Equal(matches, Pattern("arn:aws:codeartifact:us-east-1:111122223333:repository/D1/R").MatchesArn(resource, Ask()));

    [Theory]
    [InlineData("arn:aws:codeartifact:*:*:repository/*", "arn:aws:codeartifact:us-east-1:1:repository/d/r", true)]
    [InlineData("arn:aws:codeartifact:*:1:repository/d/r", "arn:aws:codeartifact:x:9:1:repository/d/r", false)]
    [InlineData("arn:aws:codeartifact:*", "arn:aws:codeartifact:us-east-1:1:repository/d/r", true)]
    [InlineData("arn:aws:codeartifact:us-*", "arn:aws:codeartifact:us-east-1:1:repository/d/r", true)]
    [InlineData("arn:aws:codeartifact:eu-*", "arn:aws:codeartifact:us-east-1:1:repository/d/r", false)]
    [InlineData("arn:aws:codeartifact:us-east-1", "arn:aws:codeartifact:us-east-1:1:repository/d/r", false)]
    [InlineData("arn:*:*:*:*:*", "arn:aws:codeartifact:us-east-1:1:repository/d/r", true)]
    [InlineData("*", "arn:aws:codeartifact:us-east-1:1:repository/d/r", true)]
    [InlineData("arn:aws:codeartifact:us-east-1:1:package/d/r/npm//*", "arn:aws:codeartifact:us-east-1:1:package/d/r/npm//a:b", true)]
    [InlineData("arn:aws:codeartifact:us-east-1:1:package/d/r/npm/team/*", "arn:aws:codeartifact:us-east-1:1:package/d/r/npm/teams/x", false)]
    [InlineData("arn:aws:codeartifact:us-east-1:1:package/d/r/npm//y", "arn:aws:codeartifact:us-east-1:1:package/d/r/npm//*", false)]
    public void A_wildcard_stays_in_its_part_of_an_ARN(string pattern, string resource, bool matches) =>
        Assert.Equal(matches, Pattern(pattern).MatchesArn(resource, Ask()));

    [Fact]
    public void Agrees_with_regular_expressions_on_everything_short()
    {
        var random = new Random(3);
        for (var round = 0; round < 50_000; round++)
        {
            var pattern = Make("ab*?", 8);
            var text = Make("ab", 10);
            var expected = Regex.IsMatch(
                text, "\\A" + Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal) + "\\z",
                RegexOptions.NonBacktracking | RegexOptions.Singleline);
            Assert.True(expected == Pattern(pattern).Matches(text, Ask(), ignoreCase: false), $"{pattern} {text}");
        }

        string Make(string letters, int most) => new([.. Enumerable.Range(0, random.Next(most)).Select(_ => letters[random.Next(letters.Length)])]);
    }

    [Fact]
    public void Takes_no_time_over_what_makes_others_backtrack()
    {
        var pattern = Pattern(string.Concat(Enumerable.Repeat("a*", 1000)) + "b");
        var text = new string('a', 7000);
        Assert.InRange(Best.OfFive(() => Assert.False(pattern.Matches(text, Ask(), ignoreCase: false))).TotalMilliseconds, 0, 200);
    }

    [Theory]
    [InlineData("team/${aws:username}/*", "team/ann/x", true)]
    [InlineData("team/${aws:username}/*", "team/bob/x", false)]
    [InlineData("team/${AWS:USERNAME}", "team/ann", true)]
    [InlineData("${aws:PrincipalTag/team, 'none'}", "none", true)]
    [InlineData("${aws:PrincipalTag/team}", "", false)]
    [InlineData("${aws:TagKeys}", "a", false)]
    [InlineData("a${*}", "a*", true)]
    [InlineData("a${*}", "ab", false)]
    [InlineData("a${?}${$}", "a?$", true)]
    [InlineData("${evil}", "anything", false)]
    [InlineData("${evil}", "*", true)]
    [InlineData("${nobody, ''}", "", true)]
    [InlineData("a${nobody, '*'}", "ab", false)]
    [InlineData("${ aws:username }/${aws:username}", "ann/ann", true)]
    [InlineData("a$", "a$", true)]
    [InlineData("$a{b}", "$a{b}", true)]
    public void Puts_values_in_the_place_of_variables_and_takes_nothing_in_them_for_a_wildcard(string pattern, string text, bool matches) =>
        Assert.Equal(matches, Pattern(pattern).Matches(text, Ask(("aws:username", ["ann"]), ("aws:TagKeys", ["a", "b"]), ("evil", ["*"])), ignoreCase: false));

    [Fact]
    public void A_value_cannot_smuggle_a_wildcard_in() =>
        Assert.False(Pattern("${evil}").Matches("anything", Ask(("evil", ["\uFFFF"])), ignoreCase: false));

    [Theory]
    [InlineData("a\uFFFF")]
    [InlineData("\uFFFE")]
    public void A_policy_cannot_write_a_wildcard_in_its_inner_form(string pattern) =>
        Assert.Contains("U+FFFE and U+FFFF", Assert.Throws<Refusal>(() => Pattern(pattern)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("arn:aws:codeartifact:*:*:repository/d/${aws:username}", "arn:aws:codeartifact:us-east-1:1:repository/d/ann", true)]
    [InlineData("arn:aws:codeartifact:*:*:repository/d/${aws:username}", "arn:aws:codeartifact:us-east-1:1:repository/d/bob", false)]
    [InlineData("arn:aws:codeartifact:*:*:repository/d/${nobody}", "arn:aws:codeartifact:us-east-1:1:repository/d/", false)]
    [InlineData("arn:aws:codeartifact:*:*:repository/d/${evil}", "arn:aws:codeartifact:us-east-1:1:repository/d/ann", false)]
    public void An_ARN_may_have_variables(string pattern, string resource, bool matches) =>
        Assert.Equal(matches, Pattern(pattern).MatchesArn(resource, Ask(("aws:username", ["ann"]), ("evil", ["*"]))));

    private static PolicyPattern Pattern(string text) => PolicyPattern.Parse(text, variables: true);

    private static AccessRequest Ask(params (string Key, string[] Values)[] context) => new(
        Principal.User("111122223333", "ann"), "", "", context.ToDictionary(c => c.Key, c => c.Values, StringComparer.OrdinalIgnoreCase));
}
