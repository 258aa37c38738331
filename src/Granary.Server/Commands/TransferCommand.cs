using System.CommandLine;
using System.Data.Common;
using Granary.Core;
using Granary.Server.Diagnosis;
using Granary.Server.Hosting;

namespace Granary.Server.Commands;

/// <summary>What the commands that copy databases and assets share.</summary>
internal static class TransferCommand
{
    /// <summary>What may lie in a data directory that is filled: the settings, which no backup holds, and the lock of the command itself.</summary>
    public static readonly IReadOnlyCollection<string> AllowedFiles = ["granary.json", DataDirectory.LockName];

    public static Command With(Command command, Func<ParseResult, ProgressDisplay, CancellationToken, Task> run)
    {
        command.SetAction(async (parsed, cancellation) =>
        {
            try
            {
                await using var display = ProgressDisplay.Start(parsed.InvocationConfiguration.Output);
                await run(parsed, display, cancellation);
                return 0;
            }
            catch (Exception failure) when (failure is InvalidOperationException or IOException or FormatException or InvalidDataException or DbException
                or UnauthorizedAccessException or OperationCanceledException or Refusal)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync($"granary: {(DatabaseCheck.CauseOf(failure) ?? failure).Message}");
                return 1;
            }
        });
        return command;
    }

    /// <summary>Opening an SQLite database makes it; one that is read must be there.</summary>
    /// <exception cref="InvalidOperationException">It is not.</exception>
    public static void DemandDatabase(ServeOptions options, DataDirectory data)
    {
        if (options.Database is null && !File.Exists(data.Database))
        {
            throw new InvalidOperationException($"There is no database in {data.Path}. If it is on PostgreSQL, name it with --database.");
        }
    }

    /// <summary>Bytes as people read them.</summary>
    public static string Size(long bytes) => bytes switch
    {
        < 1 << 10 => $"{bytes} bytes",
        < 1 << 20 => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.0} KiB"),
        < 1 << 30 => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB"),
        _ => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:0.0} GiB"),
    };
}
