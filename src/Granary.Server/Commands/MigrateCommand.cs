using System.CommandLine;
using Granary.Core.Database;
using Granary.Core.Transfer;
using Granary.Server.Encryption;
using Granary.Server.Hosting;
using Npgsql;

namespace Granary.Server.Commands;

/// <summary><c>granary migrate</c>: moves a stopped server from SQLite to PostgreSQL or back, with its assets and keys.</summary>
internal static class MigrateCommand
{
    private static readonly Option<string> FromData = new("--from-data") { Description = "The data directory that is moved.", Required = true };
    private static readonly Option<string?> FromDatabase = new("--from-database") { Description = "Its PostgreSQL connection string. Default: as its granary.json says, else SQLite." };
    private static readonly Option<string> ToData = new("--to-data") { Description = "A data directory that is empty or not there.", Required = true };
    private static readonly Option<string?> ToDatabase = new("--to-database") { Description = "A connection string of an empty PostgreSQL database. Default: as its granary.json says, else SQLite." };

    public static Command Create() => TransferCommand.With(
        new Command("migrate", "Move a stopped server to another database and data directory. Broken off, it goes on when it is run again.") { FromData, FromDatabase, ToData, ToDatabase }, RunAsync);

    private static async Task RunAsync(ParseResult parsed, ProgressDisplay display, CancellationToken cancellation)
    {
        DemandStorageOfEachSide();
        var from = Settings.Read(parsed.GetValue(FromData)!, null, parsed.GetValue(FromDatabase), quickstart: false);
        var to = Settings.Read(parsed.GetValue(ToData)!, null, parsed.GetValue(ToDatabase), quickstart: false);
        if (Path.GetFullPath(from.Data) == Path.GetFullPath(to.Data))
        {
            throw new InvalidOperationException("--from-data and --to-data name one directory. Name a new one: the old one is left as it is, to go back to.");
        }

        if (from.Database is not null && from.Database == to.Database)
        {
            throw new InvalidOperationException("--from-database and --to-database name one database. Name an empty one to migrate to.");
        }

        // Looked for before the lock, which would make the directory.
        using (DataDirectory.Beside(from.Data))
        {
        }

        using var source = DataDirectory.Open(from.Data);
        TransferCommand.DemandDatabase(from, source);
        using var target = DataDirectory.OpenToFill(to.Data);
        var (old, fresh) = (GranaryHost.Database(from, source), GranaryHost.Database(to, target));
        await fresh.CreateAsync(cancellation);
        await using var oldUse = await DatabaseUse.HoldAloneAsync(old, cancellation);
        await using var freshUse = await DatabaseUse.HoldAloneAsync(fresh, cancellation);
        await Restore.DemandCompleteAsync(old, cancellation);
        await old.MigrateAsync(cancellation);
        var place = new ArrivalPlace(target.Path, fresh, () => GranaryHost.Storage(to, target), TransferCommand.AllowedFiles, DemandAsync);
        async Task DemandAsync(CancellationToken waiting)
        {
            await oldUse.DemandAsync(waiting);
            await freshUse.DemandAsync(waiting);
        }

        var migration = new Migration(old, EncryptionServices.Sealed(from, source.Path, old, GranaryHost.Storage(from, source)), source.ReadPrivate(), place);
        var result = await migration.RunAsync(Name(from, source), display, cancellation);
        await display.EndAsync(
            $"""
            Everything has arrived and is verified: {result.Rows} rows and {result.Assets} assets ({TransferCommand.Size(result.AssetBytes)}), of which {result.Skipped} files were there already.
            Start it with: granary serve --data {target.Path}{(to.Database is null ? "" : " --database …")}
            {source.Path} is left as it was. Start no server on it any more.
            """);
    }

    /// <summary>What the environment says counts for both sides, and would have bytes looked for where they are to go.</summary>
    private static void DemandStorageOfEachSide()
    {
        var said = new ConfigurationBuilder().AddEnvironmentVariables().AddEnvironmentVariables("GRANARY_").Build().GetSection(StorageSettings.Section);
        if (said["Kind"] is not null || said["S3:Bucket"] is not null || said["Azure:Container"] is not null)
        {
            throw new InvalidOperationException(
                "Storage:… is set in the environment, where it counts for both sides. Unset it, and write Storage into the granary.json of each side's directory that keeps assets in an object store.");
        }
    }

    // Without a password.
    private static string Name(ServeOptions options, DataDirectory data) => options.Database is null
        ? data.Path
        : new NpgsqlConnectionStringBuilder(options.Database) is var connection ? $"{data.Path} with the database {connection.Database} on {connection.Host}:{connection.Port}" : "";
}
