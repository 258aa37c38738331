using System.Text;
using Granary.Core.Database;
using Granary.Core.Packages;
using Granary.Core.Repositories;

namespace Granary.Tests.Packages;

public abstract class PackageWriterContract(Engine engine) : WorldContract(engine)
{
    private static readonly PackageCoordinate Pear = new("fruit", "", "pear");

    // Not in attributes, which are UTF-8 themselves and hold no half of a surrogate pair.
    private static readonly (string Text, string Stored)[] Texts =
    [
        ("nul\0", "nul\uFFFD"),
        ("\0\0", "\uFFFD\uFFFD"),
        ("half\uD83C", "half\uFFFD"),
        ("\uDF50 other half", "\uFFFD other half"),
        ("\uDF50\uD83C turned", "\uFFFD\uFFFD turned"),
        ("whole \uD83C\uDF50 stays \0", "whole \uD83C\uDF50 stays \uFFFD"),
        ("\u0001\uFFFD\uFFFF", "\u0001\uFFFD\uFFFF"),
    ];

    [Fact]
    public async Task A_summary_and_a_readme_are_stored_with_a_mark_in_the_place_of_what_no_engine_holds()
    {
        var apples = await World.CreateRepositoryAsync(await World.CreateDomainAsync(), "apples");
        foreach (var (index, (text, stored)) in Texts.Index())
        {
            var version = await AddAsync(apples, new NewVersion($"{index}.0", Encoding.UTF8.GetBytes("{}"), text, text, []));

            Assert.Equal(stored, version.Summary);
            Assert.Equal(stored, await World.Queries.ReadmeAsync(version, CancellationToken.None));
        }
    }

    private async Task<PackageVersion> AddAsync(RepositorySnapshot repository, NewVersion added)
    {
        await World.Log.WriteAsync(
            repository.DomainId,
            World.Actor,
            async transaction =>
            {
                var package = await PackageWriter.FindAsync(transaction, repository, Pear)
                    ?? PackageWriter.Add(transaction, repository, Pear, allowPublish: true, allowUpstream: true);
                return await PackageWriter.AddVersionAsync(transaction, repository, package, added, new VersionOrigin(repository.Name, null), transaction.Now);
            },
            CancellationToken.None);
        var package = await World.Queries.FindAsync(repository, Pear, CancellationToken.None);
        return (await World.Queries.FindVersionAsync(package!, added.Version, CancellationToken.None))!;
    }
}

public sealed class PackageWriterOnSqliteTests() : PackageWriterContract(Engine.Sqlite);

public sealed class PackageWriterOnPostgreSqlTests() : PackageWriterContract(Engine.PostgreSql);
