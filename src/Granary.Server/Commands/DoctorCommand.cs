using System.CommandLine;
using Granary.Server.Diagnosis;
using Granary.Server.Hosting;

namespace Granary.Server.Commands;

/// <summary>
/// <c>granary doctor</c>: a line for each check, beside a running server or without one. Exit code 1 when anything is wrong.
/// </summary>
internal static class DoctorCommand
{
    private static readonly Option<string> Data = new("--data") { Description = "The data directory.", DefaultValueFactory = _ => ServeOptions.DefaultData };
    private static readonly Option<string?> Database = new("--database") { Description = "A PostgreSQL connection string. Default: as the server's." };

    public static Command Create()
    {
        var command = new Command("doctor", "Check storage, database, clock, keys, certificate and public sources, and say what to do.") { Data, Database };
        command.SetAction(async (parsed, cancellation) =>
        {
            var output = parsed.InvocationConfiguration.Output;
            var bad = 0;
            await foreach (var finding in Doctor.RunAsync(parsed.GetValue(Data)!, parsed.GetValue(Database), TimeProvider.System, cancellation))
            {
                await output.WriteLineAsync(finding.ToString());
                bad += finding.Kind is FindingKind.Bad ? 1 : 0;
            }

            await output.WriteLineAsync(bad == 0 ? "Nothing is wrong." : bad == 1 ? "1 thing is wrong." : $"{bad} things are wrong.");
            return bad == 0 ? 0 : 1;
        });
        return command;
    }
}
