using System.Runtime.CompilerServices;
using Granary.Core.Database;
using Granary.Server.Hosting;

namespace Granary.Server.Diagnosis;

/// <summary>All checks in an order in which each finding explains those below it. Nothing is changed but for probes that are removed again.</summary>
internal static class Doctor
{
    /// <param name="data">The data directory.</param>
    /// <param name="connection">A PostgreSQL connection string, or null for what the settings say.</param>
    public static async IAsyncEnumerable<Finding> RunAsync(string data, string? connection, TimeProvider clock, [EnumeratorCancellation] CancellationToken cancellation)
    {
        data = Path.GetFullPath(data);
        if (!Directory.Exists(data))
        {
            yield return Finding.Bad("data directory", $"there is no {data}", "Name the data directory of a server with --data, or start one: granary serve --data DIR");
            yield break;
        }

        var (options, settings) = ReadSettings(data, connection);
        yield return settings;
        var patient = new Patient(data, options, Open(data, options), clock);
        foreach (var finding in DirectoryCheck.Run(patient))
        {
            yield return finding;
        }

        var database = await DatabaseCheck.RunAsync(patient, cancellation);
        var answers = database is [{ Kind: FindingKind.Good }, { Kind: FindingKind.Good }, ..] ? patient.Database : null;
        foreach (var finding in database
            .Concat(await AskAsync("storage", () => StorageCheck.RunAsync(patient, answers, cancellation)))
            .Concat(answers is null ? [] : await AskAsync("clock", () => ClockCheck.RunAsync(patient, answers, cancellation)))
            .Concat(await AskAsync("keys", () => KeyCheck.RunAsync(patient, answers, cancellation)))
            .Concat(answers is null ? [] : await AskAsync("encryption", () => EncryptionCheck.RunAsync(patient, answers, cancellation)))
            .Concat(CertificateCheck.Run(patient)))
        {
            yield return finding;
        }

        foreach (var finding in await AskAsync("source", () => SourceCheck.RunAsync(patient, answers, cancellation)))
        {
            yield return finding;
        }
    }

    /// <summary>A database that answers may fail at the next question.</summary>
    private static async Task<IReadOnlyList<Finding>> AskAsync(string topic, Func<Task<IReadOnlyList<Finding>>> check)
    {
        try
        {
            return await check();
        }
        catch (Exception failure) when (DatabaseCheck.CauseOf(failure) is not null)
        {
            return [Finding.Bad(topic, $"the database failed when it was asked: {DatabaseCheck.CauseOf(failure)!.Message}", "See what is said of the database above.")];
        }
    }

    private static (ServeOptions Options, Finding Finding) ReadSettings(string data, string? connection)
    {
        try
        {
            return (Settings.Read(data, null, connection, quickstart: false), Finding.Good("settings", "all are known and can be what they are for"));
        }
        catch (Exception fault) when (fault is FormatException or InvalidDataException)
        {
            // What is wrong with the rest can be said all the same, as far as it does not depend on it.
            return (new ServeOptions { Data = data, Database = connection }, Finding.Bad("settings", (fault.InnerException ?? fault).Message, $"Correct {Path.Combine(data, "granary.json")} or the environment: a server does not start with it."));
        }
    }

    private static GranaryDatabase? Open(string data, ServeOptions options)
    {
        if (options.Database is { } connection)
        {
            return GranaryDatabase.PostgreSql(connection);
        }

        // Opening it would make it.
        var path = Path.Combine(data, "granary.db");
        return File.Exists(path) ? GranaryDatabase.Sqlite(path) : null;
    }
}
