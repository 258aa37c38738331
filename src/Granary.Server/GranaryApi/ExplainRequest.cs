using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;

namespace Granary.Server.GranaryApi;

/// <summary>The parameters of an explanation, named as CodeArtifact names them in its queries.</summary>
public sealed record ExplainRequest
{
    internal static readonly string[] Required = ["domain", "repository", "format", "package", "version"];

    [FromQuery(Name = "domain"), Description("The name of the domain.")]
    public string? Domain { get; init; }

    [FromQuery(Name = "domain-owner"), Description("Twelve digits; the caller's account unless given.")]
    public string? DomainOwner { get; init; }

    [FromQuery(Name = "repository"), Description("The repository that a client would ask.")]
    public string? Repository { get; init; }

    [FromQuery(Name = "format"), Description("npm, pypi, maven, nuget, generic, ruby, swift or cargo.")]
    public string? Format { get; init; }

    [FromQuery(Name = "namespace"), Description("An npm scope without its @, a Maven group and so on; left out where the package has none.")]
    public string? Namespace { get; init; }

    [FromQuery(Name = "package"), Description("The name of the package.")]
    public string? Package { get; init; }

    [FromQuery(Name = "version"), Description("The version that is seen, or is not.")]
    public string? Version { get; init; }

    [FromQuery(Name = "principal"), Description("The ARN of the user or role who would ask; the caller unless given. Needs iam:SimulatePrincipalPolicy on it.")]
    public string? Principal { get; init; }
}
