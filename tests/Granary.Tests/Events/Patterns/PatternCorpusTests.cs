using System.Text.Json;
using Granary.Core.Events.Patterns;

namespace Granary.Tests.Events.Patterns;

/// <summary>Patterns and events drawn at random, against the rules of the documentation as another hand wrote them down in another language.</summary>
public sealed class PatternCorpusTests
{
    private const int Pairs = 24_000;

    [Fact]
    public async Task Matches_what_a_plain_reading_of_the_rules_matches()
    {
        var random = new RandomPatterns(20261129);
        var pairs = Enumerable.Range(0, Pairs).Select(_ => random.Next()).ToList();
        var oracle = Path.Combine(DependencyRuleTests.Root(), "tests", "Granary.Tests", "Events", "Patterns", "oracle.py");
        var (code, output, errors) = await ClientProcess.RunAsync("python3", [oracle], string.Concat(pairs.Select(pair => $"{pair.Pattern}\n{pair.Event}\n")));
        Assert.True(code == 0, errors);
        var answers = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Pairs, answers.Length);
        Assert.InRange(answers.Count(answer => answer == "1"), Pairs / 5, Pairs * 4 / 5);

        var wrong = new List<string>();
        for (var i = 0; i < Pairs; i++)
        {
            using var document = JsonDocument.Parse(pairs[i].Event);
            if (EventPattern.Parse(pairs[i].Pattern).Matches(document.RootElement) != (answers[i] == "1"))
            {
                wrong.Add($"pattern {pairs[i].Pattern}\nevent   {pairs[i].Event}\nmatches there: {answers[i]}");
            }
        }

        Assert.Equal("", string.Join("\n\n", wrong.OrderBy(text => text.Length).Take(3)));
    }
}
