using System.Collections.Frozen;
using Granary.Core.Events;
using Granary.Core.Repositories;

namespace Granary.Core.Domains;

/// <summary>
/// A domain's configuration as it was at one stamp: immutable, shared by all requests, replaced when a repository, an
/// upstream list or a connection changes.
/// </summary>
public sealed class DomainSnapshot
{
    private readonly FrozenDictionary<string, RepositorySnapshot> byName;
    private readonly FrozenDictionary<long, RepositorySnapshot> byId;

    public DomainSnapshot(Domain domain, DomainStamp stamp, IReadOnlyList<RepositorySnapshot> repositories)
    {
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

    public RepositorySnapshot? Repository(string name) => byName.GetValueOrDefault(name);

    public RepositorySnapshot? Repository(long id) => byId.GetValueOrDefault(id);
}
