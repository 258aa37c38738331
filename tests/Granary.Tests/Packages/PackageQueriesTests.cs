using Granary.Core.Database;
using Granary.Core.Packages;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Packages;

public sealed class PackageQueriesOnSqliteTests() : PackageQueriesContract(Engine.Sqlite)
{
    protected override Task<string> PlanAsync(GranaryContext db, IQueryable<Package> query) =>
        QueryPlan.ReadAsync(db, "EXPLAIN QUERY PLAN ", query, column: 3);
}

public sealed class PackageQueriesOnPostgreSqlTests() : PackageQueriesContract(Engine.PostgreSql)
{
    protected override async Task<string> PlanAsync(GranaryContext db, IQueryable<Package> query)
    {
        await db.Database.OpenConnectionAsync(CancellationToken.None);
        // An empty table is scanned whatever the indexes are.
        await db.Database.ExecuteSqlRawAsync("SET enable_seqscan = off; SET enable_bitmapscan = off", CancellationToken.None);
        return await QueryPlan.ReadAsync(db, "EXPLAIN ", query, column: 0);
    }
}

/// <summary>Asks an engine how it would run a query.</summary>
internal static class QueryPlan
{
    public static async Task<string> ReadAsync<T>(GranaryContext db, string explain, IQueryable<T> query, int column)
    {
        await db.Database.OpenConnectionAsync(CancellationToken.None);
        await using var command = query.CreateDbCommand();
#pragma warning disable CA2100 // EF Core's own text, with its own parameters.
        command.CommandText = explain + command.CommandText;
#pragma warning restore CA2100
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        var lines = new List<string>();
        while (await reader.ReadAsync(CancellationToken.None))
        {
            lines.Add(reader.GetString(column));
        }

        return string.Join('\n', lines);
    }
}
