using Granary.Core.Database;
using Granary.Core.Events;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Access.Identities;

/// <summary>The OpenID Connect issuers that an account's roles may trust.</summary>
public sealed class IdentityProviderStore(GranaryDatabase database, ChangeLog log, Quotas quotas, TimeProvider clock)
{
    /// <param name="url">The issuer as it was given, with its scheme.</param>
    /// <exception cref="Refusal">EntityAlreadyExists, LimitExceeded.</exception>
    public Task<IdentityProvider> CreateAsync(
        string account,
        string url,
        IReadOnlyList<string> clientIds,
        IReadOnlyList<string> thumbprints,
        IReadOnlyDictionary<string, string> tags,
        Actor actor,
        CancellationToken cancellation)
    {
        var provider = new IdentityProvider
        {
            AccountId = account,
            Name = NameOf(url),
            Issuer = url,
            ClientIds = Lines(clientIds),
            Thumbprints = Lines(thumbprints),
            CreatedAt = clock.GetUtcNow(),
        };
        DemandFew(provider);
        return log.WriteAccountAsync(
            account,
            actor,
            async db =>
            {
                if (await db.IdentityProviders.AnyAsync(p => p.AccountId == account && p.Name == provider.Name))
                {
                    throw Refusal.Named(RefusalKind.Conflict, "EntityAlreadyExists", $"Provider with url {url} already exists.");
                }

                db.IdentityProviders.Add(provider);
                IdentityTagStore.Add(db, quotas, account, provider.Issuer, tags);
                return provider;
            },
            cancellation);
    }

    /// <summary>The provider of that ARN, or null.</summary>
    public async Task<IdentityProvider?> FindAsync(string account, string arn, CancellationToken cancellation)
    {
        var slash = arn.IndexOf('/', StringComparison.Ordinal);
        var name = arn[(slash + 1)..];
        await using var db = database.Open();
        var provider = await db.IdentityProviders.AsNoTracking().SingleOrDefaultAsync(p => p.AccountId == account && p.Name == name, cancellation);
        return provider?.Arn == arn ? provider : null;
    }

    /// <summary>All of them by name.</summary>
    public async Task<IReadOnlyList<IdentityProvider>> ListAsync(string account, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await db.IdentityProviders.AsNoTracking().Where(p => p.AccountId == account).OrderBy(p => p.Name).ToListAsync(cancellation);
    }

    /// <exception cref="Refusal">NoSuchEntity, LimitExceeded.</exception>
    public Task ChangeAsync(IdentityProvider provider, Action<IdentityProvider> change, Actor actor, CancellationToken cancellation) =>
        WriteAsync(
            provider,
            (_, row) =>
            {
                change(row);
                DemandFew(row);
                return Task.CompletedTask;
            },
            actor,
            cancellation);

    /// <exception cref="Refusal">NoSuchEntity.</exception>
    public Task DeleteAsync(IdentityProvider provider, Actor actor, CancellationToken cancellation) =>
        WriteAsync(
            provider,
            (db, row) =>
            {
                db.IdentityProviders.Remove(row);
                return db.IdentityTags.Where(t => t.AccountId == row.AccountId && t.ResourceId == row.Issuer).ExecuteDeleteAsync();
            },
            actor,
            cancellation);

    /// <summary>The issuer as IAM names providers: without its scheme, and without a slash at its end.</summary>
    public static string NameOf(string url) => url[(url.IndexOf("://", StringComparison.Ordinal) + 3)..].TrimEnd('/');

    public static IReadOnlyList<string> Items(string lines) => lines.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public static string Lines(IEnumerable<string> items) => string.Join('\n', items.Distinct(StringComparer.Ordinal));

    public static Refusal NoSuch(string arn) => IdentityRefusals.NoSuchEntity($"OpenIDConnect Provider not found for arn {arn}");

    private Task<bool> WriteAsync(IdentityProvider provider, Func<GranaryContext, IdentityProvider, Task> work, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            provider.AccountId,
            actor,
            async db =>
            {
                // The issuer too: one that was made anew under the other scheme is another.
                var row = await db.IdentityProviders.SingleOrDefaultAsync(
                    p => p.AccountId == provider.AccountId && p.Name == provider.Name && p.Issuer == provider.Issuer)
                    ?? throw NoSuch(provider.Arn);
                await work(db, row);
                return true;
            },
            cancellation);

    private void DemandFew(IdentityProvider provider)
    {
        if (Items(provider.ClientIds).Count > quotas.ClientIdsPerProvider)
        {
            throw IdentityRefusals.LimitExceeded("ClientIdsPerOpenIdConnectProvider", quotas.ClientIdsPerProvider);
        }

        if (Items(provider.Thumbprints).Count > quotas.ThumbprintsPerProvider)
        {
            throw IdentityRefusals.LimitExceeded("ThumbprintsPerOpenIdConnectProvider", quotas.ThumbprintsPerProvider);
        }
    }
}
