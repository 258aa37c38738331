using System.Text;
using System.Text.Json.Nodes;
using Granary.Core;
using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Events;
using Granary.Core.Packages;
using Granary.Server.ControlPlane;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Tests.ControlPlane;

/// <summary>Every listing of CodeArtifact's API, page by page, while the rows around the reader's place come and go.</summary>
public abstract class StablePagingContract(Engine engine) : IAsyncLifetime
{
    private const string Shop = "domain=tools&repository=shop";
    private const string Left = $"{Shop}&format=npm&package=left";
    private const string Npm = "domain=tools&package-group=%2Fnpm%2F%2A";
    private const string NpmOrigin = $"/v1/package-group-origin-configuration?{Npm}";

    private ControlPlaneHost Host { get; set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Host = await ControlPlaneHost.StartAsync(services => services.AddSingleton(new Quotas { DomainsPerAccount = 1000 }), engine: engine);
        await Host.CreateDomainAsync("tools", "shop");
        (await Host.PostAsync("/v1/package-group?domain=tools", """{"packageGroup":"/npm/*"}""")).Ok();
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Host.DisposeAsync();
    }

    public static TheoryData<string> Names =>
    [
        "ListDomains", "ListRepositories", "ListRepositoriesInDomain", "ListPackages", "ListPackageVersions", "ListPackageVersions newest first",
        "ListPackageVersionAssets", "ListPackageGroups", "ListSubPackageGroups", "ListAssociatedPackages", "ListAllowedRepositoriesForGroup",
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Rows_that_last_are_seen_once_while_others_come_and_go(string name) => await (await OfAsync(name)).MustBeStableAsync();

    [Fact]
    public void All_listings_that_page_are_among_them()
    {
        var listings = Operations.All.Select(o => o.Name).Where(n => n.StartsWith("List", StringComparison.Ordinal));

        // Tags have no pages in the API; dependencies belong to one revision and have a test of their own.
        Assert.Equal(
            listings.Except(["ListTagsForResource", "ListPackageVersionDependencies"]).Order(StringComparer.Ordinal),
            Names.Select(n => n.Data.Split(' ')[0]).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_token_of_one_listing_is_refused_by_every_other()
    {
        var listings = new List<(string Name, PagedListing Listing, string Token)>();
        foreach (var (index, name) in Names.Select(n => n.Data).Index())
        {
            var listing = await OfAsync(name);
            for (var row = 0; row < 3; row++)
            {
                await listing.Add($"k{index:D2}-{row}");
            }

            listings.Add((name, listing, (await listing.Read(1, null)).Next ?? throw new InvalidOperationException($"{name} has one page.")));
        }

        foreach (var (name, listing, own) in listings)
        {
            Assert.NotEmpty((await listing.Read(1, own)).Rows);
            foreach (var (other, _, token) in listings.Where(l => l.Name != name))
            {
                var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => listing.Read(1, token));
                Assert.True(refused.Message.StartsWith("400 ValidationException", StringComparison.Ordinal), $"{name} with a token of {other}: {refused.Message}");
            }
        }
    }

    [Fact]
    public async Task Names_of_the_greatest_length_page()
    {
        var names = Enumerable.Range(0, 3).Select(n => string.Concat(Enumerable.Repeat("\U0001F34E", 254)) + (char)('a' + n)).ToArray();
        foreach (var name in names)
        {
            (await Host.PostAsync($"/v1/package?{Shop}&format=generic&namespace={Uri.EscapeDataString(names[0])}&package={Uri.EscapeDataString(name)}", """{"restrictions":{"publish":"ALLOW","upstream":"BLOCK"}}""")).Ok();
        }

        var seen = new List<string>();
        string? token = null;
        do
        {
            (var rows, token) = await ReadAsync("POST", $"/v1/packages?{Shop}", "packages", "package", 1, token);
            seen.AddRange(rows);
            Assert.InRange(token?.Length ?? 0, 0, 2000);
        }
        while (token is not null);
        Assert.Equal(names, seen);
    }

    [Fact]
    public async Task Dependencies_page_within_one_revision()
    {
        var expected = Enumerable.Range(0, 2500).Select(n => $"d{n:D4}").ToArray();
        var manifest = new JsonObject { ["name"] = "left", ["version"] = "1.0.0", ["dependencies"] = new JsonObject(expected.Select(d => KeyValuePair.Create(d, (JsonNode?)"*"))) }.ToJsonString();
        await Host.PublishAsync("left", "1.0.0", manifest: manifest);
        const string Target = $"/v1/package/version/dependencies?{Left}&version=1.0.0";

        var seen = new List<string>();
        var step = 0;
        string? token = null;
        do
        {
            var page = (await Host.PostAsync(Target + After(token))).Ok();
            seen.AddRange(page.Each("dependencies", "package"));
            token = page.At("nextToken") is { } next ? (string?)next : null;
            await Host.PublishAsync("left", $"2.0.{step++}");
        }
        while (token is not null);
        Assert.Equal(expected, seen);
        Assert.Equal(3, step);

        token = (await Host.PostAsync(Target)).Ok().Text("nextToken");
        (await Host.PostAsync($"/v1/package/versions/delete?{Left}", """{"versions":["1.0.0"]}""")).Ok();
        await Host.PublishAsync("left", "1.0.0", manifest: manifest.Replace("d0000", "e0000", StringComparison.Ordinal));
        Assert.Contains("has changed", (await Host.PostAsync(Target + After(token))).IsInvalid().Message, StringComparison.Ordinal);
    }

    // More names than one call judges, few of them in the group: a page may be empty and still name a next one.
    [Fact]
    public async Task Associated_packages_are_found_among_many_that_are_not()
    {
        await AddPackagesAsync(23_000);
        foreach (var name in (string[])["p100001", "p119999", "p120000", "p122999"])
        {
            (await Host.PostAsync("/v1/package-group?domain=tools", $$"""{"packageGroup":"/npm//{{name}}$"}""")).Ok();
        }

        (await Host.PostAsync("/v1/package-group?domain=tools", """{"packageGroup":"/npm//p122998~"}""")).Ok();
        foreach (var (group, expected) in new[] { ("p122999$", "p122999"), ("p122998~", "p122998"), ("p100001$", "p100001") })
        {
            var seen = new List<string>();
            string? token = null;
            var pages = 0;
            do
            {
                (var rows, token) = await ReadAsync("GET", $"/v1/list-associated-packages?domain=tools&package-group=%2Fnpm%2F%2F{group}", "packages", "package", 10, token);
                seen.AddRange(rows);
                pages++;
            }
            while (token is not null);
            Assert.Equal([expected], seen);
            Assert.Equal(2, pages);
        }
    }

    private async Task<PagedListing> OfAsync(string name)
    {
        switch (name)
        {
            case "ListDomains":
                return new(
                    async (size, token) => Rows(
                        await Host.PostAsync("/v1/domains", token is null ? $$"""{"maxResults":{{size}}}""" : $$"""{"maxResults":{{size}},"nextToken":"{{token}}"}"""), "domains", "name"),
                    row => OkAsync(Host.PostAsync($"/v1/domain?domain={row}")),
                    row => OkAsync(Host.DeleteAsync($"/v1/domain?domain={row}")));
            case "ListRepositories":
                return Repositories("/v1/repositories");
            case "ListRepositoriesInDomain":
                return Repositories("/v1/domain/repositories?domain=tools");
            case "ListPackages":
                return new(Page("POST", $"/v1/packages?{Shop}", "packages", "package"), row => Host.PublishAsync(row, "1.0.0"), DeletePackageAsync);
            case "ListPackageVersions" or "ListPackageVersions newest first":
                var newest = name.EndsWith("first", StringComparison.Ordinal);
                return new(Page("POST", $"/v1/package/versions?{Left}{(newest ? "&sortBy=PUBLISHED_TIME" : "")}", "versions", "version"), AddVersionAsync, DeleteVersionAsync) { Ascending = !newest };
            case "ListPackageVersionAssets":
                await Host.PublishAsync("assets", "1.0.0");
                return new(Page("POST", $"/v1/package/version/assets?{Shop}&format=npm&package=assets&version=1.0.0", "assets", "name"), AddAssetAsync, RemoveAssetAsync);
            case "ListPackageGroups":
                return Groups("POST", "/v1/package-groups?domain=tools&prefix=%2Fnpm%2F%2F");
            case "ListSubPackageGroups":
                return Groups("POST", $"/v1/package-groups/sub-groups?{Npm}");
            case "ListAssociatedPackages":
                return new(Page("GET", $"/v1/list-associated-packages?{Npm}", "packages", "package"), row => Host.PublishAsync(row, "1.0.0"), DeletePackageAsync);
            default:
                (await Host.PutAsync(NpmOrigin, """{"restrictions":{"PUBLISH":"ALLOW_SPECIFIC_REPOSITORIES"}}""")).Ok();
                return new(Page("GET", $"/v1/package-group-allowed-repositories?{Npm}&originRestrictionType=PUBLISH", "allowedRepositories", null), AllowAsync, row => ListAsync("remove", row));
        }
    }

    // Every domain has a repository of its own name, so that listings across domains have more than one of each.
    private PagedListing Repositories(string target) => new(
        Page("POST", target, "repositories", "name"),
        row => OkAsync(Host.PostAsync($"/v1/repository?domain=tools&repository={row}")),
        row => OkAsync(Host.DeleteAsync($"/v1/repository?domain=tools&repository={row}")));

    private PagedListing Groups(string method, string target) => new(
        async (size, token) => await ReadAsync(method, target, "packageGroups", "pattern", size, token) is var (rows, next)
            ? ([.. rows.Select(pattern => pattern["/npm//".Length..^1])], next) : default,
        row => OkAsync(Host.PostAsync("/v1/package-group?domain=tools", $$"""{"packageGroup":"/npm//{{row}}$"}""")),
        row => OkAsync(Host.DeleteAsync($"/v1/package-group?domain=tools&package-group=%2Fnpm%2F%2F{row}%24")));

    private Func<int, string?, Task<(IReadOnlyList<string>, string?)>> Page(string method, string target, string list, string? member) =>
        (size, token) => ReadAsync(method, target, list, member, size, token);

    private async Task<(IReadOnlyList<string> Rows, string? Next)> ReadAsync(string method, string target, string list, string? member, int size, string? token) =>
        Rows(await Host.CallAsync(method, $"{target}{(target.Contains('?', StringComparison.Ordinal) ? '&' : '?')}max-results={size}{After(token)}"), list, member);

    private static (IReadOnlyList<string> Rows, string? Next) Rows(Reply reply, string list, string? member) =>
        reply.Status != 200
            ? throw new InvalidOperationException($"{reply.Status} {reply.Error}: {Encoding.UTF8.GetString(reply.Bytes)}")
            : ([.. reply.Body[list]!.AsArray().Select(row => (string)(member is null ? row : row![member])!).Where(row => row is not ("shop" or "tools"))], (string?)reply.At("nextToken"));

    private static string After(string? token) => token is null ? "" : $"&next-token={token}";

    private static async Task OkAsync(Task<Reply> call) => (await call).Ok();

    private Task DeletePackageAsync(string name) => OkAsync(Host.DeleteAsync($"/v1/package?{Shop}&format=npm&package={name}"));

    private Task DeleteVersionAsync(string version) => OkAsync(Host.PostAsync($"/v1/package/versions/delete?{Left}", $$"""{"versions":["{{version}}"]}"""));

    private async Task AllowAsync(string repository)
    {
        if ((await Host.GetAsync($"/v1/repository?domain=tools&repository={repository}")).Status == 404)
        {
            (await Host.PostAsync($"/v1/repository?domain=tools&repository={repository}")).Ok();
        }

        await ListAsync("add", repository);
    }

    private Task ListAsync(string verb, string repository) => OkAsync(Host.PutAsync(
        NpmOrigin, $$"""{"{{verb}}AllowedRepositories":[{"repositoryName":"{{repository}}","originRestrictionType":"PUBLISH"}]}"""));

    // Several versions share one moment, so that their text decides as well.
    private Task AddVersionAsync(string version) => WriteAsync(async (transaction, repository) =>
    {
        var coordinate = new PackageCoordinate("npm", "", "left");
        var package = await PackageWriter.FindAsync(transaction, repository, coordinate) ?? PackageWriter.Add(transaction, repository, coordinate, true, false);
        var at = DateTimeOffset.UnixEpoch.AddDays((version[0] * 10) + (version.Length > 1 ? version[1] : 0));
        return await PackageWriter.AddVersionAsync(transaction, repository, package, new NewVersion(version, "{}"u8.ToArray(), null, null, []), new VersionOrigin("shop", null), at);
    });

    private Task AddAssetAsync(string name) => WriteAsync(async (transaction, _) =>
    {
        var db = transaction.Db;
        var one = await (
            from package in db.Packages
            join version in db.PackageVersions on package.Id equals version.PackageId
            join asset in db.VersionAssets on version.Id equals asset.VersionId
            where package.Name == "assets" && asset.DomainId == transaction.DomainId
            select asset).AsNoTracking().FirstAsync();
        db.VersionAssets.Add(new VersionAsset { DomainId = one.DomainId, VersionId = one.VersionId, Name = name, Sha256 = one.Sha256, Size = one.Size });
        return true;
    });

    private Task RemoveAssetAsync(string name) => WriteAsync((transaction, _) =>
        transaction.Db.VersionAssets.Where(a => a.DomainId == transaction.DomainId && a.Name == name).ExecuteDeleteAsync());

    // By the database itself: so many rows one by one would take longer than a server keeps a connection open that says nothing.
    private Task AddPackagesAsync(int count) => WriteAsync((transaction, repository) =>
    {
        var before = transaction.Skip(count);
        return transaction.Db.Database.ExecuteSqlAsync(
            $"""
            WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {count - 1})
            INSERT INTO packages (domain_id, id, repository_id, format, namespace, name, allow_publish, allow_upstream, stamp)
            SELECT {repository.DomainId}, {before} + 1 + i, {repository.Id}, 'npm', '', 'p' || CAST(100000 + i AS TEXT), TRUE, FALSE, 0 FROM n
            """);
    });

    private async Task WriteAsync<T>(Func<ChangeTransaction, Core.Repositories.RepositorySnapshot, Task<T>> work)
    {
        var (domain, repository) = await Host.FindAsync("tools", "shop");
        await Host.Service<ChangeLog>().WriteAsync(domain.Id, "arn:test", transaction => work(transaction, repository), CancellationToken.None);
    }
}

public sealed class StablePagingOnSqliteTests() : StablePagingContract(Engine.Sqlite);

public sealed class StablePagingOnPostgreSqlTests() : StablePagingContract(Engine.PostgreSql);
