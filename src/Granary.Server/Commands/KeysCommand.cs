using System.CommandLine;
using System.Data.Common;
using System.Security.Cryptography;
using Granary.Core.Database;
using Granary.Server.Authentication;
using Granary.Server.Hosting;

namespace Granary.Server.Commands;

/// <summary><c>granary keys rotate</c>: replaces the keys in <c>keys/</c> of the data directory while the server is stopped.</summary>
internal static class KeysCommand
{
    private static readonly Option<string> Data = new("--data") { Description = "The data directory.", DefaultValueFactory = _ => ServeOptions.DefaultData };
    private static readonly Option<string?> Database = new("--database") { Description = "A PostgreSQL connection string. Default: SQLite in the data directory." };

    public static Command Create()
    {
        var rotate = new Command("rotate", "Replace the keys that sign tokens and seal secrets. Stop the server first, on all nodes.") { Data, Database };
        rotate.SetAction(RotateAsync);
        return new Command("keys", "The keys that are kept outside the database.") { rotate, EncryptionKeysCommand.Create() };
    }

    private static async Task<int> RotateAsync(ParseResult arguments, CancellationToken cancellation)
    {
        try
        {
            var options = Settings.Read(arguments.GetValue(Data)!, urls: null, arguments.GetValue(Database), quickstart: false);
            Demand(Path.Combine(options.Data, "keys", SecretSeal.FileName), $"There is no Granary in {options.Data}: it has no keys. Name its data directory with --data.");
            using var data = DataDirectory.Open(options.Data);
            if (options.Database is null)
            {
                Demand(data.Database, $"There is no database in {options.Data}. If it is on PostgreSQL, name it with --database.");
            }

            var database = GranaryHost.Database(options, data);
            await using var use = await DatabaseUse.HoldAloneAsync(database, cancellation);
            await database.MigrateAsync(cancellation);
            var count = await new KeyRotation(data.Path, database, TimeProvider.System).RunAsync(cancellation);
            await arguments.InvocationConfiguration.Output.WriteLineAsync(
                $"The keys are new. Secrets of access keys sealed anew: {count}. Authorization tokens and sessions that were given away stay good until they expire.");
            return 0;
        }
        catch (Exception failure) when (failure is InvalidOperationException or IOException or FormatException or InvalidDataException or DbException
            or CryptographicException or Core.Refusal)
        {
            await arguments.InvocationConfiguration.Error.WriteLineAsync($"granary: {failure.Message}");
            return 1;
        }
    }

    private static void Demand(string file, string otherwise)
    {
        if (!File.Exists(file))
        {
            throw new InvalidOperationException(otherwise);
        }
    }
}
