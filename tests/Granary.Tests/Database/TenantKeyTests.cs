using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Database;

/// <summary>What lets a PostgreSQL that is spread over machines keep each tenant's rows on one of them. See decision 18.</summary>
public sealed class TenantKeyTests
{
    private static readonly string[] Tenants = ["domain_id", "account_id", "trail_id"];

    // The tenants themselves, and what is looked for before it is known whose it is: each found by its key alone, and small.
    private static readonly string[] Shared = ["access_keys", "accounts", "domains", "job_leases", "revoked_tokens", "trails"];

    [Fact]
    public void Every_key_and_every_unique_index_of_a_tenants_table_leads_with_the_tenant_and_no_key_points_to_another_table()
    {
        using var db = GranaryDatabase.PostgreSql("Host=127.0.0.1").Open();
        var tables = db.Model.GetEntityTypes().ToList();

        Assert.Equal(Shared, tables.Where(t => !Tenants.Contains(First(t.FindPrimaryKey()!.Properties))).Select(t => t.GetTableName()).Order(StringComparer.Ordinal));
        Assert.All(
            tables.Where(t => !Shared.Contains(t.GetTableName())),
            table => Assert.All(
                table.GetIndexes().Where(i => i.IsUnique),
                index => Assert.Equal(First(table.FindPrimaryKey()!.Properties), First(index.Properties))));
        Assert.Empty(tables.SelectMany(t => t.GetForeignKeys()));
    }

    private static string First(IReadOnlyList<Microsoft.EntityFrameworkCore.Metadata.IReadOnlyProperty> columns) => columns[0].GetColumnName();
}
