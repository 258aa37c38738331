using Granary.Core.Database;
using Granary.Server.Hosting;

namespace Granary.Server.Commands;

/// <summary>The database of a server that may run meanwhile.</summary>
internal static class DatabaseBeside
{
    /// <exception cref="InvalidOperationException">There is none in the data directory, and none on PostgreSQL was named.</exception>
    public static GranaryDatabase Open(ServeOptions options)
    {
        if (options.Database is { } connection)
        {
            return GranaryDatabase.PostgreSql(connection);
        }

        var path = Path.GetFullPath(Path.Combine(options.Data, "granary.db"));
        // Opening it would make it.
        return File.Exists(path) ? GranaryDatabase.Sqlite(path) : throw new InvalidOperationException($"There is no database at {path}. Name the data directory with --data.");
    }
}
