using System.CommandLine;
using System.Data.Common;
using Granary.Core;
using Granary.Core.Database;
using Granary.Core.Scrub;
using Granary.Server.Hosting;

namespace Granary.Server.Commands;

/// <summary><c>granary scrub</c>: reads every asset and compares it with what was published. Ends with 1 where one is damaged.</summary>
internal static class ScrubCommand
{
    private static readonly Option<string> Data = new("--data") { Description = "The data directory.", DefaultValueFactory = _ => ServeOptions.DefaultData };
    private static readonly Option<string?> Database = new("--database") { Description = "A PostgreSQL connection string. Default: as the server's." };

    public static Command Create()
    {
        var command = new Command("scrub", "Read every stored asset, set aside what rotted, and fetch it again where it came from a public source.") { Data, Database };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var (output, errors) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        try
        {
            var options = Settings.Read(parsed.GetValue(Data)!, null, parsed.GetValue(Database), quickstart: false);
            using var data = MaintenanceDirectory.Open(options, "scrubs");
            await using var app = GranaryHost.Build(options, data);
            if (data.IsOwned)
            {
                await app.Services.GetRequiredService<GranaryDatabase>().MigrateAsync(cancellation);
            }

            var scrubber = app.Services.GetRequiredService<Scrubber>();
            if (await scrubber.RunAsync(onlyWhenDue: false, damage => output.WriteLineAsync(damage.ToString()), cancellation) is not { } report)
            {
                await errors.WriteLineAsync("granary: Another node is scrubbing. Its log says what it finds; run this again when it is done.");
                return 1;
            }

            await output.WriteLineAsync($"Scrub: {report}.");
            return report.Damaged == 0 ? 0 : 1;
        }
        catch (Exception failure) when (failure is InvalidOperationException or IOException or FormatException or InvalidDataException or DbException or Refusal or UnauthorizedAccessException)
        {
            await errors.WriteLineAsync($"granary: {failure.Message}");
            return 1;
        }
    }
}
