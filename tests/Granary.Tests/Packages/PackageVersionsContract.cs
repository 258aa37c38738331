using Granary.Core;
using Granary.Core.Database;
using Granary.Core.Events;
using Granary.Core.Packages;
using Granary.Core.Repositories;
using Microsoft.EntityFrameworkCore;
using static Granary.Core.Packages.PackageVersionStatus;

namespace Granary.Tests.Packages;

public abstract class PackageVersionsContract(Engine engine) : WorldContract(engine)
{
    private static readonly PackageCoordinate Pear = new("fruit", "", "pear");

    private RepositorySnapshot apples = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        apples = await World.CreateRepositoryAsync(await World.CreateDomainAsync(), "apples");
    }

    [Fact]
    public async Task Moves_between_published_unlisted_and_archived_in_every_direction_and_keeps_the_revision()
    {
        PackageVersionStatus[] all = [Published, Unlisted, Archived];
        await World.PublishAsync(apples, Pear, "1.0", assets: "pear.zip");
        var revision = (await VersionAsync("1.0"))!.Revision;
        foreach (var (from, to) in all.SelectMany(f => all.Select(t => (f, t))))
        {
            await SetAsync("1.0", from);
            var before = await World.SequenceAsync(apples.DomainId);

            var results = await UpdateAsync(Named("1.0"), to);

            Assert.Equal(new VersionOutcome(revision, to), results.Successful["1.0"]);
            Assert.Empty(results.Failed);
            Assert.Equal(to, (await VersionAsync("1.0"))!.Status);
            var changes = await World.ChangesAsync(apples.DomainId, before);
            Assert.Equal(from == to ? 0 : 1, changes.Count);
            Assert.All(changes, c => Assert.Equal(
                (ChangeKind.VersionUpdated, "1.0", to, revision, 0, 0, false, true, World.Actor),
                (c.Kind, c.Version, c.Status!.Value, c.Revision, c.AssetsAdded, c.AssetsRemoved, c.MetadataUpdated, c.StatusChanged, c.Actor)));
        }
    }

    [Theory]
    [InlineData(Published)]
    [InlineData(Unlisted)]
    [InlineData(Archived)]
    public async Task Leads_out_of_unfinished_and_never_back(PackageVersionStatus target)
    {
        await World.PublishAsync(apples, Pear, "1.0");
        await SetAsync("1.0", Unfinished);

        var results = await UpdateAsync(Named("1.0"), target);

        Assert.Equal(target, results.Successful["1.0"].Status);
        foreach (var never in new[] { Unfinished, Disposed, Deleted })
        {
            var refusal = await Assert.ThrowsAsync<Refusal>(() => UpdateAsync(Named("1.0"), never));
            Assert.Equal(RefusalKind.Validation, refusal.Kind);
        }
    }

    [Fact]
    public async Task One_failure_skips_the_others_and_changes_nothing()
    {
        foreach (var version in new[] { "1.0.0", "2.0.0", "3.0.0", "4.0.0" })
        {
            await World.PublishAsync(apples, Pear, version);
        }

        await SetAsync("3.0.0", Disposed);
        var revision = (await VersionAsync("2.0.0"))!.Revision;
        var before = await World.SequenceAsync(apples.DomainId);
        var revisions = new Dictionary<string, string>
        {
            ["2.0.0"] = "stale",
            ["5.6.7"] = "any",
            ["4.0.0"] = (await VersionAsync("4.0.0"))!.Revision,
            ["3.0.0"] = (await VersionAsync("3.0.0"))!.Revision,
        };

        var results = await UpdateAsync(new(["2.0.0", "5.6.7", "4.0.0", "3.0.0"], revisions, null), Archived);

        Assert.Empty(results.Successful);
        Assert.Equal(new VersionFailure("MISMATCHED_REVISION", $"current revision: {revision}, expected revision: stale"), results.Failed["2.0.0"]);
        Assert.Equal(new VersionFailure("NOT_FOUND", "Could not find version 5.6.7"), results.Failed["5.6.7"]);
        Assert.Equal(new VersionFailure("SKIPPED", "version 4.0.0 is skipped"), results.Failed["4.0.0"]);
        Assert.Equal("NOT_ALLOWED", results.Failed["3.0.0"].ErrorCode);
        Assert.Equal(Published, (await VersionAsync("4.0.0"))!.Status);
        Assert.Equal(before, await World.SequenceAsync(apples.DomainId));
    }

    [Fact]
    public async Task Holds_every_version_to_the_expected_status()
    {
        await World.PublishAsync(apples, Pear, "1.0");
        await World.PublishAsync(apples, Pear, "2.0");
        await SetAsync("2.0", Unlisted);
        VersionSelection selection = new(["1.0", "2.0"], null, Unlisted);
        var expected = new VersionFailure("MISMATCHED_STATUS", "current status: Published, expected status: Unlisted");

        foreach (var call in new Func<Task<VersionResults>>[] { () => UpdateAsync(selection, Archived), () => DisposeAsync(selection), () => DeleteAsync(selection) })
        {
            var results = await call();
            Assert.Equal(expected, results.Failed["1.0"]);
            Assert.Equal("SKIPPED", results.Failed["2.0"].ErrorCode);
            Assert.Empty(results.Successful);
        }

        Assert.Equal(Archived, (await UpdateAsync(selection with { Versions = ["2.0"] }, Archived)).Successful["2.0"].Status);
    }

    [Fact]
    public async Task Takes_a_version_named_twice_once_and_revisions_only_of_the_same_versions()
    {
        await World.PublishAsync(apples, Pear, "1.0");
        var before = await World.SequenceAsync(apples.DomainId);
        var revision = (await VersionAsync("1.0"))!.Revision;

        var results = await UpdateAsync(new(["1.0", "1.0"], new Dictionary<string, string> { ["1.0"] = revision }, Published), Unlisted);

        Assert.Single(results.Successful);
        Assert.Single(await World.ChangesAsync(apples.DomainId, before));
        foreach (var revisions in new Dictionary<string, string>[] { [], new() { ["2.0"] = revision }, new() { ["1.0"] = revision, ["2.0"] = revision } })
        {
            var refusal = await Assert.ThrowsAsync<Refusal>(() => UpdateAsync(new(["1.0"], revisions, null), Published));
            Assert.Equal(RefusalKind.Validation, refusal.Kind);
        }

        var tooMany = await Assert.ThrowsAsync<Refusal>(() => UpdateAsync(Named([.. Enumerable.Range(0, 101).Select(n => $"{n}")]), Published));
        Assert.Equal(RefusalKind.Validation, tooMany.Kind);
    }

    [Fact]
    public async Task Disposal_takes_the_assets_and_leaves_the_rest()
    {
        await World.PublishAsync(apples, Pear, "1.0", assets: ["a.zip", "b.zip"]);
        await World.PublishAsync(apples, Pear, "2.0", assets: ["a.zip"]);
        var version = (await VersionAsync("1.0"))!;
        var before = await World.SequenceAsync(apples.DomainId);

        var results = await DisposeAsync(Named("1.0"));

        Assert.Equal(new VersionOutcome(version.Revision, Disposed), results.Successful["1.0"]);
        var change = Assert.Single(await World.ChangesAsync(apples.DomainId, before));
        Assert.Equal((ChangeKind.VersionUpdated, Disposed, 0, 2, false, true), (change.Kind, change.Status, change.AssetsAdded, change.AssetsRemoved, change.MetadataUpdated, change.StatusChanged));
        Assert.Empty(await World.Queries.ListAssetsAsync(version, null, 10, CancellationToken.None));
        Assert.Single(await World.Queries.ListAssetsAsync((await VersionAsync("2.0"))!, null, 10, CancellationToken.None));
        Assert.Equal(version.Manifest, (await VersionAsync("1.0"))!.Manifest);
        Assert.Equal("readme of 1.0", await World.Queries.ReadmeAsync(version, CancellationToken.None));
    }

    [Fact]
    public async Task What_is_disposed_stays_disposed_until_it_is_deleted()
    {
        await World.PublishAsync(apples, Pear, "1.0", assets: "a.zip");
        await DisposeAsync(Named("1.0"));
        var before = await World.SequenceAsync(apples.DomainId);

        foreach (var target in new[] { Published, Unlisted, Archived })
        {
            Assert.Equal("NOT_ALLOWED", (await UpdateAsync(Named("1.0"), target)).Failed["1.0"].ErrorCode);
        }

        Assert.Equal(Disposed, (await DisposeAsync(Named("1.0"))).Successful["1.0"].Status);
        Assert.Equal(before, await World.SequenceAsync(apples.DomainId));
        Assert.Equal(Deleted, (await DeleteAsync(Named("1.0"))).Successful["1.0"].Status);
        Assert.Equal(0, Assert.Single(await World.ChangesAsync(apples.DomainId, before)).AssetsRemoved);
        await World.PublishAsync(apples, Pear, "1.0");
    }

    [Fact]
    public async Task Deletion_removes_versions_with_assets_readme_and_tags_and_keeps_the_package()
    {
        await World.PublishAsync(apples, Pear, "1.0", assets: ["a.zip", "b.zip"]);
        await World.PublishAsync(apples, Pear, "2.0", assets: ["c.zip"]);
        var package = (await World.Queries.FindAsync(apples, Pear, CancellationToken.None))!;
        await TagAsync(package, ("latest", "1.0"), ("next", "2.0"), ("old", "1.0"));
        var revision = (await VersionAsync("1.0"))!.Revision;
        var before = await World.SequenceAsync(apples.DomainId);

        var results = await DeleteAsync(Named("1.0"));

        Assert.Equal(new VersionOutcome(revision, Deleted), results.Successful["1.0"]);
        var change = Assert.Single(await World.ChangesAsync(apples.DomainId, before));
        Assert.Equal((ChangeKind.VersionDeleted, Deleted, revision, 0, 2, true), (change.Kind, change.Status, change.Revision, change.AssetsAdded, change.AssetsRemoved, change.StatusChanged));
        Assert.Equal((1, 1, 1, 1), await CountAsync());
        Assert.Equal("2.0", await World.Queries.DefaultDisplayVersionAsync(package, CancellationToken.None));
        Assert.Equal(change.Sequence, (await World.Queries.FindAsync(apples, Pear, CancellationToken.None))!.Stamp);

        await DeleteAsync(Named("2.0"));
        Assert.Equal((0, 0, 0, 0), await CountAsync());
        Assert.NotNull(await World.Queries.FindAsync(apples, Pear, CancellationToken.None));
    }

    [Fact]
    public async Task Deleting_a_package_records_each_version_and_leaves_its_namesakes_alone()
    {
        var pears = await World.CreateRepositoryAsync(await World.FindDomainAsync(), "pears");
        await World.PublishAsync(apples, Pear, "1.0", assets: ["a.zip", "b.zip"]);
        await World.PublishAsync(apples, Pear, "2.0");
        await World.PublishAsync(pears, Pear, "1.0", assets: ["a.zip"]);
        await TagAsync((await World.Queries.FindAsync(apples, Pear, CancellationToken.None))!, ("latest", "1.0"));
        var before = await World.SequenceAsync(apples.DomainId);

        var deleted = await World.Versions.DeletePackageAsync(apples, Pear, World.Actor, CancellationToken.None);

        Assert.Equal(Pear, deleted.Coordinate);
        Assert.Equal(
            [(ChangeKind.VersionDeleted, "1.0", 2), (ChangeKind.VersionDeleted, "2.0", 0), (ChangeKind.PackageDeleted, null, 0)],
            (await World.ChangesAsync(apples.DomainId, before)).Select(c => (c.Kind, c.Version, c.AssetsRemoved)));
        Assert.Equal((1, 1, 1, 0), await CountAsync());
        Assert.Null(await World.Queries.FindAsync(apples, Pear, CancellationToken.None));
        Assert.NotNull(await World.Queries.FindAsync(pears, Pear, CancellationToken.None));
    }

    [Fact]
    public async Task Says_which_package_is_missing_as_CodeArtifact_does()
    {
        var calls = new Func<Task>[]
        {
            () => UpdateAsync(Named("1"), Archived),
            () => DisposeAsync(Named("1")),
            () => DeleteAsync(Named("1")),
            () => World.Versions.DeletePackageAsync(apples, Pear, World.Actor, CancellationToken.None),
        };

        foreach (var call in calls)
        {
            var refusal = await Assert.ThrowsAsync<Refusal>(call);
            Assert.Equal((RefusalKind.NotFound, ResourceType.Package, "pear"), (refusal.Kind, refusal.ResourceType, refusal.ResourceId));
            Assert.Equal($"Package not found in repository. RepoId: {apples.Id}, Package = PackageCoordinate{{packageType=fruit, packageName=pear}},", refusal.Message);
        }
    }

    [Theory]
    [InlineData("nul", '\0', "")]
    [InlineData("half", '\uD83C', "")]
    public async Task Does_not_stumble_over_names_that_cannot_be_stored(string before, char odd, string after)
    {
        // In three pieces: an attribute's text is kept as UTF-8, which has no half of a surrogate pair.
        var name = before + odd + after;
        await World.PublishAsync(apples, Pear, "1.0");

        Assert.Equal("NOT_FOUND", (await UpdateAsync(Named(name), Archived)).Failed[name].ErrorCode);
        var refusal = await Assert.ThrowsAsync<Refusal>(() => World.Versions.DeletePackageAsync(apples, Pear with { Name = name }, World.Actor, CancellationToken.None));
        Assert.Equal(RefusalKind.NotFound, refusal.Kind);
    }

    [Fact]
    public async Task One_of_many_with_the_same_expectation_wins()
    {
        await World.PublishAsync(apples, Pear, "1.0", assets: "a.zip");

        var results = await Task.WhenAll(Enumerable.Range(0, 32).Select(n => n % 2 == 0
            ? UpdateAsync(Named("1.0") with { ExpectedStatus = Published }, Archived)
            : DisposeAsync(Named("1.0") with { ExpectedStatus = Published })));

        Assert.Single(results, r => r.Successful.Count == 1);
        Assert.Equal(31, results.Count(r => r.Failed.Values.Any(f => f.ErrorCode == "MISMATCHED_STATUS")));
    }

    [Fact]
    public async Task Refuses_to_publish_into_a_repository_that_was_deleted_meanwhile()
    {
        await World.Log.WriteAsync(apples.DomainId, World.Actor, async transaction =>
        {
            var row = await transaction.Db.Repositories.SingleAsync(r => r.DomainId == apples.DomainId && r.Id == apples.Id);
            transaction.Db.Repositories.Remove(row);
            transaction.RecordConfiguration(ChangeKind.RepositoryDeleted, row);
            return 0;
        }, CancellationToken.None);

        var refusal = await Assert.ThrowsAsync<Refusal>(() => World.PublishAsync(apples, Pear, "1.0"));

        Assert.Equal((RefusalKind.NotFound, ResourceType.Repository), (refusal.Kind, refusal.ResourceType));
    }

    private static VersionSelection Named(params string[] versions) => new(versions, null, null);

    private Task<VersionResults> UpdateAsync(VersionSelection selection, PackageVersionStatus target) =>
        World.Versions.UpdateStatusAsync(apples, Pear, selection, target, World.Actor, CancellationToken.None);

    private Task<VersionResults> DisposeAsync(VersionSelection selection) =>
        World.Versions.DisposeAsync(apples, Pear, selection, World.Actor, CancellationToken.None);

    private Task<VersionResults> DeleteAsync(VersionSelection selection) =>
        World.Versions.DeleteAsync(apples, Pear, selection, World.Actor, CancellationToken.None);

    private async Task<PackageVersion?> VersionAsync(string version) =>
        await World.Queries.FindVersionAsync((await World.Queries.FindAsync(apples, Pear, CancellationToken.None))!, version, CancellationToken.None);

    private Task<int> SetAsync(string version, PackageVersionStatus status) =>
        World.Log.WriteAsync(apples.DomainId, World.Actor, t => t.Db.PackageVersions
            .Where(v => v.DomainId == apples.DomainId && v.Version == version)
            .ExecuteUpdateAsync(v => v.SetProperty(x => x.Status, status)), CancellationToken.None);

    private Task<int> TagAsync(Package package, params (string Name, string Version)[] tags) =>
        World.Log.WriteAsync(apples.DomainId, World.Actor, async transaction =>
        {
            foreach (var (name, version) in tags)
            {
                await PackageWriter.SetTagAsync(transaction, package, name, version);
            }

            return tags.Length;
        }, CancellationToken.None);

    /// <summary>Versions, links to assets, readmes and tags, of the whole domain.</summary>
    private async Task<(int Versions, int Assets, int Readmes, int Tags)> CountAsync()
    {
        await using var db = World.Database.Open();
        return (
            await db.PackageVersions.CountAsync(CancellationToken.None),
            await db.VersionAssets.CountAsync(CancellationToken.None),
            await db.VersionReadmes.CountAsync(CancellationToken.None),
            await db.PackageTags.CountAsync(CancellationToken.None));
    }
}

public sealed class PackageVersionsOnSqliteTests() : PackageVersionsContract(Engine.Sqlite);

public sealed class PackageVersionsOnPostgreSqlTests() : PackageVersionsContract(Engine.PostgreSql);
