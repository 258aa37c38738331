using System.Collections.Concurrent;
using System.Text.Json;
using Granary.Core;

namespace Granary.Server.Aws.Sts.WebIdentity;

/// <summary>
/// The keys of the issuers, found as OpenID Connect Discovery says and kept for an hour. A key that is not among them is asked for at
/// once, and then not again for a while, so that made-up keys do not become requests; all who wait for an issuer wait for one
/// answer. While an issuer does not answer, its last keys go on counting for some hours.
/// </summary>
/// <remarks>https://openid.net/specs/openid-connect-discovery-1_0.html</remarks>
internal sealed class IssuerKeys(IssuerClient client, TimeProvider clock)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromHours(1);
    private static readonly TimeSpan Stale = TimeSpan.FromHours(6);

    /// <summary>Between two questions for keys that are not there, or of an issuer that fails while there are keys to go on with.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    /// <summary>Between two questions of an issuer that fails and of which nothing is known.</summary>
    private static readonly TimeSpan ShortPause = TimeSpan.FromSeconds(5);

    // Only issuers that an account has made a provider of get here.
    private readonly ConcurrentDictionary<string, Issuer> issuers = new(StringComparer.Ordinal);

    /// <summary>The issuer's keys of an id; none where it has no such key.</summary>
    /// <exception cref="Refusal">IDPCommunicationError: the issuer does not answer, or not with its documents.</exception>
    public async Task<IReadOnlyList<IssuerKey>> FindAsync(string name, string keyId, CancellationToken cancellation)
    {
        var issuer = issuers.GetOrAdd(name, static key => new Issuer(key));
        var keys = await CurrentAsync(issuer, cancellation);
        return Of(keys) is { Count: > 0 } found ? found : Of(await Ask(issuer, forAnUnknownKey: true).WaitAsync(cancellation));

        IReadOnlyList<IssuerKey> Of(KeySet set) => [.. set.Keys.Where(key => key.Id == keyId)];
    }

    private async Task<KeySet> CurrentAsync(Issuer issuer, CancellationToken cancellation)
    {
        var known = issuer.Known;
        var age = Since(known?.At);
        if (age < Fresh)
        {
            return known!;
        }

        try
        {
            return await Ask(issuer, forAnUnknownKey: false).WaitAsync(cancellation);
        }
        catch (Refusal) when (age < Stale)
        {
            return known!;
        }
    }

    /// <summary>Joins the question that is under way; asks anew where it may; else the last answer, or failure, is still it.</summary>
    private Task<KeySet> Ask(Issuer issuer, bool forAnUnknownKey)
    {
        lock (issuer.Gate)
        {
            var now = clock.GetTimestamp();
            var last = issuer.Last;
            var isTooSoon = forAnUnknownKey
                ? Since(issuer.AskedForUnknownAt) < Pause
                : last is { IsCompletedSuccessfully: false } && Since(issuer.AskedAt) < (issuer.Known is null ? ShortPause : Pause);
            if (last is not null && (!last.IsCompleted || isTooSoon))
            {
                return last;
            }

            issuer.AskedAt = now;
            if (forAnUnknownKey)
            {
                issuer.AskedForUnknownAt = now;
            }

            return issuer.Last = Task.Run(() => FetchAsync(issuer));
        }
    }

    /// <summary>By the clock that nobody sets: one that is set back must not make old keys new, nor keep new ones from being asked for.</summary>
    private TimeSpan Since(long? timestamp) => timestamp is { } at ? clock.GetElapsedTime(at) : TimeSpan.MaxValue;

    private async Task<KeySet> FetchAsync(Issuer issuer)
    {
        try
        {
            var address = Address(issuer.Name.TrimEnd('/') + "/.well-known/openid-configuration", loopbackToo: true);
            var keysAddress = ReadDiscovery(await client.GetAsync(address), issuer.Name, address);
            var keys = new KeySet(IssuerKey.Read(await client.GetAsync(keysAddress)), clock.GetTimestamp());
            issuer.Known = keys;
            return keys;
        }
        catch (HttpRequestException failure)
        {
            throw Unreachable(failure.Message);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            // What it sent is not repeated: whoever asks may not be meant to read it.
            throw Unreachable("what it sent is not the document that was asked for");
        }
    }

    /// <summary>The address of the issuer's keys.</summary>
    private static Uri ReadDiscovery(byte[] text, string issuer, Uri from)
    {
        using var document = JsonDocument.Parse(text);
        if (document.RootElement.GetProperty("issuer").GetString() != issuer)
        {
            throw new HttpRequestException("its discovery document is another issuer's");
        }

        return Address(document.RootElement.GetProperty("jwks_uri").GetString() ?? "", loopbackToo: from.Scheme == Uri.UriSchemeHttp);
    }

    /// <param name="loopbackToo">Whether http will do on this machine, where there is no way on which somebody could change the answer.</param>
    private static Uri Address(string text, bool loopbackToo) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.UserInfo.Length == 0
            && (address.Scheme == Uri.UriSchemeHttps || (loopbackToo && address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))
            ? address
            : throw new HttpRequestException("its documents are not at https addresses");

    private static Refusal Unreachable(string why) =>
        Refusal.Named(RefusalKind.SourceFailed, "IDPCommunicationError", $"The identity provider's keys could not be fetched: {why}.");

    private sealed record KeySet(IReadOnlyList<IssuerKey> Keys, long At);

    private sealed class Issuer(string name)
    {
        public Lock Gate { get; } = new();

        public string Name => name;

        public volatile KeySet? Known;

        public Task<KeySet>? Last { get; set; }

        public long? AskedAt { get; set; }

        public long? AskedForUnknownAt { get; set; }
    }
}
