using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Events.Buses;

/// <summary>API destinations.</summary>
public sealed class ApiDestinationStore(GranaryDatabase database, ChangeLog log, Quotas quotas, TimeProvider clock)
{
    public async Task<ConnectedDestination?> FindAsync(string account, string name, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await WithConnections(db, db.ApiDestinations.Where(d => d.AccountId == account && d.Name == name)).SingleOrDefaultAsync(cancellation);
    }

    /// <summary>The destinations of an account by name.</summary>
    /// <param name="prefix">What the names begin with; empty for all.</param>
    /// <param name="connectionId">Only those of this connection; null for all.</param>
    /// <param name="after">The name that ended the page before, or null.</param>
    public async Task<IReadOnlyList<ConnectedDestination>> ListAsync(
        string account, string prefix, string? connectionId, string? after, int take, CancellationToken cancellation)
    {
        var (from, past) = EventNames.Range(prefix, after);
        await using var db = database.Open();
        var rows = db.ApiDestinations
            .Where(d => d.AccountId == account && string.Compare(d.Name, from) > 0 && string.Compare(d.Name, past) < 0
                && (connectionId == null || d.ConnectionId == connectionId))
            .OrderBy(d => d.Name).Take(take);
        return await WithConnections(db, rows).ToListAsync(cancellation);
    }

    /// <exception cref="Refusal">ResourceAlreadyExists, LimitExceeded. ResourceNotFound: there is no such connection.</exception>
    public Task<ConnectedDestination> CreateAsync(string account, string name, DestinationContent content, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            account,
            actor,
            async db =>
            {
                if (await db.ApiDestinations.AnyAsync(d => d.AccountId == account && d.Name == name))
                {
                    throw EventRefusals.Exists("An api-destination", name);
                }

                if (await db.ApiDestinations.CountAsync(d => d.AccountId == account) >= quotas.ApiDestinationsPerAccount)
                {
                    throw EventRefusals.LimitExceeded(nameof(Quotas.ApiDestinationsPerAccount), quotas.ApiDestinationsPerAccount);
                }

                var connection = await ConnectionAsync(db, account, content.Connection);
                var now = clock.GetUtcNow();
                var destination = db.ApiDestinations.Add(new ApiDestination
                {
                    AccountId = account,
                    Name = name,
                    Id = Uuid.New(),
                    Description = content.Description,
                    Connection = connection.Name,
                    ConnectionId = connection.Id,
                    InvocationEndpoint = content.InvocationEndpoint,
                    HttpMethod = content.HttpMethod,
                    InvocationRateLimitPerSecond = content.InvocationRateLimitPerSecond,
                    CreatedAt = now,
                    ModifiedAt = now,
                }).Entity;
                return new ConnectedDestination(destination, connection);
            },
            cancellation);

    /// <param name="change">Makes the new content of the old.</param>
    /// <exception cref="Refusal">ResourceNotFound: the destination or its connection is not there.</exception>
    public Task<ConnectedDestination> UpdateAsync(
        string account, string name, Func<DestinationContent, DestinationContent> change, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            account,
            actor,
            async db =>
            {
                var row = await LoadAsync(db, account, name);
                var content = change(new DestinationContent(
                    row.Description, (row.Connection, row.ConnectionId), row.InvocationEndpoint, row.HttpMethod, row.InvocationRateLimitPerSecond));
                var connection = await ConnectionAsync(db, account, content.Connection);
                (row.Description, row.Connection, row.ConnectionId) = (content.Description, connection.Name, connection.Id);
                (row.InvocationEndpoint, row.HttpMethod) = (content.InvocationEndpoint, content.HttpMethod);
                (row.InvocationRateLimitPerSecond, row.ModifiedAt) = (content.InvocationRateLimitPerSecond, clock.GetUtcNow());
                return new ConnectedDestination(row, connection);
            },
            cancellation);

    /// <exception cref="Refusal">ResourceNotFound.</exception>
    public Task DeleteAsync(string account, string name, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(account, actor, async db => db.ApiDestinations.Remove(await LoadAsync(db, account, name)), cancellation);

    private static IQueryable<ConnectedDestination> WithConnections(GranaryContext db, IQueryable<ApiDestination> rows) =>
        from destination in rows.AsNoTracking()
        join known in db.EventConnections.AsNoTracking()
            on new { destination.AccountId, Name = destination.Connection, Id = destination.ConnectionId } equals new { known.AccountId, known.Name, known.Id } into connections
        from connection in connections.DefaultIfEmpty()
        orderby destination.Name
        select new ConnectedDestination(destination, connection);

    private static async Task<ApiDestination> LoadAsync(GranaryContext db, string account, string name) =>
        await db.ApiDestinations.SingleOrDefaultAsync(d => d.AccountId == account && d.Name == name) ?? throw EventRefusals.None("An api-destination", name);

    private static async Task<EventConnection> ConnectionAsync(GranaryContext db, string account, (string Name, string Id) named)
    {
        var connection = await ConnectionStore.LoadAsync(db, account, named.Name);
        return connection.Id == named.Id ? connection : throw EventRefusals.None("Connection", $"{named.Name}/{named.Id}");
    }
}

/// <summary>An API destination with its connection, which is null where it is gone.</summary>
public sealed record ConnectedDestination(ApiDestination Destination, EventConnection? Connection)
{
    /// <summary>Whether something can be sent there.</summary>
    public bool IsActive => Connection?.State == EventConnection.Authorized;
}

/// <summary>What an API destination is made with.</summary>
/// <param name="Connection">The name and the id of a connection of the account.</param>
public sealed record DestinationContent(
    string? Description, (string Name, string Id) Connection, string InvocationEndpoint, string HttpMethod, int InvocationRateLimitPerSecond);
