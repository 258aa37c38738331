using System.Collections.Frozen;
using Granary.Core.Access.Policies;
using Granary.Core.Events;
using Granary.Core.Groups;
using Granary.Core.Repositories;
using Granary.Core.Upstreams;

namespace Granary.Core.Domains;

/// <summary>
/// A domain's configuration as it was at one stamp: immutable, shared by all requests, replaced when a repository, an
/// upstream list, a connection, a package group, a policy or a tag changes.
/// </summary>
public sealed class DomainSnapshot
{
    private readonly FrozenDictionary<string, RepositorySnapshot> byName;
    private readonly FrozenDictionary<long, RepositorySnapshot> byId;

    // 0 until somebody has asked; 1 for no, 2 for yes.
    private volatile int cut;

    public DomainSnapshot(
        Domain domain, DomainStamp stamp, IReadOnlyList<RepositorySnapshot> repositories, PolicyDocument? policy, IReadOnlyDictionary<string, string> tags)
    {
        Policy = policy;
        Tags = tags;
        Id = domain.Id;
        Owner = domain.Owner;
        Name = domain.Name;
        Stamp = stamp;
        byName = repositories.ToFrozenDictionary(r => r.Name, StringComparer.Ordinal);
        byId = repositories.ToFrozenDictionary(r => r.Id);
    }

    public long Id { get; }

    public string Owner { get; }

    public string Name { get; }

    /// <summary>Only <see cref="DomainStamp.Configuration"/> is compared: the rest of the domain moves on without it.</summary>
    public DomainStamp Stamp { get; }

    /// <summary>The domain's permissions policy, or null.</summary>
    public PolicyDocument? Policy { get; }

    public IReadOnlyDictionary<string, string> Tags { get; }

    public required PackageGroups Groups { get; init; }

    /// <summary>Whether more can be reached from some repository than one request searches.</summary>
    /// <param name="most">How many that is; the same at each call.</param>
    internal bool HasCutSearches(int most)
    {
        if (cut == 0)
        {
            cut = SearchPath.IsCutSomewhere(byId.Values, most) ? 2 : 1;
        }

        return cut == 2;
    }

    /// <summary>A repository that has the connection, or null: several may.</summary>
    public RepositorySnapshot? ConnectedTo(string connection) => byId.Values.FirstOrDefault(r => r.ExternalConnection == connection);

    public RepositorySnapshot? Repository(string name) => byName.GetValueOrDefault(name);

    public RepositorySnapshot? Repository(long id) => byId.GetValueOrDefault(id);
}
