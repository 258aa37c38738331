using Granary.Core.Database;
using Granary.Core.Packages;
using Granary.Core.Repositories;

namespace Granary.Core.Events;

/// <summary>
/// A transaction that holds one domain: nobody else changes the domain until it ends, so what it reads stays true and
/// the numbers that it hands out are without gaps.
/// </summary>
public sealed class ChangeTransaction(GranaryContext db, long domainId, DomainStamp start, Actor actor, DateTimeOffset now)
{
    private long sequence = start.Sequence;
    private long configuration = start.Configuration;

    public GranaryContext Db => db;

    public long DomainId => domainId;

    public DateTimeOffset Now => now;

    public Actor Actor => actor;

    public DomainStamp Stamp => new(sequence, configuration);

    /// <summary>The id for a new row: the number of the next change to be recorded, taken out of the sequence.</summary>
    public long NextId() => ++sequence;

    /// <summary>Takes <paramref name="count"/> numbers out of the sequence at once and answers the one before the first.</summary>
    public long Skip(int count) => (sequence += count) - count;

    /// <summary>Records a change to the domain itself or to what its snapshot holds (repositories, upstreams, connections).</summary>
    public void RecordConfiguration(ChangeKind kind, Repository? repository = null)
    {
        configuration = ++sequence;
        db.Changes.Add(new Change
        {
            DomainId = domainId,
            Sequence = sequence,
            At = now,
            Kind = kind,
            Actor = actor.Arn,
            RepositoryId = repository?.Id,
            Repository = repository?.Name,
        });
    }

    /// <summary>Makes everything that was derived from this domain's packages be looked at anew.</summary>
    public void MoveConfiguration() => configuration = ++sequence;

    /// <summary>Records a change to a package and moves its stamp, so that every listing of it is rendered anew.</summary>
    /// <param name="isListed">False where no listing can tell the difference: a version was kept as it was listed already.</param>
    public void Record(
        RepositorySnapshot repository, Package package, ChangeKind kind, PackageVersion? version = null, VersionChange change = default, bool isListed = true)
    {
        sequence++;
        package.Stamp = isListed ? sequence : package.Stamp;
        db.Changes.Add(new Change
        {
            DomainId = domainId,
            Sequence = sequence,
            At = now,
            Kind = kind,
            Actor = actor.Arn,
            RepositoryId = repository.Id,
            Repository = repository.Name,
            Administrator = repository.Administrator,
            Format = package.Format,
            Namespace = package.Namespace,
            Package = package.Name,
            Version = version?.Version,
            Status = kind is ChangeKind.VersionDeleted ? PackageVersionStatus.Deleted : version?.Status,
            Revision = version?.Revision,
            AssetsAdded = change.AssetsAdded,
            AssetsRemoved = change.AssetsRemoved,
            MetadataUpdated = change.MetadataUpdated,
            StatusChanged = change.StatusChanged,
        });
    }
}

/// <summary>The <c>changes</c> member of CodeArtifact's event about a package version.</summary>
public readonly record struct VersionChange(int AssetsAdded = 0, int AssetsRemoved = 0, bool MetadataUpdated = false, bool StatusChanged = false);
