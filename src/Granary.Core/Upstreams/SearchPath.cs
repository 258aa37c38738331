using Granary.Core.Domains;
using Granary.Core.Packages;
using Granary.Core.Repositories;

namespace Granary.Core.Upstreams;

/// <summary>One stop of a search: a repository, its record of the package if it has one, and the public source to ask after it.</summary>
public sealed record SearchStep(RepositorySnapshot Repository, Package? Package, string? Connection);

/// <summary>
/// Where a package is looked for, in order: the repository itself, then for each upstream in priority order that upstream
/// and everything above it, before the next; a repository's public source comes after its upstreams. What comes first decides about
/// a version. An origin control that blocks upstreams ends the branch it stands in.
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
        return steps.Exists(IsBlocked) ? WithoutSources(steps) : steps;

        void Visit(RepositorySnapshot repository)
        {
            // A repository that is reached twice is searched once, which also ends every cycle.
            if (seen.Count >= MostRepositories || !seen.Add(repository.Id))
            {
                return;
            }

            var package = Find(records, repository.Id);
            var open = package is null or { AllowUpstream: true };
            var connection = repository.ExternalConnection is { } name && formatOf(name) == format ? name : null;
            var own = steps.Count;
            steps.Add(new SearchStep(repository, package, null));
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

            if (connection is not null && steps.Count == own + 1)
            {
                steps[own] = steps[own] with { Connection = connection };
            }
            else if (connection is not null)
            {
                steps.Add(new SearchStep(repository, null, connection));
            }
        }
    }

    // A name that one repository blocks is somebody's own: on no way does it meet what the public has under that name, be it at a source or
    // kept in the repository that is connected to one. See decision 7.
    private static List<SearchStep> WithoutSources(List<SearchStep> steps)
    {
        var connected = steps.Where(s => s.Connection is not null).Select(s => s.Repository.Id).ToHashSet();
        return [.. steps.Where((s, index) => index == 0 || !connected.Contains(s.Repository.Id)).Select(s => s with { Connection = null })];
    }

    private static bool IsBlocked(SearchStep step) => step.Package is { AllowUpstream: false };

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
