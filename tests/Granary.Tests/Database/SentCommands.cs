using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics;
using Granary.Core.Database;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Granary.Tests.Database;

/// <summary>
/// Listens to what EF Core sends to one database, by whomever. It has to be there before the first context is: one that finds nobody
/// listening does not look again for a second.
/// </summary>
internal sealed class SentCommands : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private readonly ConcurrentQueue<SentCommand> commands = new();
    private readonly List<IDisposable> subscriptions = [];
    private volatile string? wanted;

    public SentCommands() => subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));

    /// <summary>What the work sends to a database, in order.</summary>
    public async Task<IReadOnlyList<SentCommand>> DuringAsync(GranaryDatabase database, Func<Task> work)
    {
        await using (var db = database.Open())
        {
            wanted = db.Database.GetConnectionString();
        }

        await work();
        wanted = null;
        return [.. commands];
    }

    public void OnNext(DiagnosticListener value)
    {
        if (value.Name == DbLoggerCategory.Name)
        {
            lock (subscriptions)
            {
                subscriptions.Add(value.Subscribe(this, name => name == RelationalEventId.CommandExecuting.Name));
            }
        }
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Value is CommandEventData { Command: { } command } && command.Connection?.ConnectionString == wanted)
        {
            commands.Enqueue(new SentCommand(command.CommandText, [.. command.Parameters.Cast<DbParameter>().Select(Copy)]));
        }
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    public void Dispose()
    {
        lock (subscriptions)
        {
            subscriptions.ForEach(s => s.Dispose());
        }
    }

    private static DbParameter Copy(DbParameter parameter) =>
        parameter is ICloneable cloneable ? (DbParameter)cloneable.Clone() : new SqliteParameter(parameter.ParameterName, parameter.Value);
}

/// <summary>A statement with the values it was sent with.</summary>
public sealed record SentCommand(string Text, IReadOnlyList<DbParameter> Parameters)
{
    /// <summary>The plan, a step a line.</summary>
    public async Task<string> ExplainAsync(GranaryContext db, string explain, int column)
    {
        await db.Database.OpenConnectionAsync(CancellationToken.None);
        await using var command = db.Database.GetDbConnection().CreateCommand();
#pragma warning disable CA2100 // EF Core's own text, with its own parameters.
        command.CommandText = explain + Text;
#pragma warning restore CA2100
        command.Parameters.AddRange(Parameters.ToArray());
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        var lines = new List<string>();
        while (await reader.ReadAsync(CancellationToken.None))
        {
            lines.Add(reader.GetString(column));
        }

        return string.Join('\n', lines);
    }
}
