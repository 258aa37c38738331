using System.Globalization;
using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Domains;
using Granary.Core.Usage;
using Granary.Formats;
using Granary.Server.ControlPlane;
using Granary.Server.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Granary.Server.GranaryApi;

/// <summary>
/// <c>GET /granary/v1/downloads</c>: how often each asset was downloaded, and when last, for whoever decides what is not needed any more.
/// Signed as a call of CodeArtifact, and allowed to whoever may list the repository's packages.
/// </summary>
internal sealed class DownloadsEndpoint(
    GranaryCallers callers, Evaluator evaluator, ResourceArns arns, DomainDirectory domains, UsageWriter writer, Downloads downloads, PageTokens tokens)
{
    public const string Name = "ListDownloads";
    public const string Action = "codeartifact:ListPackages";

    private const int DefaultPage = 100;
    private const int LargestPage = 1000;

    [EndpointSummary("List how often assets were downloaded, and when last.")]
    [EndpointDescription(
        "Counts are of downloads through the repository that is named, by package managers and by GetPackageVersionAsset. They are those of all nodes up to a quarter of a minute ago. "
        + "Needs codeartifact:ListPackages on the repository.")]
    public static async Task<Ok<DownloadsResponse>> GetAsync(
        HttpContext context, [AsParameters] DownloadsRequest request, DownloadsEndpoint endpoint) => TypedResults.Ok(await endpoint.RunAsync(context, request));

    private async Task<DownloadsResponse> RunAsync(HttpContext context, DownloadsRequest request)
    {
        var (caller, record) = await callers.BeginAsync(context, Name);
        var owner = Optional("domain-owner", request.DomainOwner, Shapes.AccountId) ?? caller.Principal.AccountId;
        var domainName = Optional("domain", request.Domain, Shapes.DomainName) ?? throw Fault.Missing("domain");
        var repositoryName = Optional("repository", request.Repository, Shapes.RepositoryName) ?? throw Fault.Missing("repository");
        var filter = Filter(request);
        var size = Size(request.MaxResults);

        var domain = await domains.FindAsync(owner, domainName, context.RequestAborted);
        var repository = domain?.Repository(repositoryName);
        if (domain is not null)
        {
            record.Concern(domain, repository);
        }

        var target = new AccessTarget(arns.Repository(owner, domainName, repositoryName), owner, domain, repository);
        await evaluator.DemandAsync(caller.Principal, Action, target, context.Facts());
        if (domain is null)
        {
            throw Refusal.NotFound(ResourceType.Domain, domainName, $"Domain not found. Domain '{domainName}' owned by account '{owner}' does not exist");
        }

        if (repository is null)
        {
            throw Refusal.NotFound(ResourceType.Repository, repositoryName, $"Repository not found. Repository '{repositoryName}' does not exist in domain '{domainName}'.");
        }

        var binding = Bind(caller.Principal.AccountId, domain.Id, repositoryName, filter);
        var after = request.NextToken is { } token ? Key(tokens.Open(binding, token)) : null;
        if (after is null)
        {
            await writer.FlushAsync(context.RequestAborted);
        }

        var rows = await downloads.ListAsync(domain.Id, repositoryName, filter, after, size + 1, context.RequestAborted);
        var page = rows.Take(size).ToList();
        return new DownloadsResponse([.. page.Select(Line)])
        {
            NextToken = rows.Count > size ? tokens.Seal(binding, [page[^1].Format, page[^1].Namespace, page[^1].Package, page[^1].Version, page[^1].Asset]) : null,
        };
    }

    private static DownloadFilter Filter(DownloadsRequest request)
    {
        var format = Optional("format", request.Format, Shapes.PackageFormat) is { } name ? PackageFormats.Find(name) : null;
        var package = Optional("package", request.Package, Shapes.PackageName);
        var scope = Optional("namespace", request.Namespace, Shapes.PackageNamespace);
        var version = Optional("version", request.Version, Shapes.PackageVersion);
        if ((package is not null && format is null) || ((version ?? scope) is not null && package is null))
        {
            throw Fault.Of("package", "Member must be given with format, and version and namespace with package");
        }

        var coordinate = package is null ? null : format!.Coordinate(scope, package);
        return new DownloadFilter(format?.Name, coordinate?.Namespace, coordinate?.Name, version is null ? null : format!.NormalizeVersion(version), Moment(request.LastBefore));
    }

    private static DateTimeOffset? Moment(string? text) => text is null
        ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
            ? moment : throw Fault.Of("last-before", "Member must be a moment such as 2026-01-31T00:00:00Z");

    private static int Size(string? text) => text is null
        ? DefaultPage
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var size)
            ? Fault.Range("max-results", size, 1, LargestPage) : throw Fault.Of("max-results", "Member must be a whole number");

    private static byte[] Bind(string account, long domain, string repository, DownloadFilter filter) => PageTokens.Bind(Name, account,
        [new("domain", domain.ToString(CultureInfo.InvariantCulture)), new("repository", repository), new("filter", filter.ToString())]);

    private static DownloadPageKey Key(IReadOnlyList<string> texts) => new(texts[0], texts[1], texts[2], texts[3], texts[4]);

    private static DownloadLine Line(DownloadCount row) => new(row.Format, row.Package, row.Version, row.Asset, row.Count, row.LastAt)
    {
        Namespace = row.Namespace.Length == 0 ? null : row.Namespace,
    };

    private static string? Optional(string name, string? value, TextShape shape) => value is null ? null : shape.Check(name, value);
}
