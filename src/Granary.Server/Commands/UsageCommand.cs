using System.CommandLine;
using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Granary.Core.Database;
using Granary.Core.Usage;
using Granary.Server.Hosting;
using Spectre.Console;

namespace Granary.Server.Commands;

/// <summary><c>granary usage</c>: what was stored, asked for and sent, and what it costs. Works on the database itself; the server may run meanwhile.</summary>
internal static class UsageCommand
{
    private static readonly Option<string?> From = new("--from") { Description = "The first day, such as 2026-01-01. Default: the first of this month." };
    private static readonly Option<string?> To = new("--to") { Description = "The first day that is left out. Default: tomorrow." };
    private static readonly Option<string> GroupBy = new("--group-by") { Description = "domain, repository, principal or package-group.", DefaultValueFactory = _ => "domain" };
    private static readonly Option<string?> Account = new("--account") { Description = "Only what this account is charged for. Default: all accounts." };
    private static readonly Option<string> Format = new("--format") { Description = "table, csv or json.", DefaultValueFactory = _ => "table" };
    private static readonly Option<string> Data = new("--data") { Description = "The data directory.", DefaultValueFactory = _ => ServeOptions.DefaultData };
    private static readonly Option<string?> Database = new("--database") { Description = "A PostgreSQL connection string. Default: as the server's." };

    public static Command Create()
    {
        var command = new Command("usage", "Say what was stored, requested and transferred, and what it costs.") { From, To, GroupBy, Account, Format, Data, Database };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        try
        {
            var options = Settings.Read(parsed.GetValue(Data)!, null, parsed.GetValue(Database), quickstart: false);
            var grouping = Grouping(parsed.GetValue(GroupBy)!);
            var write = Writer(parsed.GetValue(Format)!);
            var (from, to) = Days(parsed);
            var lines = await new UsageReport(Open(options), TimeProvider.System).RunAsync(parsed.GetValue(Account), from, to, grouping, cancellation);
            await write(parsed.InvocationConfiguration.Output, [.. lines.Select(line => new UsageRow(line, options.Prices))]);
            return 0;
        }
        catch (Exception failure) when (failure is InvalidOperationException or IOException or FormatException or InvalidDataException or DbException or UnauthorizedAccessException)
        {
            await parsed.InvocationConfiguration.Error.WriteLineAsync($"granary: {failure.Message}");
            return 1;
        }
    }

    private static GranaryDatabase Open(ServeOptions options)
    {
        if (options.Database is { } connection)
        {
            return GranaryDatabase.PostgreSql(connection);
        }

        var path = Path.GetFullPath(Path.Combine(options.Data, "granary.db"));
        // Opening it would make it.
        return File.Exists(path) ? GranaryDatabase.Sqlite(path) : throw new InvalidOperationException($"There is no database at {path}. Name the data directory with --data.");
    }

    private static UsageGrouping Grouping(string text) => text switch
    {
        "domain" => UsageGrouping.Domain,
        "repository" => UsageGrouping.Repository,
        "principal" => UsageGrouping.Principal,
        "package-group" => UsageGrouping.PackageGroup,
        _ => throw new FormatException($"--group-by: '{text}' is none of domain, repository, principal, package-group."),
    };

    private static Func<TextWriter, IReadOnlyList<UsageRow>, Task> Writer(string text) => text switch
    {
        "table" => WriteTableAsync,
        "csv" => WriteCsvAsync,
        "json" => (output, rows) => output.WriteLineAsync(JsonSerializer.Serialize(rows, UsageJson.Default.IReadOnlyListUsageRow)),
        _ => throw new FormatException($"--format: '{text}' is none of table, csv, json."),
    };

    private static (DateTimeOffset From, DateTimeOffset To) Days(ParseResult parsed)
    {
        var today = Resolutions.Floor(TimeProvider.System.GetUtcNow(), Resolutions.Day);
        var (from, to) = (Day(parsed, From) ?? today.AddDays(1 - today.Day), Day(parsed, To) ?? today.AddDays(1));
        return from < to ? (from, to) : throw new FormatException("--from: this day is not before the one of --to.");
    }

    private static DateTimeOffset? Day(ParseResult parsed, Option<string?> option) => parsed.GetValue(option) is not { } text
        ? null
        : DateTimeOffset.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var day)
            ? day
            : throw new FormatException($"{option.Name}: '{text}' is no day. Write one such as 2026-01-31.");

    private static Task WriteTableAsync(TextWriter output, IReadOnlyList<UsageRow> rows)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var name in UsageRow.Names)
        {
            table.AddColumn(new TableColumn(name) { NoWrap = true });
        }

        foreach (var row in rows)
        {
            table.AddRow([.. row.Values.Select(value => Markup.Escape(value))]);
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(output) });
        // Wider than any window: lines that are broken cannot be read by a program.
        console.Profile.Width = 400;
        console.Write(table);
        return Task.CompletedTask;
    }

    private static async Task WriteCsvAsync(TextWriter output, IReadOnlyList<UsageRow> rows)
    {
        foreach (var line in rows.Select(row => row.Values).Prepend(UsageRow.Names))
        {
            // RFC 4180 ends lines so on every system.
            await output.WriteAsync(string.Join(',', line.Select(Quoted)) + "\r\n");
        }
    }

    private static string Quoted(string text) => text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
