using System.CommandLine;
using System.Data.Common;
using Granary.Core;
using Granary.Core.Collection;
using Granary.Core.Database;
using Granary.Server.Hosting;

namespace Granary.Server.Commands;

/// <summary>
/// <c>granary collect</c>: one round of the collection, beside the servers on PostgreSQL. SQLite has one writing process: there the server
/// is stopped first, or only looked at.
/// </summary>
internal static class CollectCommand
{
    private static readonly Option<string> Data = new("--data") { Description = "The data directory.", DefaultValueFactory = _ => ServeOptions.DefaultData };
    private static readonly Option<string?> Database = new("--database") { Description = "A PostgreSQL connection string. Default: as the server's." };
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Only say what would be removed; the server may run meanwhile." };

    public static Command Create()
    {
        var command = new Command("collect", "Remove stored bytes that no package version names any more.") { Data, Database, DryRun };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        try
        {
            var options = Settings.Read(parsed.GetValue(Data)!, null, parsed.GetValue(Database), quickstart: false);
            using var data = parsed.GetValue(DryRun) ? DataDirectory.Beside(options.Data) : MaintenanceDirectory.Open(options, "collects");
            await using var app = GranaryHost.Build(options, data);
            return await RunAsync(parsed, app.Services, data, cancellation);
        }
        catch (Exception failure) when (failure is InvalidOperationException or IOException or FormatException or InvalidDataException or DbException or Refusal or UnauthorizedAccessException)
        {
            await parsed.InvocationConfiguration.Error.WriteLineAsync($"granary: {failure.Message}");
            return 1;
        }
    }

    private static async Task<int> RunAsync(ParseResult parsed, IServiceProvider services, DataDirectory data, CancellationToken cancellation)
    {
        var (output, errors) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        var collector = services.GetRequiredService<Collector>();
        if (data.IsOwned)
        {
            await services.GetRequiredService<GranaryDatabase>().MigrateAsync(cancellation);
        }

        var isDry = parsed.GetValue(DryRun);
        if ((isDry ? await collector.PreviewAsync(cancellation) : await collector.RunAsync(onlyWhenDue: false, cancellation)) is not { } report)
        {
            await errors.WriteLineAsync("granary: Another node is collecting. Its log says what it removes; run this again when it is done.");
            return 1;
        }

        await output.WriteLineAsync(isDry ? $"Nothing was changed. Would have {report}." : $"Collection: {report}.");
        if (!report.IsOfAnother)
        {
            return 0;
        }

        await errors.WriteLineAsync(
            "granary: The storage belongs to another database, so that what this one does not name was left there. Name the right one with --database, or see docs/operations.md, Collection.");
        return 1;
    }
}
