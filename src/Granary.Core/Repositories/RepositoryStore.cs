using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Events;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Repositories;

/// <summary>A repository with the names of its direct upstreams, the first asked first.</summary>
public sealed record RepositoryDetails(Repository Repository, IReadOnlyList<string> Upstreams);

/// <summary>What a new repository starts with.</summary>
public sealed record NewRepository(
    string Name,
    string Administrator,
    string? Description,
    IReadOnlyList<string> Upstreams,
    IReadOnlyDictionary<string, string> Tags);

/// <summary>Creates and changes the repositories of a domain. Reading many of them is <see cref="RepositoryListing"/>.</summary>
public sealed class RepositoryStore(GranaryDatabase database, ChangeLog log, Quotas quotas)
{
    /// <exception cref="Refusal">
    /// Conflict: the name is taken. NotFound: an upstream is missing. Validation: it names itself or one upstream twice.
    /// QuotaExceeded: too many repositories, upstreams or tags.
    /// </exception>
    public Task<RepositoryDetails> CreateAsync(DomainSnapshot domain, NewRepository added, Actor actor, CancellationToken cancellation) =>
        log.WriteAsync(
            domain.Id,
            actor,
            async transaction =>
            {
                var db = transaction.Db;
                await DemandRoomAsync(db, domain, added.Name);
                var repository = new Repository
                {
                    DomainId = domain.Id,
                    Id = transaction.NextId(),
                    Name = added.Name,
                    Administrator = added.Administrator,
                    Description = added.Description,
                    CreatedAt = transaction.Now,
                };
                db.Repositories.Add(repository);
                await UpstreamLists.ReplaceAsync(transaction, quotas, repository, added.Upstreams);
                ResourceTags.Add(db, quotas, domain.Id, repository.Id, (ResourceType.Repository, added.Name), added.Tags);
                transaction.RecordConfiguration(ChangeKind.RepositoryCreated, repository);
                return new RepositoryDetails(repository, added.Upstreams);
            },
            cancellation);

    /// <summary>The repository, or null when it has just been deleted.</summary>
    public async Task<RepositoryDetails?> FindAsync(RepositorySnapshot repository, CancellationToken cancellation)
    {
        await using var db = database.Open();
        var row = await db.Repositories.AsNoTracking()
            .SingleOrDefaultAsync(r => r.DomainId == repository.DomainId && r.Id == repository.Id, cancellation);
        return row is null ? null : new RepositoryDetails(row, await UpstreamLists.NamesAsync(db, row));
    }

    /// <summary>Changes what is not null. A list of upstreams replaces the whole list.</summary>
    /// <exception cref="Refusal">As for creating; also Validation: the upstreams would form a cycle. NotFound: it was deleted meanwhile.</exception>
    public Task<RepositoryDetails> UpdateAsync(
        RepositorySnapshot repository, string? description, IReadOnlyList<string>? upstreams, Actor actor, CancellationToken cancellation) =>
        ChangeAsync(
            repository,
            actor,
            async (transaction, row) =>
            {
                row.Description = description ?? row.Description;
                if (upstreams is not null)
                {
                    await UpstreamLists.ReplaceAsync(transaction, quotas, row, upstreams);
                }
            },
            cancellation);

    /// <exception cref="Refusal">Conflict: it has this connection. QuotaExceeded: it has another. NotFound: it was deleted meanwhile.</exception>
    public Task<RepositoryDetails> ConnectAsync(RepositorySnapshot repository, string connection, Actor actor, CancellationToken cancellation) =>
        ChangeAsync(
            repository,
            actor,
            (_, row) =>
            {
                if (row.ExternalConnection == connection)
                {
                    throw Refusal.Conflict(
                        ResourceType.Repository, row.Name, $"Repository '{row.Name}' already has the external connection '{connection}'.");
                }

                if (row.ExternalConnection is not null)
                {
                    throw Refusal.QuotaExceeded(
                        ResourceType.Repository,
                        row.Name,
                        $"Repository '{row.Name}' has the external connection '{row.ExternalConnection}', and a repository has at most one. Disassociate it first.");
                }

                row.ExternalConnection = connection;
                return Task.CompletedTask;
            },
            cancellation);

