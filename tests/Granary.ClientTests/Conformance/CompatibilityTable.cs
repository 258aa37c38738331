using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Granary.ClientTests.Conformance;

/// <summary>The part of docs/compatibility.md that a run writes: a row for each operation, between two comments.</summary>
internal static partial class CompatibilityTable
{
    private const string End = "<!-- end of what the conformance run writes -->";

    private static string File => Path.Combine(Root(), "docs", "compatibility.md");

    public static string Render(ConformanceRun run)
    {
        var rows = run.Rows.ToDictionary(row => (string)row["operation"]!);
        var text = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"<!-- what the conformance run writes, by model {run.Model["model"]} -->\n")
            .Append("| operation | here | valid calls | probes | refused as modelled |\n|---|---|---|---|---|\n");
        foreach (var operation in run.Commands)
        {
            var numbers = rows.TryGetValue(operation, out var row)
                ? $"{row["validCalls"]} | {row["probes"]} | {row["refusedAsModelled"]}"
                : "0 | 0 | 0";
            var verdict = run.NotThereYet.Contains(operation) ? "not there yet" : Verdicts.Of(operation);
            text.Append(CultureInfo.InvariantCulture, $"| {operation} | {verdict} | {numbers} |\n");
        }

        return text.Append(End).ToString();
    }

    public static async Task<string> ReadAsync()
    {
        var document = await System.IO.File.ReadAllTextAsync(File);
        return Generated().Match(document) is { Success: true } part ? part.Value : throw new InvalidOperationException($"{File} has lost the comments around its table.");
    }

    public static async Task WriteAsync(string generated)
    {
        var document = await System.IO.File.ReadAllTextAsync(File);
        await System.IO.File.WriteAllTextAsync(File, Generated().Replace(document, generated.Replace("$", "$$", StringComparison.Ordinal)));
    }

    public static string ModelOf(string generated) => Model().Match(generated).Value;

    public static string WithoutNumbers(string generated) => Number().Replace(Model().Replace(generated, "by model"), "| n ");

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!System.IO.File.Exists(Path.Combine(folder.FullName, "Granary.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException($"{AppContext.BaseDirectory} is in no checkout.");
        }

        return folder.FullName;
    }

    [GeneratedRegex("<!-- what the conformance run writes.*" + End, RegexOptions.Singleline)]
    private static partial Regex Generated();

    [GeneratedRegex("by model [0-9a-f]+")]
    private static partial Regex Model();

    [GeneratedRegex(@"\| [0-9]+ ")]
    private static partial Regex Number();
}
