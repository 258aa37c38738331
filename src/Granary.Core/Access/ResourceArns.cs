using Granary.Core.Packages;

namespace Granary.Core.Access;

/// <summary>
/// ARNs of CodeArtifact. The account in them is always the domain's owner. They are built from names and not from rows,
/// because a decision is made before it is known whether the resource exists.
/// </summary>
public sealed class ResourceArns(string region)
{
    /// <summary>What the operations that name no resource are decided on.</summary>
    public const string Any = "*";

    public string Region => region;

    public string Domain(string owner, string domain) => $"arn:aws:codeartifact:{region}:{owner}:domain/{domain}";

    public string Repository(string owner, string domain, string repository) =>
        $"arn:aws:codeartifact:{region}:{owner}:repository/{domain}/{repository}";

    /// <param name="pattern">Encoded for ARNs, from its slash on.</param>
    public string PackageGroup(string owner, string domain, string pattern) => $"arn:aws:codeartifact:{region}:{owner}:package-group/{domain}{pattern}";

    /// <summary>A package without a namespace has an empty segment: <c>…/{format}//{name}</c>.</summary>
    public string Package(string owner, string domain, string repository, PackageCoordinate package) =>
        $"arn:aws:codeartifact:{region}:{owner}:package/{domain}/{repository}/{package.Format}/{package.Namespace}/{package.Name}";
}
