using Granary.Core.Repositories;

namespace Granary.Core.Packages;

/// <summary>Refusals about packages in CodeArtifact's own words.</summary>
public static class PackageRefusals
{
    /// <summary>The form, comma at the end included, that CodeArtifact was seen to answer.</summary>
    public static Refusal NotFound(RepositorySnapshot repository, PackageCoordinate package)
    {
        var @namespace = package.Namespace.Length == 0 ? "" : $"namespace={package.Namespace}, ";
        return Refusal.NotFound(
            ResourceType.Package,
            package.Name,
            $"Package not found in repository. RepoId: {repository.Id}, Package = PackageCoordinate{{packageType={package.Format}, {@namespace}packageName={package.Name}}},");
    }

    public static Refusal RepositoryDeleted(RepositorySnapshot repository) =>
        Refusal.NotFound(ResourceType.Repository, repository.Name, $"The repository {repository.Name} was deleted while the request ran.");
}
