using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace Granary.Core.Database;

/// <summary>
/// Commits on PostgreSQL so that success means success where a standby has to have the commit too (<c>synchronous_standby_names</c>). While
/// the standby does not answer, the commit waits; Npgsql gives up after its command timeout and cancels it, and PostgreSQL, which cannot
/// take it back any more, then answers that it is committed, with a warning that the standby may not have it. Were the primary lost in
/// that state, so would be what was acknowledged.
/// </summary>
internal static class StandbyCommit
{
    // The function of PostgreSQL that warns, which is the same in every language of its messages.
    private const string Waiting = "SyncRepWaitForLSN";

    /// <exception cref="Refusal">It is committed, and whether it lasts nobody knows.</exception>
    public static async Task RunAsync(GranaryContext db, IDbContextTransaction transaction)
    {
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        var isAlone = false;
        void Hear(object sender, NpgsqlNoticeEventArgs said) => isAlone |= said.Notice.Routine is Waiting;
        connection.Notice += Hear;
        try
        {
            await transaction.CommitAsync(CancellationToken.None);
        }
        finally
        {
            connection.Notice -= Hear;
        }

        if (isAlone)
        {
            throw Refusal.Unavailable("The database's standby does not answer, so that the change is not safe yet. Send the request again later.");
        }
    }
}
