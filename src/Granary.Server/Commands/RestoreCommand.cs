using System.CommandLine;
using Granary.Core.Database;
using Granary.Core.Transfer;
using Granary.Server.Encryption;
using Granary.Server.Hosting;

namespace Granary.Server.Commands;

/// <summary><c>granary restore DIR</c>: fills an empty data directory, and an empty database, from a snapshot.</summary>
internal static class RestoreCommand
{
    private static readonly Argument<string> Folder = new("DIR") { Description = "The folder that granary backup wrote." };
    private static readonly Option<string?> Snapshot = new("--snapshot") { Description = "The name of a snapshot, such as 20260131T120000Z. Default: the newest." };
    private static readonly Option<string> Data = new("--data") { Description = "A data directory that is empty or not there.", DefaultValueFactory = _ => ServeOptions.DefaultData };
    private static readonly Option<string?> Database = new("--database") { Description = "A connection string of an empty PostgreSQL database. Default: SQLite in the data directory." };

    public static Command Create() =>
        TransferCommand.With(new Command("restore", "Restore a backup into an empty place. Broken off, it goes on when it is run again.") { Folder, Snapshot, Data, Database }, RunAsync);

    private static async Task RunAsync(ParseResult parsed, ProgressDisplay display, CancellationToken cancellation)
    {
        var options = Settings.Read(parsed.GetValue(Data)!, null, parsed.GetValue(Database), quickstart: false);
        var folder = new BackupFolder(parsed.GetValue(Folder)!);
        if (folder.List().Count == 0)
        {
            throw new InvalidOperationException($"{folder.Path} holds no complete snapshot. Name the folder that granary backup wrote.");
        }

        using var data = DataDirectory.OpenToFill(options.Data);
        var database = GranaryHost.Database(options, data);
        await database.CreateAsync(cancellation);
        await using var use = await DatabaseUse.HoldAloneAsync(database, cancellation);
        var restore = new Restore(folder, new ArrivalPlace(data.Path, database, () => EncryptionServices.Sealed(options, data.Path, database, GranaryHost.Storage(options, data)), TransferCommand.AllowedFiles, use.DemandAsync));
        var (snapshot, result) = await restore.RunAsync(parsed.GetValue(Snapshot), display, cancellation);
        await display.EndAsync(
            $"""
            The snapshot {snapshot} is restored and verified: {result.Rows} rows and {result.Assets} assets ({TransferCommand.Size(result.AssetBytes)}), of which {result.Skipped} files were there already.
            Start it with: granary serve --data {data.Path}{(options.Database is null ? "" : " --database …")}
            """);
        if (result.Lost.Count > 0)
        {
            throw new InvalidDataException(
                $"""
                The snapshot lacks {result.Lost.Count} assets, which were missing or damaged when it was taken. They answer 503 until the same bytes are published again; granary scrub names the versions.
                {string.Join('\n', result.Lost.Take(20))}
                """);
        }
    }
}
