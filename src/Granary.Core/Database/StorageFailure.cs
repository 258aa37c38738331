using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Granary.Core.Database;

/// <summary>
/// Tells a failing disk or a lost server, which a client may retry, from a bug in a statement, which it may not. The edge
/// asks it about whatever a read threw; writes have asked it already.
/// </summary>
public static class StorageFailure
{
    // Primary result codes, sqlite.org/rescode.html.
    private const int Busy = 5;
    private const int ReadOnly = 8;
    private const int IoError = 10;
    private const int Full = 13;
    private const int CannotOpen = 14;

    /// <summary>The refusal that the failure is, or null when it is a bug.</summary>
    public static Refusal? Of(Exception failure)
    {
        // EF Core wraps what a save threw, and its PostgreSQL provider wraps everything transient once more.
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case Refusal refusal:
                    return refusal;
                case SqliteException { SqliteErrorCode: Full } or DbException { SqlState: "53100" }:
                    return Refusal.StorageFull(failure);
                case SqliteException { SqliteErrorCode: Busy or ReadOnly or IoError or CannotOpen }:
                    return Refusal.Unavailable("The database cannot be written at the moment. Send the request again later.", failure);
                case DbException { IsTransient: true }:
                case DbException { SqlState: { } state } when IsServerTrouble(state):
                // Not the server's word but Npgsql's own: none of the hosts that are named can be reached, or is the primary.
                case NpgsqlException when cause.GetType() == typeof(NpgsqlException):
                    return Lost(failure);
                default:
                    break;
            }
        }

        return null;
    }

    /// <summary>What is said where the connection to the server is gone.</summary>
    internal static Refusal Lost(Exception cause) => Refusal.Unavailable("The database cannot be reached at the moment. Send the request again later.", cause);

    // PostgreSQL's Appendix A: 08 connection, 53 resources, 57P operator intervention (a stop, a crash), 58 system error;
    // 25006 is what a server says that has become a read-only replica.
    private static bool IsServerTrouble(string state) =>
        state is "25006" || (state.Length == 5 && (state[..2] is "08" or "53" or "58" || state[..3] is "57P"));
}
