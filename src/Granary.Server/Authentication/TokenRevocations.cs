using System.Collections.Concurrent;
using Granary.Core.Access;
using Granary.Core.Database;
using Granary.Core.Events;
using Microsoft.EntityFrameworkCore;

namespace Granary.Server.Authentication;

/// <summary>
/// Tokens withdrawn before their time. The list is short, since an entry goes a day after its token would have expired: the clock may
/// be ahead at one start and set right at the next, and a token that was given back must not be good again by that. On SQLite this
/// process is the only writer and holds the whole of it; on PostgreSQL another node may have withdrawn a token just now, so it is
/// looked up by its key each time, once for all who ask at that instant.
/// </summary>
public sealed class TokenRevocations
{
    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    private static readonly CompiledQuery<Func<GranaryContext, string, Task<bool>>> Read = new(() => EF.CompileAsyncQuery(
        (GranaryContext db, string id) => db.RevokedTokens.Any(t => t.Id == id)));

    private readonly GranaryDatabase database;
    private readonly ChangeLog log;
    private readonly TimeProvider clock;
    private readonly SharedQuestion<string, bool> question;
    private readonly ConcurrentDictionary<string, bool> revoked = new(StringComparer.Ordinal);

    public TokenRevocations(GranaryDatabase database, ChangeLog log, TimeProvider clock)
    {
        (this.database, this.log, this.clock) = (database, log, clock);
        question = new(ReadAsync);
    }

    public ValueTask<bool> IsRevokedAsync(string tokenId) =>
        !revoked.IsEmpty && revoked.ContainsKey(tokenId) ? new(true) : database.Engine is Engine.Sqlite ? new(false) : new(question.AskAsync(tokenId));

    /// <summary>Reads what was revoked before this start, and forgets what has expired long ago.</summary>
    public async Task LoadAsync(CancellationToken cancellation)
    {
        await using var db = database.Open();
        var over = clock.GetUtcNow() - Kept;
        await foreach (var token in db.RevokedTokens.AsNoTracking().Where(t => t.ExpiresAt > over).AsAsyncEnumerable().WithCancellation(cancellation))
        {
            revoked[token.Id] = true;
        }

        await log.WriteServerAsync(db => db.RevokedTokens.Where(t => t.ExpiresAt <= over).ExecuteDeleteAsync(CancellationToken.None), cancellation);
    }

    /// <summary>When this returns, no request with the token is let in any more, after a restart neither.</summary>
    /// <param name="actor">Whose request gives it back.</param>
    public async Task RevokeAsync(AuthorizationToken token, Actor actor, CancellationToken cancellation)
    {
        await log.WriteServerAsync(
            actor,
            async db =>
            {
                if (!await db.RevokedTokens.AnyAsync(t => t.Id == token.Id, CancellationToken.None))
                {
                    db.RevokedTokens.Add(new RevokedToken { Id = token.Id, ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(token.ExpiresAt) });
                    await db.SaveChangesAsync(CancellationToken.None);
                }
            },
            cancellation);
        revoked[token.Id] = true;
    }

    private async Task<bool> ReadAsync(string tokenId)
    {
        await using var db = database.Open();
        return await Read.On(db)(db, tokenId);
    }
}
