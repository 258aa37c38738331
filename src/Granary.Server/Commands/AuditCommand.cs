using System.CommandLine;
using System.Data.Common;
using System.Globalization;
using Granary.Core.Database;
using Granary.Core.Trail;
using Granary.Server.Hosting;

namespace Granary.Server.Commands;

/// <summary><c>granary audit</c>: reads the audit trail where it is stored. The server may run meanwhile; nothing is written.</summary>
internal static class AuditCommand
{
    private static readonly Option<string> Data = new("--data") { Description = "The data directory.", DefaultValueFactory = _ => ServeOptions.DefaultData };
    private static readonly Option<string?> Database = new("--database") { Description = "A PostgreSQL connection string. Default: what the server is configured with, else SQLite in the data directory." };
    private static readonly Option<string?> Account = new("--account") { Description = "Only the copies of this account." };
    private static readonly Option<string?> From = new("--from") { Description = "The first moment, such as 2026-01-31 or 2026-01-31T12:00:00Z." };
    private static readonly Option<string?> To = new("--to") { Description = "The first moment that is left out." };

    public static Command Create()
    {
        var verify = new Command("verify", "Check every chain of the audit trail; ends with 1 where a record was changed, removed or moved.") { Data, Database };
        verify.SetAction((parsed, cancellation) => RunAsync(parsed, VerifyAsync, cancellation));
        var export = new Command("export", "Write the records as lines of JSON.") { Data, Database, Account, From, To };
        export.SetAction((parsed, cancellation) => RunAsync(parsed, ExportAsync, cancellation));
        return new Command("audit", "Verify and export the audit trail.") { verify, export };
    }

    private static async Task<int> RunAsync(
        ParseResult parsed, Func<ParseResult, ServeOptions, GranaryDatabase, CancellationToken, Task<int>> work, CancellationToken cancellation)
    {
        try
        {
            var options = Settings.Read(parsed.GetValue(Data)!, null, parsed.GetValue(Database), quickstart: false);
            return await work(parsed, options, DatabaseBeside.Open(options), cancellation);
        }
        catch (Exception failure) when (failure is InvalidOperationException or IOException or FormatException or InvalidDataException or DbException or UnauthorizedAccessException)
        {
            await parsed.InvocationConfiguration.Error.WriteLineAsync($"granary: {failure.Message}");
            return 1;
        }
    }

    private static async Task<int> VerifyAsync(ParseResult parsed, ServeOptions options, GranaryDatabase database, CancellationToken cancellation)
    {
        var key = Path.GetFullPath(Path.Combine(options.Data, "keys", "trail.key"));
        if (!File.Exists(key))
        {
            throw new InvalidOperationException($"The key of the audit trail is not at {key}. Name the data directory with --data.");
        }

        var (output, errors) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        var verification = new TrailVerification(database, new TrailSeal(await File.ReadAllBytesAsync(key, cancellation)));
        var faults = 0;
        await foreach (var finding in verification.RunAsync(cancellation))
        {
            foreach (var fault in finding.Faults)
            {
                await errors.WriteLineAsync(fault.Segment is { } segment ? $"{fault.Chain} segment {segment}: {fault.Message}" : $"{fault.Chain}: {fault.Message}");
            }

            faults += finding.Faults.Count;
            if (finding.Chain != TrailHead.Registry)
            {
                await output.WriteLineAsync($"{finding.Chain}\t{finding.First}-{finding.Last}\t{finding.Head}\t{(finding.Faults.Count == 0 ? "intact" : "FAULTY")}");
            }
        }

        return faults == 0 ? 0 : 1;
    }

    private static async Task<int> ExportAsync(ParseResult parsed, ServeOptions options, GranaryDatabase database, CancellationToken cancellation)
    {
        var output = parsed.InvocationConfiguration.Output;
        var (from, to) = (Moment(parsed, From), Moment(parsed, To));
        await foreach (var line in new TrailExport(database).RunAsync(parsed.GetValue(Account), from, to, cancellation))
        {
            // Not the system's end of line: these are JSON lines everywhere.
            await output.WriteAsync(line);
            await output.WriteAsync('\n');
        }

        await output.FlushAsync(cancellation);
        return 0;
    }

    private static DateTimeOffset? Moment(ParseResult parsed, Option<string?> option) => parsed.GetValue(option) is not { } text
        ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
            ? moment
            : throw new FormatException($"{option.Name}: '{text}' is no moment. Write one such as 2026-01-31T12:00:00Z.");
}
