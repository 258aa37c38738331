using System.CommandLine;
using Granary.Formats;
using Granary.Server.Hosting;
using Spectre.Console;

namespace Granary.Server.Commands;

/// <summary>
/// <c>granary connections</c>: every external connection, the address behind it and where that was found. A table on a terminal,
/// else one line each with tabs: connection, format, address (empty where there is none), why. Exit code 1 for faulty configuration.
/// </summary>
internal static class ConnectionsCommand
{
    private static readonly Option<string> Data = new("--data") { Description = "The data directory.", DefaultValueFactory = _ => ServeOptions.DefaultData };

    public static Command Create()
    {
        var command = new Command("connections", "Show the address behind each external connection, and where it was found.") { Data };
        command.SetAction(async (parsed, cancellation) =>
        {
            var data = parsed.GetValue(Data)!;
            var memory = Directory.Exists(Path.Combine(data, "keys")) ? new SourceMemory(Path.Combine(data, "keys", "sources.json")) : null;
            var sources = new Sources(Settings.Configuration(data), memory);
            var found = await Task.WhenAll(Sources.Connections.Select(name => sources.ResolveAsync(name, cancellation)));
            var output = parsed.InvocationConfiguration.Output;
            if (ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected)
            {
                WriteTable(found);
            }
            else
            {
                WriteLines(found, output);
            }

            var faults = sources.Faults();
            foreach (var fault in faults)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync(fault);
            }

            return faults.Count == 0 ? 0 : 1;
        });
        return command;
    }

    private static void WriteTable(IEnumerable<SourceResolution> found)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("Connection", "Format", "Address", "Where it was found");
        foreach (var one in found)
        {
            table.AddRow(
                Markup.Escape(one.Connection),
                Markup.Escape(one.Format),
                one.Source is null ? "[yellow]none[/]" : Markup.Escape(one.Source.Address.AbsoluteUri),
                Markup.Escape(one.Why));
        }

        AnsiConsole.Write(table);
    }

    private static void WriteLines(IEnumerable<SourceResolution> found, TextWriter output)
    {
        foreach (var one in found)
        {
            output.WriteLine($"{one.Connection}\t{one.Format}\t{one.Source?.Address.AbsoluteUri}\t{one.Why}");
        }
    }
}
