using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Granary.Server.Hosting;

namespace Granary.Server.Authentication;

/// <summary>
/// The keys that sign authorization tokens: 256 random bits each, in <c>keys/tokens.json</c> of the data directory, mode 0600. The
/// newest signs, all verify. The nodes of one installation share the file.
/// </summary>
public sealed class TokenKeys
{
    // The longest life of a token (GetAuthorizationToken, durationSeconds): after it a replaced key verifies nothing.
    private const long LongestLife = 43_200;

    private readonly TokenKey[] keys;

    private TokenKeys(IReadOnlyList<TokenKeyRecord> records)
    {
        keys = [.. records.OrderByDescending(record => record.Created).Select(record => new TokenKey(record))];
    }

    internal TokenKey Newest => keys[0];

    /// <summary>Reads the keys; the first start makes one.</summary>
    public static TokenKeys LoadOrCreate(string directory, TimeProvider clock) =>
        new(Read(KeyFile.ReadOrCreate(PathIn(directory), () => Write([New(clock)]))));

    /// <summary>
    /// Adds a key that signs from now on and drops those whose tokens have all expired. A running server goes on with the
    /// keys that it has read.
    /// </summary>
    public static TokenKeys Rotate(string directory, TimeProvider clock)
    {
        var path = PathIn(directory);
        var old = Read(KeyFile.ReadOrCreate(path, () => Write([New(clock)]))).OrderByDescending(record => record.Created).ToList();
        var added = New(clock);
        // Two rotations within one second must not leave the order to chance.
        added = added with { Created = Math.Max(added.Created, old[0].Created + 1) };

        // A key stopped signing when the next one was made.
        var kept = old.Where((_, i) => i == 0 || old[i - 1].Created > added.Created - LongestLife);
        TokenKeyRecord[] records = [added, .. kept];
        KeyFile.Replace(path, Write(records));
        return new TokenKeys(records);
    }

    internal TokenKey? ForHeader(ReadOnlySpan<char> header)
    {
        foreach (var key in keys)
        {
            if (header.SequenceEqual(key.Header))
            {
                return key;
            }
        }

        return null;
    }

    private static string PathIn(string directory) => Path.Combine(directory, "keys", "tokens.json");

    private static TokenKeyRecord New(TimeProvider clock) => new(
        RandomNumberGenerator.GetHexString(16, lowercase: true),
        clock.GetUtcNow().ToUnixTimeSeconds(),
        RandomNumberGenerator.GetBytes(32));

    private static byte[] Write(TokenKeyRecord[] records) =>
        JsonSerializer.SerializeToUtf8Bytes(new TokenKeyFile(records), TokenKeyJson.Default.TokenKeyFile);

    private static TokenKeyRecord[] Read(byte[] contents)
    {
        try
        {
            var records = JsonSerializer.Deserialize(contents, TokenKeyJson.Default.TokenKeyFile)?.Keys;
            if (records is { Length: > 0 } && records.All(record => record.Secret.Length == 32))
            {
                return records;
            }
        }
        catch (JsonException)
        {
        }

        throw new InvalidDataException(
            "keys/tokens.json of the data directory is damaged. Restore it, or delete it to start with a new key: all authorization tokens then end.");
    }
}

/// <summary>A key with the first segment that all of its tokens share.</summary>
internal sealed class TokenKey(TokenKeyRecord record)
{
    public byte[] Secret { get; } = record.Secret;

    public string Header { get; } = Base64Url.EncodeToString(
        System.Text.Encoding.UTF8.GetBytes($$"""{"alg":"HS256","kid":"{{record.Id}}","typ":"JWT"}"""));
}

/// <param name="Id">The <c>kid</c> of its tokens.</param>
/// <param name="Created">Seconds since 1970.</param>
/// <param name="Secret">32 bytes.</param>
internal sealed record TokenKeyRecord(string Id, long Created, byte[] Secret);

internal sealed record TokenKeyFile(TokenKeyRecord[] Keys);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(TokenKeyFile))]
internal sealed partial class TokenKeyJson : JsonSerializerContext;
