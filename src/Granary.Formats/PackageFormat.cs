using Granary.Core;
using Granary.Core.Packages;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Formats;

/// <summary>Whether a format's packages live in a namespace (npm scope, Maven group, Swift scope, generic namespace).</summary>
public enum NamespaceRule
{
    Absent,
    Optional,
    Required,
}

/// <summary>
/// The seam: everything that Granary asks of one package format. A format is one sealed class in a folder of its own and
/// one line in <see cref="PackageFormats.All"/>; neither Core nor Server compares a format's name with anything.
/// </summary>
public abstract class PackageFormat
{
    /// <summary>CodeArtifact's PackageFormat value and the first segment of every address of the format.</summary>
    public abstract string Name { get; }

    public abstract NamespaceRule Namespace { get; }

    /// <summary>
    /// The ecosystem's own version order, oldest first. 0 means that its clients take the two texts for one version. Total
    /// and without exceptions: what is no version of the ecosystem comes before every version.
    /// </summary>
    public abstract IComparer<string> VersionOrder { get; }

    /// <summary>The public sources that CodeArtifact names for this format; empty for swift and generic.</summary>
    public virtual IReadOnlyList<ExternalConnection> Connections => [];

    /// <summary>The form of a namespace that ARNs, the database and look-ups use.</summary>
    public virtual string NormalizeNamespace(string value) => value;

    /// <summary>The form of a package name that ARNs, the database and look-ups use.</summary>
    public virtual string NormalizeName(string value) => value;

    /// <summary>The form of a version that the database and look-ups use.</summary>
    public virtual string NormalizeVersion(string value) => value;

    /// <summary>Maps the addresses that the format's clients ask, below the repository's own.</summary>
    public virtual void Map(RouteGroupBuilder repository)
    {
    }

    /// <summary>The package that a path of this format names, by the values of its route; null where it names none.</summary>
    /// <exception cref="Refusal">The name is none that the format can have.</exception>
    public virtual PackageCoordinate? ReadPackage(RouteValueDictionary values) => null;

    /// <summary>How this format's clients are told of a refusal.</summary>
    public virtual Task RefuseAsync(HttpContext context, Refusal refusal)
    {
        context.Response.StatusCode = HttpStatus.Of(refusal.Kind);
        return context.Response.WriteAsync(refusal.Message);
    }

    /// <summary>Registers what the format's own handlers need.</summary>
    public virtual void AddServices(IServiceCollection services)
    {
    }

    /// <summary>What DescribePackageVersion tells of a version, read from the manifest that was stored with it.</summary>
    public virtual VersionDescription Describe(PackageCoordinate package, ReadOnlyMemory<byte> manifest) => VersionDescription.Empty;

    /// <summary>Direct dependencies by the format's own manifest, in its order.</summary>
    public virtual IReadOnlyList<PackageDependency> Dependencies(ReadOnlyMemory<byte> manifest) => [];

    /// <summary>Whether versions are published with PublishPackageVersion, because the ecosystem has no client of its own for it.</summary>
    public virtual bool IsPublishedByApi => false;

    /// <summary>Returns where PublishPackageVersion can give an asset this name.</summary>
    /// <exception cref="Refusal">The format has no such names.</exception>
    public virtual void DemandAssetName(string name)
    {
    }

    /// <summary>The coordinate of a package that a caller names on the control plane.</summary>
    /// <exception cref="Refusal">The namespace is missing where the format requires one, or given where it has none.</exception>
    public PackageCoordinate Coordinate(string? @namespace, string name)
    {
        // No format has such names, and no database keeps them.
        if (name.Any(char.IsControl) || @namespace?.Any(char.IsControl) is true)
        {
            throw Refusal.Validation("The name of a package has no control characters.");
        }

        return (Namespace, @namespace) switch
        {
            (NamespaceRule.Required, null) => throw Refusal.Validation($"A namespace is required for packages of format {Name}."),
            (NamespaceRule.Absent, not null) => throw Refusal.Validation($"Packages of format {Name} have no namespace: leave it out."),
            _ => new PackageCoordinate(Name, @namespace is null ? "" : NormalizeNamespace(@namespace), NormalizeName(name)),
        };
    }
}

/// <summary>The descriptive members of DescribePackageVersion; null or empty where the manifest is silent.</summary>
public sealed record VersionDescription(
    string? DisplayName,
    string? Summary,
    string? HomePage,
    string? SourceCodeRepository,
    IReadOnlyList<License> Licenses)
{
    public static VersionDescription Empty { get; } = new(null, null, null, null, []);
}

public sealed record License(string Name, string? Url);

/// <summary>One entry of ListPackageVersionDependencies. The type is the format's own word, such as <c>regular</c> or <c>dev</c>.</summary>
public sealed record PackageDependency(string? Namespace, string Package, string? DependencyType, string? VersionRequirement);
