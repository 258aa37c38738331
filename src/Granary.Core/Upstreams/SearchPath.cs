using Granary.Core.Domains;
using Granary.Core.Packages;
using Granary.Core.Repositories;

namespace Granary.Core.Upstreams;

/// <summary>One stop of a search: a repository, its record of the package if it has one, and the public source to ask last of all.</summary>
public sealed record SearchStep(RepositorySnapshot Repository, Package? Package, string? Connection);

/// <summary>
/// Where a package is looked for, in order: the repository itself, then for each upstream in priority order that upstream
/// and everything above it, before the next. An origin control that blocks upstreams ends the branch it stands in.
/// </summary>
public static class SearchPath
{
    /// <summary>CodeArtifact searches at most 25 repositories for a request; what lies beyond is not seen.</summary>
    public const int MostRepositories = 25;

    public static IReadOnlyList<SearchStep> Of(DomainSnapshot domain, RepositorySnapshot start, IReadOnlyList<Package> records, string format, Func<string, string?> formatOf)
    {
        var steps = new List<SearchStep>();
        var seen = new HashSet<long>();
        Visit(start);
        return steps;

        void Visit(RepositorySnapshot repository)
        {
            // A repository that is reached twice is searched once, which also ends every cycle.
            if (seen.Count >= MostRepositories || !seen.Add(repository.Id))
            {
                return;
            }

            var package = Find(records, repository.Id);
            var open = package is null or { AllowUpstream: true };
            var connection = open && repository.ExternalConnection is { } name && formatOf(name) == format ? name : null;
            steps.Add(new SearchStep(repository, package, connection));
            if (!open)
            {
                return;
            }

            foreach (var id in repository.Upstreams)
            {
                if (domain.Repository(id) is { } upstream)
                {
                    Visit(upstream);
                }
            }
        }
    }

    private static Package? Find(IReadOnlyList<Package> records, long repositoryId)
    {
        foreach (var package in records)
        {
            if (package.RepositoryId == repositoryId)
            {
                return package;
            }
        }

        return null;
    }
}
