using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using NuGet.Versioning;

namespace Granary.Formats.NuGet;

/// <summary><c>dotnet package search</c>, what development environments browse with, and what completes an id while it is typed.</summary>
internal static class NuGetSearch
{
    public static async Task SearchAsync(HttpContext context)
    {
        var request = RepositoryRequest.Of(context);
        var (page, total) = await Finder(context).FindAsync(request, NuGetQuery.Of(context.Request), context.RequestAborted);
        var addresses = new NuGetAddresses(request.Address);
        var result = new NuGetSearchResult(total, [.. page.Select(f => Describe(addresses, f))]);
        await RenderedDocument.Of(JsonSerializer.SerializeToUtf8Bytes(result, NuGetJson.Default.NuGetSearchResult)).SendAsync(context, "application/json");
    }

    /// <summary>With <c>id</c> the versions of that package, else the ids that match <c>q</c>.</summary>
    public static async Task CompleteAsync(HttpContext context)
    {
        var query = NuGetQuery.Of(context.Request);
        var result = context.Request.Query["id"] is [{ Length: > 0 } id]
            ? await VersionsAsync(context, query, NuGetName.Normalize(id))
            : await IdsAsync(context, query);
        await RenderedDocument.Of(JsonSerializer.SerializeToUtf8Bytes(result, NuGetJson.Default.NuGetCompletion)).SendAsync(context, "application/json");
    }

    private static async Task<NuGetCompletion> IdsAsync(HttpContext context, NuGetQuery query)
    {
        var (page, total) = await Finder(context).FindAsync(RepositoryRequest.Of(context), query, context.RequestAborted);
        return new NuGetCompletion(total, [.. page.Select(f => f.Newest.Id)]);
    }

    private static async Task<NuGetCompletion> VersionsAsync(HttpContext context, NuGetQuery query, string id)
    {
        if (!NuGetName.IsValid(id))
        {
            return new NuGetCompletion(0, []);
        }

        var request = RepositoryRequest.Of(context) with { Package = new(NuGetFormat.FormatName, "", id) };
        var index = context.RequestServices.GetRequiredService<NuGetIndex>();
        var listing = await index.GetAsync(request, new NuGetForm(NuGetPart.Registration, Gzip: false), context.RequestAborted);
        var versions = (listing?.Rendered.Listed ?? []).Where(v => query.Prerelease || !NuGetVersion.Parse(v).IsPrerelease).ToList();
        return new NuGetCompletion(versions.Count, versions);
    }

    private static NuGetSearchEntry Describe(NuGetAddresses addresses, NuGetFound found)
    {
        var (manifest, name) = (found.Newest, found.Name);
        var version = found.Versions[^1].Key;
        return new NuGetSearchEntry(
            addresses.Registration(name),
            "Package",
            addresses.Registration(name),
            manifest.Id,
            manifest.Version,
            manifest.Description ?? "",
            manifest.Summary,
            manifest.Title ?? manifest.Id,
            manifest.IconFile is null ? manifest.IconUrl : addresses.Icon(name, version),
            manifest.LicenseUrl,
            manifest.ProjectUrl,
            manifest.Tags,
            manifest.Authors is { } authors ? [.. authors.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)] : [],
            [.. manifest.PackageTypes.Count > 0 ? manifest.PackageTypes : [new NuGetPackageType("Dependency", null)]],
            [.. found.Versions.Select(v => new NuGetSearchVersion(addresses.Leaf(name, v.Key), v.Key))]);
    }

    private static NuGetFinder Finder(HttpContext context) => context.RequestServices.GetRequiredService<NuGetFinder>();
}

internal sealed record NuGetSearchResult(int TotalHits, IReadOnlyList<NuGetSearchEntry> Data);

/// <summary>One package. Downloads are not counted, and so none are told.</summary>
internal sealed record NuGetSearchEntry(
    [property: JsonPropertyName("@id")] string Address,
    [property: JsonPropertyName("@type")] string Type,
    string Registration,
    string Id,
    string Version,
    string Description,
    string? Summary,
    string Title,
    string? IconUrl,
    string? LicenseUrl,
    string? ProjectUrl,
    IReadOnlyList<string> Tags,
    IReadOnlyList<string> Authors,
    IReadOnlyList<NuGetPackageType> PackageTypes,
    IReadOnlyList<NuGetSearchVersion> Versions);

internal sealed record NuGetSearchVersion([property: JsonPropertyName("@id")] string Id, string Version);

internal sealed record NuGetCompletion(int TotalHits, IReadOnlyList<string> Data);
