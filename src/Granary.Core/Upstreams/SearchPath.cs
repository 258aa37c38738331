using Granary.Core.Domains;
using Granary.Core.Groups;
using Granary.Core.Packages;
using Granary.Core.Repositories;

namespace Granary.Core.Upstreams;

/// <summary>One stop of a search: a repository, its record of the package if it has one, and the public source to ask after it.</summary>
public sealed record SearchStep(RepositorySnapshot Repository, Package? Package, string? Connection);

/// <summary>Why a repository or a public source that the configuration leads to is left out of a search.</summary>
public enum OmissionReason
{
    /// <summary>The package's record in <see cref="SearchOmission.Because"/> has upstream = BLOCK.</summary>
    PackageBlocksUpstream,

    /// <summary>The package's group does not let the repository that was asked take anything from its upstreams.</summary>
    GroupBlocksInternalUpstream,

    /// <summary>The package's group does not let this repository take anything from its public source.</summary>
    GroupBlocksExternalUpstream,

    /// <summary><see cref="SearchOmission.Because"/> has the name for its own, so that no public one is met under it; see decision 7.</summary>
    NameIsOwn,

    /// <summary>It lies beyond the repositories that one request searches, 25 unless configured.</summary>
    TooFar,
}

/// <summary>What a search leaves out.</summary>
/// <param name="Connection">The public source, where only that is left out; null for the repository with all above it.</param>
/// <param name="Because">The repository whose record decides, where one does.</param>
public sealed record SearchOmission(RepositorySnapshot Repository, string? Connection, OmissionReason Reason, RepositorySnapshot? Because = null);

/// <summary>
/// Where a package is looked for, in order: the repository itself, then for each upstream in priority order that upstream
/// and everything above it, before the next; a repository's public source comes after its upstreams. What comes first decides about
/// a version. Origin controls, of the package and of its group, end the branches that they block.
/// </summary>
/// <param name="Rules">What the package's group allows.</param>
public sealed record SearchPath(IReadOnlyList<SearchStep> Steps, IReadOnlyList<SearchOmission> Omissions, OriginRules Rules)
{
    /// <param name="records">The package's records in all repositories of the domain.</param>
    /// <param name="formatOf">The format of an external connection.</param>
    /// <param name="most">How many repositories are searched; what lies beyond is not seen.</param>
    public static SearchPath Of(
        DomainSnapshot domain, RepositorySnapshot start, IReadOnlyList<Package> records, PackageCoordinate package, Func<string, string?> formatOf, int most)
    {
        var walk = new Walk(domain, start, records, domain.Groups.RulesOf(package), name => formatOf(name) == package.Format, most);
        walk.Visit(start);
        return walk.End();
    }

    /// <summary>
    /// For each step what its tags weigh: more than those of every repository that has it for an upstream, although the search may come to such a
    /// one later, and else the more the later it is searched.
    /// </summary>
    public IReadOnlyList<int> TagWeights()
    {
        var weights = new int[Steps.Count];
        for (var weight = 1; weight <= weights.Length; weight++)
        {
            var open = Enumerable.Range(0, weights.Length).Where(i => weights[i] == 0).ToList();
            var next = open.FindIndex(upper => !open.Exists(lower => Takes(lower, upper)));
            // Repositories form no cycle; if they did, their order would be the search's.
            weights[open[Math.Max(next, 0)]] = weight;
        }

        return weights;
    }

    /// <summary>Whether a domain has a repository from which more can be reached than is searched.</summary>
    internal static bool IsCutSomewhere(IReadOnlyCollection<RepositorySnapshot> repositories, int most)
    {
        var upstreams = repositories.ToDictionary(r => r.Id, r => r.Upstreams);
        return repositories.Count > most && repositories.Any(start =>
        {
            var (seen, open) = (new HashSet<long> { start.Id }, new Stack<long>([start.Id]));
            while (seen.Count <= most && open.TryPop(out var next))
            {
                foreach (var upstream in upstreams[next].Where(upstreams.ContainsKey).Where(seen.Add))
                {
                    open.Push(upstream);
                }
            }

            return seen.Count > most;
        });
    }

    /// <summary>Whether a step's repository takes from another step: from its upstream, or from its own public source.</summary>
    private bool Takes(int lower, int upper)
    {
        var (from, to) = (Steps[lower], Steps[upper]);
        return from.Repository.Id == to.Repository.Id ? lower < upper
            : from.Package is not { AllowUpstream: false } && from.Repository.Upstreams.Contains(to.Repository.Id) && lower == FirstOf(from.Repository);
    }

