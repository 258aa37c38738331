using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;

namespace Granary.Server.GranaryApi;

/// <summary>Which download counts are asked for, named as CodeArtifact names them in its queries.</summary>
public sealed record DownloadsRequest
{
    internal static readonly string[] Required = ["domain", "repository"];

    [FromQuery(Name = "domain"), Description("The name of the domain.")]
    public string? Domain { get; init; }

    [FromQuery(Name = "domain-owner"), Description("Twelve digits; the caller's account unless given.")]
    public string? DomainOwner { get; init; }

    [FromQuery(Name = "repository"), Description("The repository that clients asked.")]
    public string? Repository { get; init; }

    [FromQuery(Name = "format"), Description("Only packages of this format: npm, pypi, maven, nuget, generic, ruby, swift or cargo.")]
    public string? Format { get; init; }

    [FromQuery(Name = "namespace"), Description("With package: an npm scope without its @, a Maven group and so on.")]
    public string? Namespace { get; init; }

    [FromQuery(Name = "package"), Description("Only this package; needs format.")]
    public string? Package { get; init; }

    [FromQuery(Name = "version"), Description("Only this version; needs package.")]
    public string? Version { get; init; }

    [FromQuery(Name = "last-before"), Description("Only what was downloaded last before this moment, such as 2026-01-31T00:00:00Z.")]
    public string? LastBefore { get; init; }

    [FromQuery(Name = "max-results"), Description("1 to 1000; 100 unless given.")]
    public string? MaxResults { get; init; }

    [FromQuery(Name = "next-token"), Description("What the page before answered as nextToken, with the same parameters.")]
    public string? NextToken { get; init; }
}

/// <summary>How often assets were downloaded through a repository.</summary>
/// <param name="Downloads">By format, namespace, package, version and asset. What was never downloaded is not in it.</param>
public sealed record DownloadsResponse(IReadOnlyList<DownloadLine> Downloads)
{
    /// <summary>Absent on the last page.</summary>
    public string? NextToken { get; init; }
}

/// <summary>One asset of one version.</summary>
/// <param name="Downloads">Whole ones, and those that began at the first byte.</param>
/// <param name="LastDownloadedAt">To a quarter of a minute.</param>
public sealed record DownloadLine(string Format, string Package, string Version, string Asset, long Downloads, DateTimeOffset LastDownloadedAt)
{
    /// <summary>Absent where the package has none.</summary>
    public string? Namespace { get; init; }
}
