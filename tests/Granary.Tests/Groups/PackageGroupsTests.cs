using System.Text.RegularExpressions;
using Granary.Core;
using Granary.Core.Groups;
using Granary.Core.Packages;

namespace Granary.Tests.Groups;

public sealed partial class PackageGroupsTests
{
    [Theory]
    [InlineData("/*", PatternScope.All)]
    [InlineData("/fruit/*", PatternScope.Format)]
    [InlineData("/fruit/com.anycompany~", PatternScope.NamespacePrefix)]
    [InlineData("/fruit/space/*", PatternScope.Namespace)]
    [InlineData("/fruit//*", PatternScope.Namespace)]
    [InlineData("/fruit/space/anycompany-ui~", PatternScope.NamePrefix)]
    [InlineData("/fruit//apple$", PatternScope.Name)]
    [InlineData("/fruit//odd~name$$", PatternScope.Name)]
    public void Reads_every_form_and_writes_it_again(string text, PatternScope scope)
    {
        var pattern = PackageGroupPattern.Parse(text);

        Assert.Equal((scope, text), (pattern.Scope, pattern.Text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("*")]
    [InlineData("/")]
    [InlineData("//*")]
    [InlineData("/fruit")]
    [InlineData("/fruit~")]
    [InlineData("/fruit/space")]
    [InlineData("/fruit/space$")]
    [InlineData("/fruit/~")]
    [InlineData("/fruit/space/~")]
    [InlineData("/fruit/space/$")]
    [InlineData("/fruit/space/foo-~")]
    [InlineData("/fruit/space/foo-*")]
    [InlineData("/fruit/space.~")]
    [InlineData("/fruit/a/b/c$")]
    public void Refuses_what_is_no_pattern(string text) =>
        Assert.Equal(RefusalKind.Validation, Assert.Throws<Refusal>(() => PackageGroupPattern.Parse(text)).Kind);

    [Theory]
    [InlineData("foo", true)]
    [InlineData("foo-bar", true)]
    [InlineData("foo.bar", true)]
    [InlineData("foo_bar", true)]
    [InlineData("food", false)]
    [InlineData("foo1", false)]
    [InlineData("fooé", false)]
    [InlineData("foo\u0301", false)]
    [InlineData("xfoo", false)]
    public void A_prefix_ends_where_a_word_ends(string name, bool holds) =>
        Assert.Equal(holds, PackageGroupPattern.Parse("/fruit/space/foo~").Holds(new PackageCoordinate("fruit", "space", name)));

    [Fact]
    public void Words_end_where_the_documented_expression_ends_them()
    {
        var random = new Random(7);
        const string Letters = "aB1-._~é\u0301中²ⅷ\u20E3 ";
        for (var i = 0; i < 5000; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(12)).Select(_ => Letters[random.Next(Letters.Length)])]);

            Assert.Equal(Word().Matches(text).Select(m => m.Index + m.Length), Words.EndsOf(text).Reverse());
        }
    }

    [Theory]
    [InlineData("foo-bar", "Foo.Bar")]
    [InlineData("foo-bar", "foo..bar")]
    [InlineData("foo-bar", "foo_bar")]
    [InlineData("foo-bar", "foo-_.bar")]
    [InlineData("lodash", "1odash")]
    [InlineData("lodash", "lodаsh")]
    [InlineData("lodash", "ｌｏｄａｓｈ")]
    [InlineData("modern", "rnodern")]
    [InlineData("cafe", "café")]
    public void Variations_have_one_form(string one, string other) => Assert.Equal(Variations.Fold(one), Variations.Fold(other));

    [Theory]
    [InlineData("foo-bar", "foobar")]
    [InlineData("lodash", "lodash2")]
    [InlineData("react", "preact")]
    public void Other_names_have_another(string one, string other) => Assert.NotEqual(Variations.Fold(one), Variations.Fold(other));

    [Fact]
    public void A_package_is_in_the_most_specific_group_and_a_variation_does_not_fall_through()
    {
        var groups = Groups("/fruit/*", "/fruit/space/*", "/fruit/space/foo-bar~", "/fruit/space/foo-bar-baz$");

        Assert.Equal(("/*", true), In("berry", "", "x"));
        Assert.Equal(("/fruit/*", true), In("fruit", "", "foo-bar"));
        Assert.Equal(("/fruit/space/*", true), In("fruit", "space", "foo"));
        Assert.Equal(("/fruit/space/foo-bar~", true), In("fruit", "space", "foo-bar-qux"));
        Assert.Equal(("/fruit/space/foo-bar~", false), In("fruit", "space", "foo_bar"));
        Assert.Equal(("/fruit/space/foo-bar-baz$", true), In("fruit", "space", "foo-bar-baz"));
        Assert.Equal(("/fruit/space/foo-bar-baz$", false), In("fruit", "space", "foo-bar.baz"));
        Assert.Equal(("/fruit/space/*", false), In("fruit", "Space", "anything"));
        Assert.Equal(("/fruit/space/foo_bar$", true), Named(groups.With(Row("/fruit/space/foo_bar$", 99)).AssociationOf(new("fruit", "space", "foo_bar"))));

        (string, bool) In(string format, string space, string name) => Named(groups.AssociationOf(new(format, space, name)));
    }

    [Fact]
    public void Parents_are_the_next_wider_groups()
    {
        var groups = Groups("/fruit/*", "/fruit/com.any~", "/fruit/com.any.tools/*", "/fruit/com.any.tools/a-b~", "/fruit/com.any.tools/a-b-c$", "/fruit//a$");

        Assert.Equal(
            new Dictionary<string, string?>
            {
                ["/*"] = null,
                ["/fruit/*"] = "/*",
                ["/fruit/com.any~"] = "/fruit/*",
                ["/fruit/com.any.tools/*"] = "/fruit/com.any~",
                ["/fruit/com.any.tools/a-b~"] = "/fruit/com.any.tools/*",
                ["/fruit/com.any.tools/a-b-c$"] = "/fruit/com.any.tools/a-b~",
                ["/fruit//a$"] = "/fruit/*",
            },
            groups.All.ToDictionary(g => g.Pattern.Text, g => g.Parent?.Pattern.Text));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Agrees_with_looking_at_every_group(int seed)
    {
        var random = new Random(seed);
        string[] names = ["a", "a-b", "a-b-c", "ab", "a.b", "A-b", "b"];
        for (var round = 0; round < 500; round++)
        {
            var patterns = Enumerable.Range(0, random.Next(1, 8)).Select(_ => Pattern(random, names)).Where(p => p != "/*").Distinct().ToArray();
            var groups = Groups(patterns);
            foreach (var package in names.SelectMany(space => names.Select(name => new PackageCoordinate("fruit", space, name))))
            {
                var holding = groups.All.Where(g => g.Pattern.Holds(package)).MaxBy(g => g.Pattern.Text.TrimEnd('*', '~', '$').Length * 10 + (int)g.Pattern.Scope)!;
                var varying = groups.All
                    .Where(g => Folded(g.Pattern) is var folded && PackageGroupPattern.Parse(folded).Holds(new("fruit", Variations.Fold(package.Namespace), Variations.Fold(package.Name))))
                    .MaxBy(g => g.Pattern.Text.TrimEnd('*', '~', '$').Length * 10 + (int)g.Pattern.Scope)!;

                var association = groups.AssociationOf(package);

                // The widest reading finds the group; it is strong when that group's own pattern holds the package to the letter.
                Assert.Equal(varying.Pattern.Folded(), association.Group.Pattern.Folded());
                Assert.Equal(association.Group.Pattern.Holds(package), association.IsStrong);
                Assert.True(!association.IsStrong || holding.Pattern.Text == association.Group.Pattern.Text, $"{package} in {string.Join(' ', patterns)}");
            }
        }
    }

    private static string Pattern(Random random, string[] names)
    {
        var (space, name) = (names[random.Next(names.Length)], names[random.Next(names.Length)]);
        return random.Next(5) switch
        {
            0 => "/fruit/*",
            1 => $"/fruit/{space}~",
            2 => $"/fruit/{space}/*",
            3 => $"/fruit/{space}/{name}~",
            _ => $"/fruit/{space}/{name}$",
        };
    }

    private static string Folded(PackageGroupPattern pattern) => pattern.Text == "/*" ? "/*" : pattern.Scope switch
    {
        PatternScope.Format => pattern.Text,
        PatternScope.NamespacePrefix => $"/fruit/{Variations.Fold(pattern.Namespace)}~",
        PatternScope.Namespace => $"/fruit/{Variations.Fold(pattern.Namespace)}/*",
        PatternScope.NamePrefix => $"/fruit/{Variations.Fold(pattern.Namespace)}/{Variations.Fold(pattern.Name)}~",
        _ => $"/fruit/{Variations.Fold(pattern.Namespace)}/{Variations.Fold(pattern.Name)}$",
    };

    private static (string, bool) Named(Association association) => (association.Group.Pattern.Text, association.IsStrong);

    private static PackageGroups Groups(params string[] patterns) =>
        PackageGroups.Of([PackageGroup.NewRoot(1, 1, default), .. patterns.Select((p, i) => Row(p, i + 2))], [], _ => new Dictionary<string, string>());

    private static PackageGroup Row(string pattern, long id) => new()
    {
        DomainId = 1,
        Id = id,
        Pattern = pattern,
        CreatedAt = default,
        Publish = RestrictionMode.Inherit,
        ExternalUpstream = RestrictionMode.Inherit,
        InternalUpstream = RestrictionMode.Inherit,
    };

    [GeneratedRegex(@"[\p{L}\p{N}][\p{L}\p{N}\p{M}]*")]
    private static partial Regex Word();
}
