using Granary.Core;
using Granary.Server.ControlPlane;

namespace Granary.Tests.ControlPlane;

public sealed class ShapesTests
{
    private static readonly string Pair = "😀";

    /// <summary>For each shape what it takes and what it refuses, at and beyond each bound.</summary>
    public static TheoryData<string, string, bool> Values()
    {
        var values = new TheoryData<string, string, bool>();
        void Add(string shape, string[] good, string[] bad)
        {
            foreach (var value in good)
            {
                values.Add(shape, value, true);
            }

            foreach (var value in (string[])[.. bad, "a\0b"])
            {
                values.Add(shape, value, false);
            }
        }

        Add(nameof(Shapes.AccountId), ["123456789012"], ["12345678901", "1234567890123", "12345678901a", "١٢٣٤٥٦٧٨٩٠١٢", "123456789012\n", ""]);
        Add(nameof(Shapes.DomainName), ["ab", "a-b", "a1", new('a', 50)], ["a", "", new('a', 51), "Ab", "1b", "a-", "-a", "a_b", "aB", "ab\n", "äb", "a.b"]);
        Add(nameof(Shapes.RepositoryName), ["ab", "A.", "0-_.", new('a', 100)], ["a", "", new('a', 101), ".a", "-a", "a b", "a/b", "a\n", "ä1"]);
        Add(nameof(Shapes.ExternalConnectionName), ["public:npmjs", "a."], ["a", ":a", "public npmjs", new('a', 101)]);
        foreach (var name in new[] { nameof(Shapes.PackageName), nameof(Shapes.PackageNamespace), nameof(Shapes.PackageVersion) })
        {
            Add(name, ["a", "@x", "1.0.0+b%", "ä", Pair, new('a', 255), string.Concat(Enumerable.Repeat(Pair, 255))], ["", "a/b", "a#b", "a b", "a\tb", "a\u00a0b", "a\u0001b", new('a', 256), string.Concat(Enumerable.Repeat(Pair, 256))]);
        }

        Add(nameof(Shapes.AssetName), ["a b.tgz", "ä", Pair], ["", "a\nb", "a\u200eb", "\ue000", new('a', 256)]);
        Add(nameof(Shapes.Description), ["", "a b", Pair, new('a', 1000)], ["a\nb", "a\u007fb", new('a', 1001)]);
        Add(nameof(Shapes.TagKey), ["k", new('k', 128)], ["", new('k', 129), "k\u0007"]);
        Add(nameof(Shapes.TagValue), ["", "v", new('v', 256)], [new('v', 257), "v\u0007"]);
        Add(nameof(Shapes.Arn), ["a", new('a', 1011)], ["", "a b", "a\u2003b", new('a', 1012)]);
        Add(nameof(Shapes.PaginationToken), ["a", new('a', 2000)], ["", "a b", new('a', 2001)]);
        Add(nameof(Shapes.PackageVersionRevision), ["a", new('a', 50)], ["", "a b", new('a', 51)]);
        Add(nameof(Shapes.PackageFormat), ["npm"], ["NPM", "", "npm ", "conda"]);
        Add(nameof(Shapes.AllowPublish), ["ALLOW", "BLOCK"], ["allow", "", "ALLOW,BLOCK"]);
        Add(nameof(Shapes.PackageVersionStatus), ["Published", "Unfinished", "Unlisted", "Archived", "Disposed", "Deleted"], ["published", "0", "", "Published,Unlisted"]);
        Add(nameof(Shapes.TargetStatus), ["Published", "Unlisted", "Archived"], ["Unfinished", "Disposed", "Deleted"]);
        return values;
    }

    [Theory, MemberData(nameof(Values))]
    public void Takes_what_the_model_takes_and_nothing_else(string shape, string value, bool good)
    {
        var text = (TextShape)typeof(Shapes).GetField(shape)!.GetValue(null)!;
        if (good)
        {
            Assert.Equal(value, text.Check("name", value));
            return;
        }

        var refusal = Assert.Throws<Refusal>(() => text.Check("name", value));
        Assert.Equal((RefusalKind.Validation, "FIELD_VALIDATION_FAILED"), (refusal.Kind, refusal.Reason));
        Assert.StartsWith("1 validation error detected: Value at 'name' failed to satisfy constraint: Member must ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_what_a_value_must_be()
    {
        static string Of(TextShape shape, string value) => Assert.Throws<Refusal>(() => shape.Check("domain", value)).Message[(Prefix.Length)..];
        Assert.Equal("Member must have length greater than or equal to 2", Of(Shapes.DomainName, "a"));
        Assert.Equal("Member must have length less than or equal to 50", Of(Shapes.DomainName, new string('a', 51)));
        Assert.Equal(@"Member must satisfy regular expression pattern: [a-z][a-z0-9\-]{0,48}[a-z0-9]", Of(Shapes.DomainName, "A1"));
        Assert.Equal("Member must satisfy enum value set: [dualstack, ipv4]", Of(Shapes.EndpointType, "ipv6"));
    }

    private const string Prefix = "1 validation error detected: Value at 'domain' failed to satisfy constraint: ";
}
