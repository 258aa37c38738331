using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Granary.Core;
using Granary.Core.Database;
using Granary.Core.Packages;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Formats.Npm;

/// <summary><c>npm search</c> over the packages that the repository holds: every word must be in the name or in the newest version's description.</summary>
internal sealed class NpmSearch(GranaryDatabase database)
{
    // npm's own limits of the endpoint.
    private const int DefaultSize = 20;
    private const int LargestSize = 250;
    private const int MostWords = 8;
    private const int LongestText = 256;

    public static async Task RunAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var text = query["text"].ToString();
        if (text.Length > LongestText)
        {
            throw Refusal.Validation($"The text to search for is longer than {LongestText} characters.");
        }

        if (text.Any(char.IsControl))
        {
            throw Refusal.Validation("The text to search for has control characters: leave them out.");
        }

        var size = Number(query["size"], DefaultSize, LargestSize);
        var from = Number(query["from"], 0, 10_000);
        var search = context.RequestServices.GetRequiredService<NpmSearch>();
        var result = await search.FindAsync(RepositoryRequest.Of(context), text, from, size, context.RequestAborted);
        await NpmJson.WriteAsync(context, result, NpmJson.Default.NpmSearchResult);
    }

    private static int Number(string? text, int absent, int most) =>
        string.IsNullOrEmpty(text) ? absent
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? Math.Min(number, most)
        : throw Refusal.Validation($"'{text}' is not a count.");

    private async Task<NpmSearchResult> FindAsync(RepositoryRequest request, string text, int from, int size, CancellationToken cancellation)
    {
        await using var db = database.Open();
        var found = Matching(db, request, text);
        var total = await found.CountAsync(cancellation);
        var page = await found.OrderBy(p => p.Name).ThenBy(p => p.Namespace).Skip(from).Take(size).ToListAsync(cancellation);
        var objects = new List<NpmSearchObject>(page.Count);
        foreach (var package in page)
        {
            var newest = await Listed(db, package.DomainId).Where(v => v.PackageId == package.Id)
                .OrderByDescending(v => v.PublishedAt).ThenByDescending(v => v.Id)
                .FirstOrDefaultAsync(cancellation);
            // Its last listed version may have gone since the page was read.
            if (newest is not null)
            {
                objects.Add(Describe(package, newest));
            }
        }

        return new NpmSearchResult(objects, total, DateTimeOffset.UnixEpoch);
    }

    private static IQueryable<PackageVersion> Listed(GranaryContext db, long domainId) =>
        db.PackageVersions.AsNoTracking().Where(v => v.DomainId == domainId && v.Status == PackageVersionStatus.Published);

    private static string Lower(string word) => string.Concat(word.Select(c => char.IsAsciiLetterUpper(c) ? (char)(c | 0x20) : c));

    private static IQueryable<Package> Matching(GranaryContext db, RepositoryRequest request, string query)
    {
        var domainId = request.Domain.Id;
        var repositoryId = request.Repository.Id;
        var listed = Listed(db, domainId);
        var found = db.Packages.AsNoTracking()
            .Where(p => p.DomainId == domainId && p.RepositoryId == repositoryId && p.Format == NpmFormat.FormatName)
            .Where(p => listed.Any(v => v.PackageId == p.Id));
        foreach (var word in query.Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(MostWords))
        {
            var text = Lower(word);
            var name = text.TrimStart('@');
            // Contains becomes a search for the literal characters: % and _ mean nothing.
#pragma warning disable CA1304, CA1311, CA1862, RS0030 // In a query it is the engine's own lower(), which both apply to ASCII alone.
            found = found.Where(p => p.Name.ToLower().Contains(name) || (p.Namespace + "/" + p.Name).ToLower().Contains(name)
                || listed.Any(v => v.PackageId == p.Id && v.Summary != null && v.Summary.ToLower().Contains(text)));
#pragma warning restore CA1304, CA1311, CA1862, RS0030
        }

        return found;
    }

    private static NpmSearchObject Describe(Package package, PackageVersion version)
    {
        var description = NpmManifest.Describe(version.Manifest);
        var links = new NpmSearchLinks(description.HomePage, description.SourceCodeRepository);
        var name = NpmFormat.Spell(package.Coordinate);
        var described = new NpmSearchPackage(
            name, package.Namespace.Length == 0 ? "unscoped" : package.Namespace, version.Version, version.Summary, Keywords(version.Manifest), version.PublishedAt, links, []);
        return new NpmSearchObject(described, new NpmSearchScore(1, new(1, 1, 1)), 1);
    }

    private static List<string> Keywords(byte[] manifest)
    {
        using var json = JsonDocument.Parse(manifest);
        return json.RootElement.TryGetProperty("keywords", out var keywords) && keywords.ValueKind is JsonValueKind.Array
            ? [.. keywords.EnumerateArray().Select(NpmJsonDocument.UncheckedText).OfType<string>()]
            : [];
    }
}

internal sealed record NpmSearchResult(IReadOnlyList<NpmSearchObject> Objects, int Total, DateTimeOffset Time);

internal sealed record NpmSearchObject(NpmSearchPackage Package, NpmSearchScore Score, double SearchScore);

internal sealed record NpmSearchScore(double Final, NpmSearchScoreDetail Detail);

internal sealed record NpmSearchScoreDetail(double Quality, double Popularity, double Maintenance);

/// <param name="Maintainers">Always empty, for access is by repository; npm fails where the member is missing.</param>
internal sealed record NpmSearchPackage(
    string Name, string Scope, string Version, string? Description, IReadOnlyList<string> Keywords, DateTimeOffset Date, NpmSearchLinks Links, IReadOnlyList<string> Maintainers);

internal sealed record NpmSearchLinks(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Homepage,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Repository);
