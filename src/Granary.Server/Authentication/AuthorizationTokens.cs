using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Granary.Server.Authentication;

/// <summary>
/// Issues and verifies authorization tokens: a compact JWS (RFC 7515) with HMAC-SHA256. The header is one constant per key and is
/// compared as text, so that no algorithm, key or extension is ever taken from a token. Verification reads no database;
/// whether a token was revoked is the caller's question, by <see cref="AuthorizationToken.Id"/>.
/// </summary>
public sealed class AuthorizationTokens
{
    // A user's are 450 characters; a session's hold its policies, at most 2048 characters, and its tags. Base64 makes a third more.
    private const int MaximumLength = 16_384;

    // Verified tokens remembered in each of two generations.
    private const int Capacity = 16_384;

    private readonly TokenKeys keys;
    private readonly TimeProvider clock;
    private readonly Lock turning = new();
    private volatile Generation current = new();
    private volatile Generation previous = new();

    public AuthorizationTokens(TokenKeys keys, TimeProvider clock)
    {
        this.keys = keys;
        this.clock = clock;
    }

    /// <param name="directory">The data directory, which keeps the keys in <c>keys/tokens.json</c>.</param>
    /// <param name="clock">Decides when a token has expired.</param>
    public AuthorizationTokens(string directory, TimeProvider clock)
        : this(TokenKeys.LoadOrCreate(directory, clock), clock)
    {
    }

    public string Issue(AuthorizationToken token)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(token, AuthorizationTokenJson.Default.AuthorizationToken);
        var key = keys.Newest;
        var signed = $"{key.Header}.{Base64Url.EncodeToString(payload)}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(key.Secret, Encoding.ASCII.GetBytes(signed)))}";
    }

    /// <summary>The token, or null when it is not ours, is malformed or has expired.</summary>
    public AuthorizationToken? Verify(ReadOnlySpan<char> text)
    {
        if (text.Length > MaximumLength || !Ascii.IsValid(text))
        {
            return null;
        }

        var token = Recall(text);
        if (token is null)
        {
            token = Parse(text);
            if (token is null)
            {
                return null;
            }

            Remember(text.ToString(), token);
        }

        return clock.GetUtcNow().ToUnixTimeSeconds() < token.ExpiresAt ? token : null;
    }

    private AuthorizationToken? Parse(ReadOnlySpan<char> text)
    {
        var end = text.LastIndexOf('.');
        var key = end < 0 ? null : keys.ForHeader(text[..text.IndexOf('.')]);
        if (key is null || end <= key.Header.Length)
        {
            return null;
        }

        Span<byte> signed = stackalloc byte[end];
        Encoding.ASCII.GetBytes(text[..end], signed);
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key.Secret, signed, mac);

        // Compared in base64url: decoding would let the last character vary in its two unused bits.
        Span<byte> expected = stackalloc byte[43];
        Base64Url.EncodeToUtf8(mac, expected);
        Span<byte> given = stackalloc byte[text.Length - end - 1];
        Encoding.ASCII.GetBytes(text[(end + 1)..], given);
        if (!CryptographicOperations.FixedTimeEquals(expected, given))
        {
            return null;
        }

        try
        {
            var payload = Base64Url.DecodeFromUtf8(signed[(key.Header.Length + 1)..]);
            return JsonSerializer.Deserialize(payload, AuthorizationTokenJson.Default.AuthorizationToken);
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            // Signed by our key and yet unreadable: the token of another version of this program.
            return null;
        }
    }

    private AuthorizationToken? Recall(ReadOnlySpan<char> text)
    {
        if (current.ByText.TryGetValue(text, out var token))
        {
            return token;
        }

        if (previous.ByText.TryGetValue(text, out token))
        {
            Remember(text.ToString(), token);
        }

        return token;
    }

    // Only verified tokens get here. When one generation is full it becomes the previous one, and what that held is forgotten
    // unless it is asked for again: bounded, with no clock and no list to keep in order.
    private void Remember(string text, AuthorizationToken token)
    {
        var generation = current;
        if (generation.Tokens.TryAdd(text, token) && Interlocked.Increment(ref generation.Count) >= Capacity)
        {
            lock (turning)
            {
                if (ReferenceEquals(generation, current))
                {
                    previous = generation;
                    current = new Generation();
                }
            }
        }
    }

    private sealed class Generation
    {
        public readonly ConcurrentDictionary<string, AuthorizationToken> Tokens = new(StringComparer.Ordinal);
        public readonly ConcurrentDictionary<string, AuthorizationToken>.AlternateLookup<ReadOnlySpan<char>> ByText;
        public int Count;

        public Generation() => ByText = Tokens.GetAlternateLookup<ReadOnlySpan<char>>();
    }
}

[JsonSourceGenerationOptions(RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(AuthorizationToken))]
internal sealed partial class AuthorizationTokenJson : JsonSerializerContext;
