using System.Collections.Concurrent;
using Granary.Core.Database;
using Granary.Core.Upstreams;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Encryption;

/// <summary>What operators say of encryption.</summary>
public sealed record EncryptionOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Encryption";

    /// <summary>Whether a domain is encrypted that was created without naming a key.</summary>
    public bool EveryDomain { get; init; }

    /// <summary>The key of such domains, in any of its names; null for one of their own.</summary>
    public string? DefaultKey { get; init; }

    /// <summary>How long an unwrapped data key is used before its key is asked again: so long a key that was disabled may still count as enabled.</summary>
    public TimeSpan KeyCache { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>The data keys of domains. They are unwrapped in memory alone, and for a short while.</summary>
public sealed class DomainKeys(GranaryDatabase database, IKeyService service, EncryptionOptions options, TimeProvider clock)
{
    // Whether a domain is encrypted, and under what, never changes.
    private readonly ConcurrentDictionary<long, DomainKey?> rows = new();
    private readonly ConcurrentDictionary<long, Opened> opened = new();
    private readonly SingleFlight<long, byte[]> flights = new();

    /// <summary>The domain's data key as it is kept; null where the domain is not encrypted.</summary>
    public ValueTask<DomainKey?> FindAsync(long domainId, CancellationToken cancellation) =>
        rows.TryGetValue(domainId, out var known) ? new(known) : new(LoadAsync(domainId, cancellation));

    /// <summary>The domain's data key; null where the domain is not encrypted.</summary>
    /// <exception cref="Refusal">A <see cref="KeyRefusal"/>: its key cannot be used. Unavailable: the key service cannot be asked.</exception>
    public async ValueTask<byte[]?> OpenAsync(long domainId, CancellationToken cancellation)
    {
        if (opened.TryGetValue(domainId, out var known) && clock.GetTimestamp() < known.Until)
        {
            return known.Key;
        }

        return await FindAsync(domainId, cancellation) is { } key
            ? await flights.RunAsync(domainId, () => UnwrapAsync(key)).WaitAsync(cancellation)
            : null;
    }

    /// <summary>Refuses what is asked of an encrypted domain whose key cannot be used, also where the answer is in memory.</summary>
    /// <exception cref="Refusal">As of <see cref="OpenAsync"/>.</exception>
    public ValueTask DemandAsync(long domainId, CancellationToken cancellation)
    {
        if (rows.TryGetValue(domainId, out var row) && row is null)
        {
            return default;
        }

        var asked = OpenAsync(domainId, cancellation);
        return asked.IsCompletedSuccessfully ? default : new(asked.AsTask());
    }

    /// <summary>What a domain that is about to be created is encrypted with; null where it is not to be.</summary>
    /// <param name="arn">The key that was named and found, or null.</param>
    /// <param name="context">The domain's ARN.</param>
    /// <exception cref="Refusal">The key cannot be used.</exception>
    public async Task<NewDomainKey?> PrepareAsync(string account, string? arn, string context, CancellationToken cancellation)
    {
        if (arn is null && !options.EveryDomain)
        {
            return null;
        }

        arn ??= options.DefaultKey is { } named ? await service.FindAsync(account, named, cancellation) : await service.DefaultAsync(account, cancellation);
        return new NewDomainKey(arn, context, await service.GenerateAsync(arn, context, cancellation));
    }

    private async Task<DomainKey?> LoadAsync(long domainId, CancellationToken cancellation)
    {
        await using var db = database.Open();
        // The domain first: both are committed at once, so that a key is not overlooked that was committed in between. What is not there
        // yet is not remembered, since its number may be given to a domain with a key.
        var exists = await db.Domains.AnyAsync(d => d.Id == domainId, cancellation);
        var row = await db.DomainKeys.AsNoTracking().SingleOrDefaultAsync(k => k.DomainId == domainId, cancellation);
        return exists || row is not null ? rows[domainId] = row : null;
    }

    private async Task<byte[]> UnwrapAsync(DomainKey key)
    {
        // From before the question: what has changed while it was answered must not count longer.
        var until = clock.GetTimestamp() + (long)(options.KeyCache.TotalSeconds * clock.TimestampFrequency);
        try
        {
            var plain = await service.UnwrapAsync(key, CancellationToken.None);
            opened[key.DomainId] = new Opened(plain, until);
            return plain;
        }
        catch
        {
            opened.TryRemove(key.DomainId, out _);
            throw;
        }
    }

    private sealed record Opened(byte[] Key, long Until);
}

/// <summary>The data key of a domain that has no number yet.</summary>
public sealed record NewDomainKey(string KeyArn, string Context, byte[] Wrapped)
{
    public DomainKey For(long domainId) => new() { DomainId = domainId, KeyArn = KeyArn, Context = Context, Wrapped = Wrapped };
}