    /// <summary>Ends the connection; versions that came through it stay.</summary>
    /// <exception cref="Refusal">NotFound: the repository does not have this connection, or was deleted meanwhile.</exception>
    public Task<RepositoryDetails> DisconnectAsync(RepositorySnapshot repository, string connection, Actor actor, CancellationToken cancellation) =>
        ChangeAsync(
            repository,
            actor,
            (_, row) =>
            {
                if (row.ExternalConnection != connection)
                {
                    throw Refusal.NotFound(
                        ResourceType.Repository, row.Name, $"Repository '{row.Name}' does not have the external connection '{connection}'.");
                }

                row.ExternalConnection = null;
                return Task.CompletedTask;
            },
            cancellation);

    /// <summary>
    /// Deletes the repository with everything in it and answers what it was; null where somebody else has just deleted it.
    /// Bytes of assets that nothing names any more are collected later.
    /// </summary>
    public async Task<RepositoryDetails?> DeleteAsync(RepositorySnapshot repository, Actor actor, CancellationToken cancellation)
    {
        try
        {
            return await log.WriteAsync(
                repository.DomainId,
                actor,
                async transaction =>
                {
                    var row = await LoadAsync(transaction, repository);
                    var details = new RepositoryDetails(row, await UpstreamLists.NamesAsync(transaction.Db, row));
                    await RepositoryDeletion.RunAsync(transaction, row);
                    return details;
                },
                cancellation);
        }
        catch (Refusal refusal) when (refusal.Kind is RefusalKind.NotFound)
        {
            return null;
        }
    }

    /// <summary>The row, tracked, inside a transaction that holds the domain.</summary>
    /// <exception cref="Refusal">NotFound: the snapshot was of a repository that has been deleted since.</exception>
    internal static async Task<Repository> LoadAsync(ChangeTransaction transaction, RepositorySnapshot repository) =>
        await transaction.Db.Repositories.SingleOrDefaultAsync(r => r.DomainId == repository.DomainId && r.Id == repository.Id)
            ?? throw Refusal.NotFound(
                ResourceType.Repository, repository.Name, $"Repository '{repository.Name}' was deleted while the request ran.");

    private Task<RepositoryDetails> ChangeAsync(
        RepositorySnapshot repository, Actor actor, Func<ChangeTransaction, Repository, Task> change, CancellationToken cancellation) =>
        log.WriteAsync(
            repository.DomainId,
            actor,
            async transaction =>
            {
                var row = await LoadAsync(transaction, repository);
                await change(transaction, row);
                transaction.RecordConfiguration(ChangeKind.RepositoryUpdated, row);
                await transaction.Db.SaveChangesAsync();
                return new RepositoryDetails(row, await UpstreamLists.NamesAsync(transaction.Db, row));
            },
            cancellation);

    private async Task DemandRoomAsync(GranaryContext db, DomainSnapshot domain, string name)
    {
        if (await db.Repositories.AnyAsync(r => r.DomainId == domain.Id && r.Name == name))
        {
            throw Refusal.Conflict(
                ResourceType.Repository, name, $"Repository '{name}' already exists in domain '{domain.Name}' owned by account '{domain.Owner}'.");
        }

        if (await db.Repositories.CountAsync(r => r.DomainId == domain.Id) >= quotas.RepositoriesPerDomain)
        {
            throw Refusal.QuotaExceeded(
                ResourceType.Repository,
                name,
                $"Domain '{domain.Name}' has {quotas.RepositoriesPerDomain} repositories, which is its quota. Delete one first, or raise {Quotas.Key(nameof(Quotas.RepositoriesPerDomain))}.");
        }
    }
}
