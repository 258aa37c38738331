using System.Globalization;

namespace Granary.Tests.Formats;

/// <summary>
/// Compares a version order of ours with the ecosystem's own code: many made-up versions, each compared with the one before it,
/// in one process. Where the tool is not there the test is skipped, except under <c>CI=true</c>, where it fails.
/// </summary>
internal static class ReferenceOrder
{
    /// <summary>Versions put together from the words of a grammar, the same ones in every run.</summary>
    public static List<string> MakeUp(int count, string[] starts, string[] words, int longest)
    {
        var random = new Random(20240607);
        var versions = new List<string>(count);
        while (versions.Count < count)
        {
            var version = starts[random.Next(starts.Length)] + string.Concat(random.GetItems(words, random.Next(longest)));

            // Neighbours that share a beginning are what decides between rules.
            versions.Add(version);
            versions.Add(version[..random.Next(1, version.Length + 1)] + words[random.Next(words.Length)]);
        }

        return versions;
    }

    public static async Task<string[]> AskAsync(string tool, IEnumerable<string> arguments, string input = "")
    {
        try
        {
            var (code, output, errors) = await ClientProcess.RunAsync(tool, arguments, input);
            Assert.True(code == 0, errors);
            return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (InvalidOperationException missing)
        {
            Missing(missing.Message);
            throw;
        }
    }

    public static void Missing(string what)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", what);
        Assert.Fail(what);
    }

    /// <summary>Each answer is the sign of comparing a version with the one before it, or empty where either is no version.</summary>
    public static void AssertSame(IComparer<string> order, List<string> versions, IReadOnlyList<string> answers)
    {
        Assert.Equal(versions.Count - 1, answers.Count);
        var wrong = new List<string>();
        for (var i = 1; i < versions.Count; i++)
        {
            var ours = Math.Sign(order.Compare(versions[i - 1], versions[i]));
            Assert.Equal(-ours, Math.Sign(order.Compare(versions[i], versions[i - 1])));
            if (answers[i - 1] is { Length: > 0 } theirs && ours != int.Parse(theirs, CultureInfo.InvariantCulture))
            {
                wrong.Add($"{versions[i - 1]} against {versions[i]}: {ours}, and not {theirs}");
            }
        }

        Assert.Equal("", string.Join('\n', wrong.Take(20)));
    }
}
