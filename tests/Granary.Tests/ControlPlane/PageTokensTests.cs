using System.Buffers.Text;
using System.Text;
using Granary.Core;
using Granary.Server.ControlPlane;

namespace Granary.Tests.ControlPlane;

public sealed class PageTokensTests : IDisposable
{
    private static readonly byte[] Binding = PageTokens.Bind("ListPackages", "123456789012", [new("domain", "tools")]);

    // Four bytes of UTF-8 and two units of UTF-16, as the longest names are made of.
    private static readonly string LongName = string.Concat(Enumerable.Repeat("\U0010FFFD", 255));

    private readonly TemporaryDirectory directory = new();
    private readonly PageTokens tokens;

    public PageTokensTests() => tokens = new PageTokens(directory[""]);

    public void Dispose() => directory.Dispose();

    [Fact]
    public void No_token_begins_as_an_option_of_a_command_line_does() =>
        // One in sixty-four would, were it the bare base64url.
        Assert.All(Enumerable.Range(0, 1000), row =>
        {
            var token = tokens.Seal(Binding, [$"{row}"]);
            Assert.True(char.IsAsciiLetterOrDigit(token[0]), token);
            Assert.Equal([$"{row}"], tokens.Open(Binding, token));
        });

    [Fact]
    public void The_longest_keys_fit_and_come_back()
    {
        string[][] keys =
        [
            ["generic", LongName, LongName],
            ["generic", new('a', 255), LongName],
            [$"/generic/{string.Concat(Enumerable.Repeat("\U0001F34E", 255))}/{string.Concat(Enumerable.Repeat("\U0001F34E", 254))}$"],
            [long.MaxValue.ToString(System.Globalization.CultureInfo.InvariantCulture), LongName],
            ["", "", ""],
            ["é", "", "\uFFFD", "\u007F\u0080", "a"],
            [],
        ];

        Assert.All(keys, key =>
        {
            var token = tokens.Seal(Binding, key);
            Assert.InRange(token.Length, 1, 2000);
            Assert.Equal(key, tokens.Open(Binding, token));
        });
    }

    [Fact]
    public void Texts_of_every_length_and_alphabet_come_back()
    {
        var random = new Random(3);
        var letters = "a~\u007F\u0080é\u07FF日\uFFFD\U0001F34E\U0010FFFF".EnumerateRunes().ToArray();
        for (var i = 0; i < 2000; i++)
        {
            var texts = Enumerable.Range(0, random.Next(5)).Select(_ => string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => letters[random.Next(letters.Length)]))).ToArray();

            Assert.Equal(texts, PackedTexts.Unpack(PackedTexts.Pack(texts)));
        }
    }

    [Fact]
    public void A_token_tells_nothing_of_its_row()
    {
        string[] key = ["npm", "acme", "a-secret-name-of-a-package"];
        var (one, other) = (Bytes(tokens.Seal(Binding, key)), Bytes(tokens.Seal(Binding, key)));

        Assert.All(key, part => Assert.True(one.AsSpan().IndexOf(Encoding.UTF8.GetBytes(part)) < 0));
        Assert.True(one.AsSpan().IndexOf(PackedTexts.Pack(key)) < 0);
        // Nor that two of them are of one row.
        Assert.Equal(one[0], other[0]);
        Assert.NotEqual(one[1..13], other[1..13]);
        Assert.NotEqual(one[29..], other[29..]);
    }

    [Fact]
    public void No_change_of_any_character_is_passed_over()
    {
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        // Of three lengths, so that the last character has no, two and four bits of its own that decode to nothing.
        foreach (var name in new[] { "a", "ab", "abc" })
        {
            var token = tokens.Seal(Binding, [name]);
            for (var i = 0; i < token.Length; i++)
            {
                foreach (var letter in Alphabet.Where(letter => letter != token[i]))
                {
                    Refused($"{token[..i]}{letter}{token[(i + 1)..]}");
                }
            }
        }
    }

    [Fact]
    public void What_is_shorter_longer_or_written_otherwise_is_refused()
    {
        var token = tokens.Seal(Binding, ["left"]);
        Assert.All(Enumerable.Range(0, token.Length), length => Refused(token[..length]));
        foreach (var bad in new[] { token + "=", token + "==", token + " ", " " + token, token + "A", token + "AAAA", token[1..], token + token, "p", "pAAAA", token.ToUpperInvariant(), new string('p', 2000), new string('p', 100_000) })
        {
            Refused(bad);
        }
    }

    [Fact]
    public void Each_part_of_the_request_binds()
    {
        var token = tokens.Seal(Binding, ["left"]);
        byte[][] others =
        [
            PageTokens.Bind("ListPackageVersions", "123456789012", [new("domain", "tools")]),
            PageTokens.Bind("ListPackages", "123456789013", [new("domain", "tools")]),
            PageTokens.Bind("ListPackages", "123456789012", [new("domain", "other")]),
            PageTokens.Bind("ListPackages", "123456789012", [new("domain", "tools"), new("format", "npm")]),
            PageTokens.Bind("ListPackages", "123456789012", [new("domain", "tools"), new("domain", "tools")]),
            PageTokens.Bind("ListPackages", "123456789012", []),
            PageTokens.Bind("ListPackages", "123456789012domain", [new("tools", "")]),
            [],
        ];

        Assert.All(others, other => Assert.Equal(RefusalKind.Validation, Assert.Throws<Refusal>(() => tokens.Open(other, token)).Kind));
        Assert.Equal(
            PageTokens.Bind("L", "1", [new("a", "1"), new("b", "2")]),
            PageTokens.Bind("L", "1", [new("b", "2"), new("a", "1")]));
    }

    [Fact]
    public void A_node_with_the_same_key_opens_it_and_another_one_does_not()
    {
        var token = tokens.Seal(Binding, ["left"]);
        using var elsewhere = new TemporaryDirectory();

        Assert.Equal(["left"], new PageTokens(directory[""]).Open(Binding, token));
        Assert.Throws<Refusal>(() => new PageTokens(elsewhere[""]).Open(Binding, token));
    }

    private static byte[] Bytes(string token) => Base64Url.DecodeFromChars(token.AsSpan(1));

    private void Refused(string token) =>
        Assert.Equal(RefusalKind.Validation, Assert.Throws<Refusal>(() => tokens.Open(Binding, token)).Kind);
}
