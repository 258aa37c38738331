using Granary.Core;
using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Database;

/// <summary>What of a database's failures a client may retry.</summary>
public sealed class StorageFailureTests
{
    [Fact]
    public async Task A_primary_that_none_of_the_named_hosts_is_may_come_back()
    {
        // Nobody listens there. From the second time on Npgsql does not even try, and says so in words of its own.
        var database = GranaryDatabase.PostgreSql("Host=127.0.0.1:1,127.0.0.1:2;Username=granary;Target Session Attributes=primary");
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var failure = await Record.ExceptionAsync(async () =>
            {
                await using var db = database.Open();
                await db.Accounts.CountAsync(CancellationToken.None);
            });
            Assert.Equal(RefusalKind.Unavailable, StorageFailure.Of(failure!)?.Kind);
        }
    }

    [Fact]
    public async Task A_statement_that_the_server_does_not_understand_is_a_bug()
    {
        var database = GranaryDatabase.PostgreSql(await Databases.PostgreSqlConnectionStringAsync());
        await using var db = database.Open();
        var failure = await Record.ExceptionAsync(() => db.Database.ExecuteSqlRawAsync("SELEKT 1", CancellationToken.None));
        Assert.NotNull(failure);
        Assert.Null(StorageFailure.Of(failure));
    }
}
