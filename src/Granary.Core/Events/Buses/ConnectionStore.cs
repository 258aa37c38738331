using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Events.Buses;

/// <summary>Connections. What proves who sends is sealed before it comes here.</summary>
public sealed class ConnectionStore(GranaryDatabase database, ChangeLog log, Quotas quotas, TimeProvider clock)
{
    public async Task<EventConnection?> FindAsync(string account, string name, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await db.EventConnections.AsNoTracking().SingleOrDefaultAsync(c => c.AccountId == account && c.Name == name, cancellation);
    }

    /// <summary>The connections of an account by name.</summary>
    /// <param name="prefix">What the names begin with; empty for all.</param>
    /// <param name="state">Null for any.</param>
    /// <param name="after">The name that ended the page before, or null.</param>
    public async Task<IReadOnlyList<EventConnection>> ListAsync(
        string account, string prefix, string? state, string? after, int take, CancellationToken cancellation)
    {
        var (from, past) = EventNames.Range(prefix, after);
        await using var db = database.Open();
        return await db.EventConnections.AsNoTracking()
            .Where(c => c.AccountId == account && string.Compare(c.Name, from) > 0 && string.Compare(c.Name, past) < 0 && (state == null || c.State == state))
            .OrderBy(c => c.Name).Take(take).ToListAsync(cancellation);
    }

    /// <param name="seal">Seals what proves who sends, for the id that the connection gets.</param>
    /// <exception cref="Refusal">ResourceAlreadyExists, LimitExceeded.</exception>
    public Task<EventConnection> CreateAsync(
        string account, string name, string? description, string authorizationType, Func<string, byte[]> seal, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            account,
            actor,
            async db =>
            {
                if (await db.EventConnections.AnyAsync(c => c.AccountId == account && c.Name == name))
                {
                    throw EventRefusals.Exists("Connection", name);
                }

                if (await db.EventConnections.CountAsync(c => c.AccountId == account) >= quotas.ConnectionsPerAccount)
                {
                    throw EventRefusals.LimitExceeded(nameof(Quotas.ConnectionsPerAccount), quotas.ConnectionsPerAccount);
                }

                var (id, now) = (Uuid.New(), clock.GetUtcNow());
                return db.EventConnections.Add(new EventConnection
                {
                    AccountId = account,
                    Name = name,
                    Id = id,
                    AuthorizationType = authorizationType,
                    State = EventConnection.Authorized,
                    Description = description,
                    SealedParameters = seal(id),
                    CreatedAt = now,
                    ModifiedAt = now,
                    AuthorizedAt = now,
                }).Entity;
            },
            cancellation);

    /// <summary>Changes the connection, which is authorised afterwards if and only if it has sealed parameters.</summary>
    /// <exception cref="Refusal">ResourceNotFound, and what <paramref name="change"/> throws.</exception>
    public Task<EventConnection> UpdateAsync(string account, string name, Action<EventConnection> change, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            account,
            actor,
            async db =>
            {
                var connection = await LoadAsync(db, account, name);
                var before = connection.SealedParameters;
                change(connection);
                connection.ModifiedAt = clock.GetUtcNow();
                connection.State = connection.SealedParameters is null ? EventConnection.Deauthorized : EventConnection.Authorized;
                connection.AuthorizedAt = connection.SealedParameters is null || ReferenceEquals(before, connection.SealedParameters)
                    ? connection.AuthorizedAt
                    : connection.ModifiedAt;
                return connection;
            },
            cancellation);

    /// <summary>Deletes the connection and answers what it was.</summary>
    /// <exception cref="Refusal">ResourceNotFound. Validation: an API destination uses it.</exception>
    public Task<EventConnection> DeleteAsync(string account, string name, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            account,
            actor,
            async db =>
            {
                var connection = await LoadAsync(db, account, name);
                var user = await db.ApiDestinations.Where(d => d.AccountId == account && d.ConnectionId == connection.Id)
                    .OrderBy(d => d.Name).Select(d => d.Name).FirstOrDefaultAsync();
                if (user is not null)
                {
                    throw EventRefusals.Invalid($"Connection {name} is used by API destination {user}. Delete that, or give it another connection, first.");
                }

                db.EventConnections.Remove(connection);
                return connection;
            },
            cancellation);

    internal static async Task<EventConnection> LoadAsync(GranaryContext db, string account, string name) =>
        await db.EventConnections.SingleOrDefaultAsync(c => c.AccountId == account && c.Name == name) ?? throw EventRefusals.None("Connection", name);
}
