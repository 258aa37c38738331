using System.Collections.Frozen;
using System.Net;
using Granary.Core.Trail;
using Granary.Server.Authentication;

namespace Granary.Server.Throttling;

/// <summary>
/// Holds requests against <see cref="Rates"/>, as soon as it is known whose they are and before anything is done for them. A rate that is off
/// is a null.
/// </summary>
public sealed class Throttle : IDisposable
{
    // Addresses are as many as somebody likes to have; buckets are not. Which addresses share one is drawn anew at each start.
    private const int AddressBuckets = 1 << 14;

    private readonly RateLimit<string>? reads;
    private readonly RateLimit<string>? writes;
    private readonly RateLimit<string>? tokens;
    private readonly RateLimit<int>? addresses;
    private readonly FrozenDictionary<string, RateLimit<string>> operations;

    public Throttle(Rates rates)
    {
        reads = RateLimit<string>.Of(nameof(rates.ReadsPerAccount), rates.ReadsPerAccount);
        writes = RateLimit<string>.Of(nameof(rates.WritesPerAccount), rates.WritesPerAccount);
        tokens = RateLimit<string>.Of(nameof(rates.RequestsPerToken), rates.RequestsPerToken);
        addresses = RateLimit<int>.Of(nameof(rates.UnauthenticatedRequestsPerAddress), rates.UnauthenticatedRequestsPerAddress);
        operations = rates.OfOperations().ToFrozenDictionary(o => o.Operation, o => RateLimit<string>.Of(o.Operation, o.PerSecond)!);
    }

    /// <summary>A request that comes without a credential, or with one that has turned out to be no good.</summary>
    /// <exception cref="Core.Refusal">Throttled.</exception>
    public void DemandUnauthenticated(HttpContext context)
    {
        if (addresses is not null && context.Connection.RemoteIpAddress is { } address)
        {
            addresses.Demand(Bucket(address), "your address, without a valid credential,");
        }
    }

    /// <summary>A request of a package manager, with a good token.</summary>
    /// <exception cref="Core.Refusal">Throttled.</exception>
    public void Demand(AuthorizationToken token, TrailRecord record)
    {
        tokens?.Demand(token.Id, "your authorization token");
        DemandOfAccount(token.Account, record.IsReadOnly);
    }

    /// <summary>A call of the API, with a good signature.</summary>
    /// <exception cref="Core.Refusal">Throttled.</exception>
    public void Demand(string account, TrailRecord record)
    {
        if (operations.TryGetValue(record.Name, out var operation))
        {
            operation.Demand(account, $"account {account}");
        }

        // A token is no change, whatever the trail takes it for.
        DemandOfAccount(account, record.IsReadOnly || record.Name == nameof(Rates.GetAuthorizationToken));
    }

    public void Dispose()
    {
        reads?.Dispose();
        writes?.Dispose();
        tokens?.Dispose();
        addresses?.Dispose();
        foreach (var operation in operations.Values)
        {
            operation.Dispose();
        }
    }

    private void DemandOfAccount(string account, bool isRead) => (isRead ? reads : writes)?.Demand(account, $"account {account}");

    internal static int Bucket(IPAddress address)
    {
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        // Whoever has one IPv6 address has the other 2^64 of its network too.
        var hash = default(HashCode);
        hash.AddBytes(bytes[..8]);
        hash.Add(address.AddressFamily);
        return (int)((uint)hash.ToHashCode() % AddressBuckets);
    }
}