    // A repository that has both upstreams and a public source is two steps, and the upstreams are those of the first.
    private int FirstOf(RepositorySnapshot repository) => Steps.Index().First(s => s.Item.Repository.Id == repository.Id).Index;

    private sealed class Walk(
        DomainSnapshot domain, RepositorySnapshot start, IReadOnlyList<Package> records, OriginRules rules, Func<string, bool> isOfFormat, int most)
    {
        private readonly List<SearchStep> steps = [];
        private readonly List<SearchOmission> omissions = [];
        private readonly HashSet<long> seen = [];

        public void Visit(RepositorySnapshot repository)
        {
            // A repository that is reached twice is searched once, which also ends every cycle.
            if (seen.Contains(repository.Id))
            {
                return;
            }

            if (seen.Count >= most)
            {
                omissions.Add(new(repository, null, OmissionReason.TooFar));
                return;
            }

            seen.Add(repository.Id);
            var record = Find(repository.Id);
            var own = steps.Count;
            steps.Add(new SearchStep(repository, record, null));
            if (record is { AllowUpstream: false })
            {
                OmitAll(repository, OmissionReason.PackageBlocksUpstream, repository);
                return;
            }

            VisitUpstreams(repository);
            VisitSource(repository, own);
        }

        public SearchPath End()
        {
            var blocked = steps.Find(s => s.Package is { AllowUpstream: false });
            return new SearchPath(blocked is null ? steps : WithoutPublic(blocked.Repository), omissions, rules);
        }

        private void VisitUpstreams(RepositorySnapshot repository)
        {
            // Retention happens in the repository that was asked and in no other, so that its own right to it is what counts.
            var allowed = repository.Id != start.Id || rules.Allows(OriginRestriction.InternalUpstream, start.Id);
            foreach (var id in repository.Upstreams)
            {
                if (domain.Repository(id) is not { } upstream)
                {
                    continue;
                }

                if (allowed)
                {
                    Visit(upstream);
                }
                else
                {
                    omissions.Add(new(upstream, null, OmissionReason.GroupBlocksInternalUpstream));
                }
            }
        }

        private void VisitSource(RepositorySnapshot repository, int own)
        {
            if (repository.ExternalConnection is not { } connection || !isOfFormat(connection))
            {
                return;
            }

            if (!rules.Allows(OriginRestriction.ExternalUpstream, repository.Id))
            {
                omissions.Add(new(repository, connection, OmissionReason.GroupBlocksExternalUpstream));
            }
            else if (repository.Upstreams.Count == 0)
            {
                steps[own] = steps[own] with { Connection = connection };
            }
            else
            {
                // Also where its upstreams were searched before it: the source's tags come after theirs.
                steps.Add(new SearchStep(repository, null, connection));
            }
        }

        private void OmitAll(RepositorySnapshot repository, OmissionReason reason, RepositorySnapshot because)
        {
            omissions.AddRange(repository.Upstreams.Select(domain.Repository).OfType<RepositorySnapshot>().Select(u => new SearchOmission(u, null, reason, because)));
            if (repository.ExternalConnection is { } connection && isOfFormat(connection))
            {
                omissions.Add(new(repository, connection, reason, because));
            }
        }

        // A name that one repository blocks is somebody's own: on no way does it meet what the public has under that name, be it at a source or
        // kept in the repository that is connected to one, whether or not that one may still be asked. See decision 7.
        private List<SearchStep> WithoutPublic(RepositorySnapshot owner)
        {
            var (kept, met) = (new List<SearchStep>(), new HashSet<long>());
            foreach (var step in steps)
            {
                var repository = step.Repository;
                var isStart = repository.Id == start.Id;
                if (isStart && step.Connection is { } source)
                {
                    omissions.Add(new(start, source, OmissionReason.NameIsOwn, owner));
                }

                if (!met.Add(repository.Id))
                {
                    continue; // Its second step, which is its public source alone.
                }

                if (isStart || step.Package is { AllowUpstream: false } || repository.ExternalConnection is not { } connection || !isOfFormat(connection))
                {
                    kept.Add(step with { Connection = null });
                }
                else
                {
                    omissions.Add(new(repository, null, OmissionReason.NameIsOwn, owner));
                }
            }

            return kept;
        }

        private Package? Find(long repositoryId)
        {
            foreach (var record in records)
            {
                if (record.RepositoryId == repositoryId)
                {
                    return record;
                }
            }

            return null;
        }
    }
}
