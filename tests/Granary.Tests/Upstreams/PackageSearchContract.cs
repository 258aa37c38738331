using Granary.Core.Database;
using Granary.Core.Packages;
using Granary.Core.Upstreams;

namespace Granary.Tests.Upstreams;

public abstract class PackageSearchContract(Engine engine) : WorldContract(engine)
{
    private static readonly PackageCoordinate Pear = new("fruit", "", "pear");

    [Fact]
    public async Task Finds_a_version_in_the_nearest_repository_whatever_its_status_there()
    {
        var domain = await World.CreateDomainAsync();
        var store = await World.CreateRepositoryAsync(domain, "store", "public:fruit");
        var shared = await World.CreateRepositoryAsync(domain, "shared", null, store);
        var mine = await World.CreateRepositoryAsync(domain, "mine", null, shared);
        await World.PublishAsync(store, Pear, "1.0");
        await World.PublishAsync(store, Pear, "2.0");
        await World.PublishAsync(shared, Pear, "2.0");
        await World.Versions.UpdateStatusAsync(shared, Pear, new(["2.0"], null, null), PackageVersionStatus.Archived, World.Actor, CancellationToken.None);

        Assert.Equal("store", await WhereAsync("1.0"));
        Assert.Equal("shared", await WhereAsync("2.0"));
        Assert.Null(await WhereAsync("3.0"));

        async Task<string?> WhereAsync(string version)
        {
            var now = await World.FindDomainAsync();
            var path = (await World.Search.PathAsync(now, mine, Pear, CancellationToken.None)).Steps;
            Assert.Equal([(mine.Id, null), (shared.Id, null), (store.Id, "public:fruit")], path.Select(s => (s.Repository.Id, s.Connection)));
            return (await World.Search.FindVersionAsync(now, path, version, CancellationToken.None))?.Step.Repository.Name;
        }
    }

    [Fact]
    public async Task An_origin_control_hides_what_lies_above_it_from_those_below()
    {
        var domain = await World.CreateDomainAsync();
        var store = await World.CreateRepositoryAsync(domain, "store");
        var mine = await World.CreateRepositoryAsync(domain, "mine", null, store);
        await World.PublishAsync(store, Pear, "1.0");
        await World.Log.WriteAsync(domain.Id, World.Actor, t => Task.FromResult(PackageWriter.Add(t, mine, Pear, allowPublish: true, allowUpstream: false)), CancellationToken.None);
        var now = await World.FindDomainAsync();

        var path = (await World.Search.PathAsync(now, mine, Pear, CancellationToken.None)).Steps;
        var other = (await World.Search.PathAsync(now, mine, Pear with { Name = "plum" }, CancellationToken.None)).Steps;

        Assert.Equal(["mine"], path.Select(s => s.Repository.Name));
        Assert.Equal(["mine", "store"], other.Select(s => s.Repository.Name));
    }

    [Fact]
    public async Task What_is_cached_lasts_while_the_package_does_not_change()
    {
        var domain = await World.CreateDomainAsync();
        var mine = await World.CreateRepositoryAsync(domain, "mine");
        domain = await World.FindDomainAsync();
        await World.PublishAsync(mine, Pear, "1.0");
        using var cache = new StampedCache<string, string>(World.PackageStamps, 100);
        cache.Set("listing", "1.0", await World.PackageStamps.CurrentAsync(domain, Pear, CancellationToken.None), 1);

        await World.PublishAsync(mine, Pear with { Name = "plum" }, "1.0");
        Assert.Equal("1.0", await cache.FindAsync("listing", domain, Pear, CancellationToken.None));
        Assert.Null(await cache.FindAsync("another", domain, Pear, CancellationToken.None));

        await World.PublishAsync(mine, Pear, "2.0");
        Assert.Null(await cache.FindAsync("listing", domain, Pear, CancellationToken.None));
    }

    [Fact]
    public async Task What_was_made_with_an_older_configuration_is_not_served()
    {
        var domain = await World.CreateDomainAsync();
        var mine = await World.CreateRepositoryAsync(domain, "mine");
        await World.PublishAsync(mine, Pear, "1.0");
        var old = await World.FindDomainAsync();
        using var cache = new StampedCache<string, string>(World.PackageStamps, 100);

        // A request took its snapshot, then a repository was added, then the request looked at the stamp.
        await World.CreateRepositoryAsync(domain, "shared");
        cache.Set("listing", "without shared", await World.PackageStamps.CurrentAsync(old, Pear, CancellationToken.None), 1);

        Assert.Null(await cache.FindAsync("listing", await World.FindDomainAsync(), Pear, CancellationToken.None));
    }

    [Fact]
    public async Task What_is_cached_of_one_domain_is_not_served_in_another_with_the_same_history()
    {
        using var cache = new StampedCache<string, string>(World.PackageStamps, 100);
        foreach (var name in new[] { "one", "two" })
        {
            var created = await World.CreateDomainAsync(name);
            await World.PublishAsync(await World.CreateRepositoryAsync(created, "mine"), Pear, "1.0");
        }

        var (one, two) = (await World.FindDomainAsync("one"), await World.FindDomainAsync("two"));
        Assert.Equal(one.Repository("mine")!.Id, two.Repository("mine")!.Id);
        cache.Set("listing", "of one", await World.PackageStamps.CurrentAsync(one, Pear, CancellationToken.None), 1);

        Assert.Equal("of one", await cache.FindAsync("listing", one, Pear, CancellationToken.None));
        Assert.Null(await cache.FindAsync("listing", two, Pear, CancellationToken.None));
    }

    [Fact]
    public async Task A_package_s_stamp_changes_with_every_change_to_any_record_of_it()
    {
        var domain = await World.CreateDomainAsync();
        var first = await World.CreateRepositoryAsync(domain, "first");
        var second = await World.CreateRepositoryAsync(domain, "second");
        domain = await World.FindDomainAsync();
        var stamps = new List<PackageStamp> { await StampAsync() };
        foreach (var change in new Func<Task>[]
        {
            () => World.PublishAsync(first, Pear, "1.0"),
            () => World.PublishAsync(second, Pear, "1.0"),
            () => World.PublishAsync(first, Pear, "2.0"),
            () => World.Versions.DeleteAsync(second, Pear, new(["1.0"], null, null), World.Actor, CancellationToken.None),
            () => World.Versions.DeletePackageAsync(first, Pear, World.Actor, CancellationToken.None),
            () => World.PublishAsync(first, Pear, "1.0"),
            () => World.Versions.DeletePackageAsync(second, Pear, World.Actor, CancellationToken.None),
        })
        {
            await change();
            stamps.Add(await StampAsync());
        }

        Assert.Equal(stamps.Distinct(), stamps);

        async Task<PackageStamp> StampAsync() => (await World.PackageStamps.CurrentAsync(domain, Pear, CancellationToken.None)).Package;
    }
}

public sealed class PackageSearchOnSqliteTests() : PackageSearchContract(Engine.Sqlite);

public sealed class PackageSearchOnPostgreSqlTests() : PackageSearchContract(Engine.PostgreSql);
