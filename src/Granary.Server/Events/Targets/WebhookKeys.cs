using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Granary.Server.Hosting;

namespace Granary.Server.Events.Targets;

/// <summary>
/// The secrets by which receivers know that a request comes from this server and was not changed. Each API destination has one of its own, derived from
/// <c>keys/events.key</c> and its id: AWS's structures have no member for such a secret, and what a connection holds is sent along with the request that
/// it would have to prove. With a new destination of the same name the secret is another.
/// </summary>
public sealed class WebhookKeys
{
    /// <summary>The name of the file of the key.</summary>
    internal const string FileName = "events.key";

    private readonly byte[] key;

    /// <param name="directory">The data directory. The first start makes the key there.</param>
    public WebhookKeys(string directory)
        : this(KeyFile.ReadOrCreate(Path.Combine(directory, "keys", FileName), () => RandomNumberGenerator.GetBytes(32)))
    {
    }

    internal WebhookKeys(byte[] key) => this.key = key;

    /// <summary>What a receiver verifies with: the text itself is the key, in UTF-8.</summary>
    /// <param name="destinationId">The last segment of the API destination's ARN.</param>
    public string SecretOf(string destinationId) => Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"api-destination/{destinationId}")));

    /// <summary><c>t=TIME,v1=HEX</c>: the HMAC-SHA256 of the time in seconds, a dot and the body. The time lets a receiver refuse what is sent again.</summary>
    public string Sign(string destinationId, DateTimeOffset time, ReadOnlySpan<byte> body)
    {
        var seconds = time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(SecretOf(destinationId)));
        hmac.AppendData(Encoding.ASCII.GetBytes($"{seconds}."));
        hmac.AppendData(body);
        return $"t={seconds},v1={Convert.ToHexStringLower(hmac.GetHashAndReset())}";
    }
}
