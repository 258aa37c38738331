using Granary.Core.Database;
using Granary.Server.Authentication;
using Granary.Server.Hosting;
using Microsoft.EntityFrameworkCore;

namespace Granary.Server.Diagnosis;

/// <summary>The keys: whether only their owner reads them, and whether they are those of the database.</summary>
internal static class KeyCheck
{
    private const string Topic = "keys";

    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    public static async Task<IReadOnlyList<Finding>> RunAsync(Patient patient, GranaryDatabase? database, CancellationToken cancellation)
    {
        List<Finding> findings = [Modes(patient)];
        // Looked for before they are used: a key that is not there would be made.
        if (!File.Exists(patient.Under("keys", SecretSeal.FileName)))
        {
            findings.Add(Finding.Bad(Topic, $"there is no {patient.Under("keys", SecretSeal.FileName)}", "Copy the folder keys of another node of this database, or of its backup. Without it no access key of the database can be used."));
        }
        else if (database is not null)
        {
            findings.AddRange(await SecretsAsync(patient, database, cancellation));
        }

        return findings;
    }

    private static Finding Modes(Patient patient)
    {
        if (OperatingSystem.IsWindows())
        {
            return Finding.Note(Topic, "who may read them is not looked at on Windows");
        }

        var open = DataDirectory.PrivateFolders.Select(folder => patient.Under(folder)).Where(Directory.Exists).SelectMany(Directory.GetFiles)
            .Where(file => !file.EndsWith(".crt", StringComparison.Ordinal) && IsOpen(file)).ToList();
        return open.Count == 0
            ? Finding.Good(Topic, "only their owner may read them")
            : Finding.Bad(Topic, $"others may read {string.Join(", ", open)}", $"chmod 600 {string.Join(' ', open)} — and if others use this machine, replace the keys: granary keys rotate");
    }

    private static bool IsOpen(string file) => !OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & Others) != 0;

    private static async Task<IReadOnlyList<Finding>> SecretsAsync(Patient patient, GranaryDatabase database, CancellationToken cancellation)
    {
        SecretSeal seal;
        try
        {
            seal = new SecretSeal(patient.Data);
        }
        catch (Exception failure) when (failure is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return [Finding.Bad(Topic, failure.Message, "Restore the folder keys from a backup, and run this as the user that runs Granary.")];
        }

        await using var db = database.Open();
        var accessKeys = await AccessKeysAsync(db, seal, cancellation);
        return await ConnectionsAsync(db, seal, cancellation) is { } connections ? [accessKeys, connections] : [accessKeys];
    }

    private static async Task<Finding> AccessKeysAsync(GranaryContext db, SecretSeal seal, CancellationToken cancellation)
    {
        var (count, closed) = (0, new List<string>());
        await foreach (var key in db.AccessKeys.AsNoTracking().Select(k => new { k.Id, k.SealedSecret }).AsAsyncEnumerable().WithCancellation(cancellation))
        {
            count++;
            if (!seal.Opens(key.SealedSecret, key.Id))
            {
                closed.Add(key.Id);
            }
        }

        return closed.Count == 0
            ? Finding.Good(Topic, $"they open the secrets of all {count} access keys in the database")
            : Finding.Bad(Topic, $"they do not open the secrets of {closed.Count} of {count} access keys, first {closed[0]}", "The keys are of another database. Copy the folder keys of a node of this database, or of its backup.");
    }

    /// <summary>What connections of API destinations are authorised with; null where none is.</summary>
    private static async Task<Finding?> ConnectionsAsync(GranaryContext db, SecretSeal seal, CancellationToken cancellation)
    {
        var (count, closed) = (0, new List<string>());
        var connections = db.EventConnections.AsNoTracking().Where(c => c.SealedParameters != null).OrderBy(c => c.AccountId).ThenBy(c => c.Name);
        await foreach (var connection in connections.AsAsyncEnumerable().WithCancellation(cancellation))
        {
            count++;
            if (!seal.Opens(connection.SealedParameters!, connection.Id))
            {
                closed.Add($"{connection.Name} of account {connection.AccountId}");
            }
        }

        return (count, closed.Count) switch
        {
            (0, _) => null,
            (_, 0) => Finding.Good(Topic, $"they open the secrets of all {count} connections of API destinations"),
            _ => Finding.Bad(
                Topic,
                $"they do not open the secrets of {closed.Count} of {count} connections of API destinations, first {closed[0]}",
                "Copy the folder keys of a node of this database, or of its backup. If those keys are lost: aws events deauthorize-connection, then aws events update-connection with the secrets anew."),
        };
    }
}
