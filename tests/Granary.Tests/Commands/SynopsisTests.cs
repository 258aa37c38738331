using System.CommandLine;
using System.Text.RegularExpressions;
using Granary.Server.Commands;

namespace Granary.Tests.Commands;

/// <summary>The commands at the head of docs/operations.md are those that there are, with their options.</summary>
public sealed partial class SynopsisTests
{
    [Fact]
    public void Each_command_stands_in_the_manual_with_all_of_its_options()
    {
        var wanted = AllCommands.Create().Subcommands.SelectMany(command => Leaves(command, "granary")).Order(StringComparer.Ordinal);

        Assert.Equal(wanted, Written().Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Leaves(Command command, string above)
    {
        var name = $"{above} {command.Name}";
        return command.Subcommands.Count > 0
            ? command.Subcommands.SelectMany(below => Leaves(below, name))
            : [Line(name, command.Arguments.Count, command.Options.Select(option => option.Name))];
    }

    private static IEnumerable<string> Written()
    {
        var block = File.ReadAllText(Path.Combine(Root(), "docs", "operations.md")).Split("```\n")[1].Replace("\n ", " ", StringComparison.Ordinal).Replace("  ", "", StringComparison.Ordinal);
        return from line in block.Split('\n', StringSplitOptions.RemoveEmptyEntries)
               where line != "granary --version"
               // Up to the first option or argument: arguments are in capitals.
               let words = line.Split(' ').TakeWhile(word => char.IsAsciiLetterLower(word[0])).ToList()
               let arguments = line.Split(' ').Skip(words.Count).TakeWhile(word => word.All(char.IsAsciiLetterUpper)).Count()
               select Line(string.Join(' ', words), arguments, Option().Matches(line).Select(option => option.Value));
    }

    private static string Line(string name, int arguments, IEnumerable<string> options) =>
        $"{name} {arguments} {string.Join(' ', options.Where(option => option != "--help").Order(StringComparer.Ordinal))}";

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Granary.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests are not in a checkout.");
        }

        return folder.FullName;
    }

    [GeneratedRegex("--[a-z-]+")]
    private static partial Regex Option();
}
