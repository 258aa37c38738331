using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Events;
using Granary.Core.Groups;
using Granary.Core.Repositories;
using Granary.Core.Upstreams;

namespace Granary.Core.Packages;

/// <summary>
/// Publishes versions: the bytes are durable already; one transaction checks everything that must hold and makes the
/// version, its assets, its tags and the change visible together.
/// </summary>
public sealed class Publishing(GranaryDatabase database, ChangeLog log, PackageSearch search, SourceListings sources)
{
    /// <summary>Asks what can be asked before the bytes are stored; a race is decided by <see cref="PublishAsync"/>.</summary>
    /// <exception cref="Refusal">
    /// Conflict: the version exists here or can be reached upstream. AccessDenied by origin control. SourceFailed: a source
    /// that might have the version cannot be asked, so nobody can say that it has not.
    /// </exception>
    public async Task DemandAbsentAsync(
        DomainSnapshot domain, RepositorySnapshot repository, PackageCoordinate coordinate, string version, CancellationToken cancellation)
    {
        SearchPath path;
        await using (var db = database.Open())
        {
            path = await search.PathAsync(db, domain, repository, coordinate, cancellation);
            await DemandAbsentAsync(db, domain, path, coordinate, version);
        }

        // A package whose upstreams are blocked, as every package that was first published here, has no step with a source,
        // and its name is told to nobody.
        foreach (var step in path.Steps)
        {
            if (await IsAtSourceAsync(domain, step, coordinate, version, cancellation))
            {
                throw Exists(coordinate, version, step.Connection!);
            }
        }
    }

    /// <summary>Publishes a version whose bytes are stored.</summary>
    /// <param name="tags">Names to point to the version.</param>
    /// <param name="actor">The ARN of the principal who publishes.</param>
    /// <exception cref="Refusal">Conflict: somebody else was faster. AccessDenied by origin control.</exception>
    public Task<PackageVersion> PublishAsync(
        DomainSnapshot domain, RepositorySnapshot repository, PackageCoordinate coordinate, NewVersion version,
        IReadOnlyCollection<string> tags, Actor actor, CancellationToken cancellation) =>
        log.WriteAsync(
            domain.Id,
            actor,
            async transaction =>
            {
                var now = await DomainDirectory.CurrentAsync(transaction, domain);
                var at = now.Repository(repository.Id) ?? throw PackageRefusals.RepositoryDeleted(repository);
                var path = await search.PathAsync(transaction.Db, now, at, coordinate, CancellationToken.None);
                await DemandAbsentAsync(transaction.Db, now, path, coordinate, version.Version);
                var package = Hold(transaction, path.Steps[0])
                    ?? PackageWriter.Add(transaction, repository, coordinate, allowPublish: true, allowUpstream: false);
                foreach (var tag in tags)
                {
                    await PackageWriter.SetTagAsync(transaction, package, tag, version.Version);
                }

                return await PackageWriter.AddVersionAsync(
                    transaction, repository, package, version, new VersionOrigin(repository.Name, null), transaction.Now);
            },
            cancellation);

    /// <summary>Before the bytes are read, where the name alone decides: the same refusals as publishing would give.</summary>
    public async Task DemandPublishableAsync(
        DomainSnapshot domain, RepositorySnapshot repository, PackageCoordinate coordinate, CancellationToken cancellation)
    {
        await using var db = database.Open();
        DemandAllowed(await search.PathAsync(db, domain, repository, coordinate, cancellation), coordinate);
    }

    private async Task<bool> IsAtSourceAsync(DomainSnapshot domain, SearchStep step, PackageCoordinate coordinate, string version, CancellationToken cancellation)
    {
        try
        {
            return await sources.HasVersionAsync(domain, step, coordinate, version, cancellation);
        }
        catch (Refusal refusal) when (refusal.Kind is RefusalKind.SourceFailed)
        {
            throw Refusal.SourceFailed(
                $"Before {version} of {coordinate} is published here, {step.Connection} is asked whether that version is public, and it cannot be asked now: {refusal.Message} " +
                "Publish again later, or to a repository that searches no public source.",
                refusal.InnerException);
        }
    }

    /// <summary>The record that the search of this transaction met first, to be changed in it.</summary>
    internal static Package? Hold(ChangeTransaction transaction, SearchStep first) =>
        first.Package is { } known ? PackageWriter.Hold(transaction, known) : null;

    /// <exception cref="Refusal">AccessDenied: the package or its group does not let the first repository of the path be published to.</exception>
    internal static void DemandAllowed(SearchPath path, PackageCoordinate coordinate)
    {
        var first = path.Steps[0];
        if (first.Package is { AllowPublish: false })
        {
            throw Refusal.Blocked(
                $"Publishing {coordinate} directly to repository {first.Repository.Name} is blocked by its origin controls (publish = BLOCK), as of every package that came from an upstream. " +
                "Publish under another name, or allow it with put-package-origin-configuration.");
        }

        if (!path.Rules.Allows(OriginRestriction.Publish, first.Repository.Id))
        {
            throw Refusal.Blocked(
                $"Publishing {coordinate} to repository {first.Repository.Name} is blocked: {path.Rules.Reason(OriginRestriction.Publish)}. " +
                "Publish under another name, or change the group with update-package-group-origin-configuration.");
        }
    }

    /// <exception cref="Refusal">Conflict: a repository of the path has the version. AccessDenied by origin control.</exception>
    internal static async Task DemandAbsentAsync(
        GranaryContext db, DomainSnapshot domain, SearchPath path, PackageCoordinate coordinate, string version)
    {
        DemandAllowed(path, coordinate);
        if (await PackageSearch.FindVersionAsync(db, domain, path.Steps, version) is { } existing)
        {
            throw Exists(coordinate, version, existing.Step.Repository.Name);
        }
    }

    private static Refusal Exists(PackageCoordinate coordinate, string version, string where) =>
        Refusal.Conflict(
            ResourceType.PackageVersion,
            version,
            $"Version {version} of {coordinate} already exists in {where}. A published version never changes: publish another version, or delete this one first.");
}
