using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Core.Assets;
using Granary.Core.Upstreams;
using Granary.Formats.Npm;

namespace Granary.Tests.Formats.Npm;

public sealed class NpmIntegrityTests
{
    private static readonly Digests Pear = World.DigestsOf("pear");
    private static readonly Digests Plum = World.DigestsOf("plum");
    private static readonly Digests Fig = World.DigestsOf("fig");

    [Fact]
    public void Of_several_entries_of_one_algorithm_each_is_enough()
    {
        var promise = Promise($"{Sha512(Pear)} {Sha512(Plum)}")!;

        Assert.Equal((DigestAlgorithm.Sha512, 2), (promise.Algorithm, promise.Values.Count));
        Assert.True(promise.Holds(Pear));
        Assert.True(promise.Holds(Plum));
        Assert.False(promise.Holds(Fig));
    }

    [Fact]
    public void Of_several_algorithms_the_strongest_counts_wherever_it_stands()
    {
        string[] entries = [Sha1(Pear), Sha256(Pear), Sha512(Plum), Sha256(Fig), Sha512(Fig)];
        foreach (var order in new[] { entries, [.. entries.Reverse()], [entries[2], entries[0], entries[4], entries[1]] })
        {
            var promise = Promise(string.Join(' ', order))!;
            Assert.Equal(DigestAlgorithm.Sha512, promise.Algorithm);
            Assert.False(promise.Holds(Pear));
            Assert.True(promise.Holds(Plum));
            Assert.True(promise.Holds(Fig));
        }

        Assert.Equal(DigestAlgorithm.Sha256, Promise($"{Sha1(Pear)} {Sha256(Pear)}")!.Algorithm);
        Assert.Equal(DigestAlgorithm.Sha1, Promise(Sha1(Pear))!.Algorithm);
    }

    [Fact]
    public void What_is_not_understood_is_passed_over()
    {
        var promise = Promise($"md5-abc sha384-{Convert.ToBase64String(new byte[48])}  sha512-short sha512-?? {Sha256(Pear)}?option ")!;

        Assert.Equal((DigestAlgorithm.Sha256, 1), (promise.Algorithm, promise.Values.Count));
        Assert.True(promise.Holds(Pear));
    }

    [Theory]
    [InlineData("")]
    [InlineData("sha512-")]
    [InlineData("SHA512-AAAA")]
    [InlineData("sha1-c2hvcnQ=")]
    public void Where_no_entry_is_understood_the_shasum_counts(string integrity)
    {
        var promise = Promise(integrity, Convert.ToHexStringLower(Pear.Sha1))!;
        Assert.Equal(DigestAlgorithm.Sha1, promise.Algorithm);
        Assert.True(promise.Holds(Pear));

        Assert.Null(Promise(integrity));
        Assert.Null(Promise(integrity, "abc"));
        Assert.Null(Promise(integrity, new string('g', 40)));
    }

    [Fact]
    public void An_integrity_outweighs_the_shasum() =>
        Assert.False(Promise(Sha1(Pear), Convert.ToHexStringLower(Plum.Sha1))!.Holds(Plum));

    private static PromisedDigest? Promise(string integrity, string? shasum = null) =>
        NpmIntegrity.Promise(JsonSerializer.SerializeToElement(new JsonObject { ["integrity"] = integrity, ["shasum"] = shasum }));

    private static string Sha1(Digests digests) => "sha1-" + Convert.ToBase64String(digests.Sha1);

    private static string Sha256(Digests digests) => "sha256-" + Convert.ToBase64String(digests.Sha256);

    private static string Sha512(Digests digests) => "sha512-" + Convert.ToBase64String(digests.Sha512);
}
