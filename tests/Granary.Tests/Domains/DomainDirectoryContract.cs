using Granary.Core.Database;
using Granary.Core.Events;
using Granary.Tests.Events;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Domains;

public abstract class DomainDirectoryContract(Engine engine) : WorldContract(engine)
{
    [Fact]
    public async Task Shows_a_new_repository_at_once_and_its_upstreams_in_order()
    {
        var domain = await World.CreateDomainAsync();
        var first = await World.CreateRepositoryAsync(domain, "first", "public:fruit");
        var second = await World.CreateRepositoryAsync(domain, "second");

        await World.CreateRepositoryAsync(domain, "third", null, second, first);

        var now = await World.FindDomainAsync();
        Assert.Equal([second.Id, first.Id], now.Repository("third")!.Upstreams);
        Assert.Equal("public:fruit", now.Repository("first")!.ExternalConnection);
        Assert.Null(domain.Repository("third"));
    }

    [Fact]
    public async Task Shows_each_change_to_the_one_who_made_it_however_many_read_meanwhile()
    {
        var domain = await World.CreateDomainAsync();
        await World.CreateRepositoryAsync(domain, "apples");
        using var done = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 4).Select(_ => Task.Run(
            async () =>
            {
                while (!done.IsCancellationRequested)
                {
                    await World.FindDomainAsync();
                }
            },
            CancellationToken.None)).ToList();

        for (var n = 0; n < 50; n++)
        {
            var connection = $"public:{n}";
            await World.WriteAsync(domain, async transaction =>
            {
                var row = await transaction.Db.Repositories.SingleAsync(r => r.DomainId == domain.Id && r.Name == "apples");
                row.ExternalConnection = connection;
                transaction.RecordConfiguration(ChangeKind.RepositoryUpdated, row);
                return 0;
            });
            Assert.Equal(connection, (await World.FindDomainAsync()).Repository("apples")!.ExternalConnection);
        }

        await done.CancelAsync();
        await Task.WhenAll(readers);
    }

    [Fact]
    public async Task Keeps_one_snapshot_while_only_packages_change()
    {
        var domain = await World.CreateDomainAsync();
        var repository = await World.CreateRepositoryAsync(domain, "apples");
        var before = await World.FindDomainAsync();

        await World.PublishAsync(repository, new("fruit", "", "pear"), "1.0");

        Assert.Same(before, await World.FindDomainAsync());
    }

    [Fact]
    public async Task Forgets_a_deleted_domain_at_once_and_takes_a_namesake_for_another()
    {
        var domain = await World.CreateDomainAsync();

        await ChangeLogContract.DeleteAsync(World, domain);

        Assert.Null(await World.Directory.FindAsync(World.Owner, "orchard", CancellationToken.None));
        Assert.NotEqual(domain.Id, (await World.CreateDomainAsync()).Id);
    }

    [Fact]
    public async Task Does_not_find_what_is_not_there()
    {
        await World.CreateDomainAsync();

        Assert.Null(await World.Directory.FindAsync(World.Owner, "ORCHARD", CancellationToken.None));
        Assert.Null(await World.Directory.FindAsync("210987654321", "orchard", CancellationToken.None));
    }
}

public sealed class DomainDirectoryOnSqliteTests() : DomainDirectoryContract(Engine.Sqlite);

public sealed class DomainDirectoryOnPostgreSqlTests() : DomainDirectoryContract(Engine.PostgreSql);
