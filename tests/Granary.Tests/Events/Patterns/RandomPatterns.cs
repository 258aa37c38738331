using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Granary.Tests.Events.Patterns;

/// <summary>Events and patterns of few names and values, so that they often meet; the same ones for the same seed.</summary>
internal sealed class RandomPatterns(int seed)
{
    private static readonly JsonSerializerOptions plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly string[] names = ["a", "b", "c", "a-b"];

    private static readonly string[] texts =
        ["", "a", "b", "ab", "aab", "abab", "AB", "aB", "é", "É", "xé", "a*b", "a\\b", "a\"b", "1", "null", "10.0.0.7", "10.0.1.7", "2001:db8::5", "::1", "10.0.0", "漢字"];

    private static readonly string[] numbers =
        ["0", "-0.0", "1", "1.0", "1e0", "10E-1", "-1", "2.5", "2.50", "2500e-3", "0.000001", "0.0000001", "-0.0000001", "3", "5000000000", "5e9", "5000000000.5", "-5e9", "123456789012", "1.23456789012e11"];

    // What a pattern's operators take; the others are out of the range or have too many decimals.
    private static readonly string[] bounds = ["0", "1", "1.0", "-1", "2.5", "2500e-3", "0.000001", "3", "5000000000", "-5e9"];

    private readonly Random random = new(seed);

    public (string Pattern, string Event) Next() => (PatternObject(0), EventObject(0));

    private string EventObject(int depth)
    {
        var fields = names.Where(_ => random.Next(5) > 0).Select(name => $"{Text(name)}: {EventNode(depth)}");
        return "{" + string.Join(", ", fields) + "}";
    }

    private string EventNode(int depth) => random.Next(10) switch
    {
        < 3 when depth < 3 => EventObject(depth + 1),
        < 5 when depth < 3 => "[" + string.Join(", ", Enumerable.Range(0, random.Next(4)).Select(_ => EventNode(depth + 1))) + "]",
        _ => Scalar(),
    };

    private string Scalar() => random.Next(8) switch
    {
        0 => "null",
        1 => random.Next(2) == 0 ? "true" : "false",
        < 4 => Pick(numbers),
        _ => Escaped(Pick(texts)),
    };

    // The same string, with some of its characters written as escapes.
    private string Escaped(string text) => random.Next(4) > 0
        ? Text(text)
        : "\"" + string.Concat(text.Select(c => random.Next(2) == 0 ? $"\\u{(int)c:x4}" : Text(c.ToString())[1..^1])) + "\"";

    private string PatternObject(int depth)
    {
        var chosen = names.OrderBy(_ => random.Next()).Take(random.Next(5) < 3 ? 1 : 2).ToList();
        var fields = chosen.ConvertAll(name => $"{Text(name)}: {PatternNode(depth)}");
        if (depth < 2 && random.Next(6) == 0)
        {
            var branches = Enumerable.Range(0, random.Next(2, 4)).Select(_ => PatternObject(depth + 1));
            fields.Insert(random.Next(fields.Count + 1), $"\"$or\": [{string.Join(", ", branches)}]");
        }

        return "{" + string.Join(", ", fields) + "}";
    }

    private string PatternNode(int depth) => depth < 3 && random.Next(4) == 0
        ? PatternObject(depth + 1)
        : "[" + string.Join(", ", Enumerable.Range(0, random.Next(1, 7)).Select(_ => Entry())) + "]";

    private string Entry() => random.Next(16) switch
    {
        0 => """{"exists": true}""",
        1 or 2 => """{"exists": false}""",
        3 => $$"""{"prefix": {{Affix()}}}""",
        4 => $$"""{"suffix": {{Affix()}}}""",
        5 => $$"""{"equals-ignore-case": {{Text(Pick(texts))}}}""",
        6 => $$"""{"wildcard": {{Text(Star())}}}""",
        7 or 8 => $$"""{"numeric": {{Range()}}}""",
        9 => $$"""{"cidr": "{{Pick("10.0.0.0/8", "10.0.0.0/24", "0.0.0.0/0", "10.0.1.9/31", "2001:db8::/32", "::/0", "::8/125")}}"}""",
        < 12 => $$"""{"anything-but": {{AnythingBut()}}}""",
        _ => Scalar(),
    };

    private string Affix() => random.Next(3) == 0 ? $$"""{"equals-ignore-case": {{Text(Pick(texts))}}}""" : Text(Pick(texts));

    private string Star()
    {
        var text = new StringBuilder();
        foreach (var piece in random.GetItems(["a", "b", "ab", "\\*", "\\\\", "*", "é", "1"], random.Next(1, 5)))
        {
            text.Append(piece == "*" && text is [.., '*'] && !IsEscaped(text) ? "" : piece);
        }

        return text.ToString();
    }

    private static bool IsEscaped(StringBuilder text) => text.Length > 1 && text[^2] == '\\' && !(text.Length > 2 && text[^3] == '\\');

    private string Range() => random.Next(4) switch
    {
        0 => $"[\"=\", {Pick(bounds)}]",
        1 => $"[\"{Pick("<", "<=", ">", ">=")}\", {Pick(bounds)}]",
        _ => $"[\"{Pick(">", ">=")}\", {Pick("-5e9", "-1", "0", "0.000001")}, \"{Pick("<", "<=")}\", {Pick("1", "2.5", "3", "5e9")}]",
    };

    private string AnythingBut() => random.Next(6) switch
    {
        0 => Pick(bounds),
        1 => $"[{Pick(bounds)}, {Pick(bounds)}]",
        2 => Text(Pick(texts)),
        3 => $"[{Text(Pick(texts))}, {Text(Pick(texts))}]",
        4 => $$"""{"{{Pick("prefix", "suffix", "equals-ignore-case")}}": {{Text(Pick(texts[1..]))}}}""",
        _ => $$"""{"wildcard": [{{Text(Star())}}, {{Text(Star())}}]}""",
    };

    private string Pick(params string[] from) => from[random.Next(from.Length)];

    private static string Text(string text) => JsonSerializer.Serialize(text, plain);
}
