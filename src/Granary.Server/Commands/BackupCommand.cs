using System.CommandLine;
using Granary.Core.Database;
using Granary.Core.Transfer;
using Granary.Server.Encryption;
using Granary.Server.Hosting;

namespace Granary.Server.Commands;

/// <summary><c>granary backup DIR</c>: a snapshot beside a running server, or without one.</summary>
internal static class BackupCommand
{
    private static readonly Argument<string> Folder = new("DIR") { Description = "Where backups are kept. Each run adds a snapshot, and the assets that are new." };
    private static readonly Option<string> Data = new("--data") { Description = "The data directory.", DefaultValueFactory = _ => ServeOptions.DefaultData };
    private static readonly Option<string?> Database = new("--database") { Description = "A PostgreSQL connection string. Default: as the server's." };
    private static readonly Option<bool> Verify = new("--verify") { Description = "Read the assets that DIR has already, too, and replace those that are damaged." };

    public static Command Create() =>
        TransferCommand.With(new Command("backup", "Take a backup, beside a running server or without one.") { Folder, Data, Database, Verify }, RunAsync);

    private static async Task RunAsync(ParseResult parsed, ProgressDisplay display, CancellationToken cancellation)
    {
        var options = Settings.Read(parsed.GetValue(Data)!, null, parsed.GetValue(Database), quickstart: false);
        using var data = DataDirectory.Beside(options.Data);
        TransferCommand.DemandDatabase(options, data);
        var folder = new BackupFolder(parsed.GetValue(Folder)!);
        if (folder.Path.StartsWith(data.Path + Path.DirectorySeparatorChar, StringComparison.Ordinal) || folder.Path == data.Path)
        {
            throw new InvalidOperationException($"{folder.Path} is in the data directory, and would be lost with it. Name a folder elsewhere, best on another disk.");
        }

        var database = GranaryHost.Database(options, data);
        await using var use = await DatabaseUse.ShareAsync(database, cancellation);
        await Restore.DemandCompleteAsync(database, cancellation);
        var result = await new Backup(database, EncryptionServices.Sealed(options, data.Path, database, GranaryHost.Storage(options, data)), data.ReadPrivate, TimeProvider.System)
            .RunAsync(folder, parsed.GetValue(Verify), display, cancellation);
        var complete = result.Lost.Count == 0 ? "is complete" : $"is complete but for {result.Lost.Count} of the assets";
        await display.EndAsync(
            $"The snapshot {result.Snapshot} in {folder.Path} {complete}: {result.Rows} rows and {result.Assets} assets ({TransferCommand.Size(result.AssetBytes)}), of which {result.NewFiles} files ({TransferCommand.Size(result.NewBytes)}) are new there.{(result.Unread == 0 ? "" : $"\n{result.Unread} assets were copied as they lie there and not compared, since the encryption key of their domain cannot be used.")}");
        if (result.Lost.Count > 0)
        {
            throw new InvalidDataException(
                $"""
                These assets are missing or damaged in the storage, and not in the snapshot. Everything else is.
                {result.LostLines}
                Publish the same bytes again or delete those versions (docs/operations.md, Scrub), and run the backup again.
                """);
        }
    }
}
