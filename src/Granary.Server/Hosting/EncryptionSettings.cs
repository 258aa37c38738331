using Granary.Core.Encryption;
using Granary.Server.Encryption;

namespace Granary.Server.Hosting;

/// <summary>Reads what is encrypted and who has the keys. The keys for the key service are never repeated in what is said about them.</summary>
internal static class EncryptionSettings
{
    private const string Section = EncryptionOptions.Section;

    public static readonly string[] Known = ["Keys", "EveryDomain", "DefaultKey", "KeyCache", "Endpoint", "Region", "AccessKey", "SecretKey"];

    /// <param name="region">Of the server, where the key service has none of its own.</param>
    /// <returns>The second is null where this server keeps the keys itself.</returns>
    /// <exception cref="FormatException">A value cannot be what it is for; the message names the key.</exception>
    public static (EncryptionOptions Options, KmsOptions? Kms) Read(IConfiguration configuration, string region)
    {
        var kms = Text(configuration, "Keys") switch
        {
            null => null,
            var kind when kind.Equals("local", StringComparison.OrdinalIgnoreCase) => null,
            var kind when kind.Equals("kms", StringComparison.OrdinalIgnoreCase) => ReadKms(configuration, region),
            var kind => throw new FormatException($"{Section}:Keys: '{kind}' is neither local nor kms."),
        };
        var defaults = new EncryptionOptions();
        var options = new EncryptionOptions
        {
            EveryDomain = Settings.Flag(configuration, $"{Section}:EveryDomain") ?? defaults.EveryDomain,
            DefaultKey = Text(configuration, "DefaultKey"),
            KeyCache = DurationSettings.Read(configuration, $"{Section}:KeyCache") ?? defaults.KeyCache,
        };
        if (kms is not null && options is { EveryDomain: true, DefaultKey: null })
        {
            throw new FormatException($"{Section}:DefaultKey: it is missing. Name the key of domains that name none, such as alias/granary, or set {Section}:EveryDomain to false.");
        }

        return (options, kms);
    }

    private static KmsOptions ReadKms(IConfiguration configuration, string region)
    {
        var (key, secret) = (Text(configuration, "AccessKey"), Text(configuration, "SecretKey"));
        if (key is null != secret is null)
        {
            throw new FormatException($"{Section}:{(key is null ? "AccessKey" : "SecretKey")}: it is missing. Set both keys, or none of them where the environment or the machine's role has some.");
        }

        return new KmsOptions
        {
            Endpoint = Settings.Address(configuration, $"{Section}:Endpoint") switch
            {
                null => null,
                { UserInfo: "", Query: "", Fragment: "", AbsolutePath: "/" } address => address,
                _ => throw new FormatException($"{Section}:Endpoint: write the key service's address alone, such as https://kms.example.com. The keys have settings of their own."),
            },
            Region = Settings.Region(configuration, $"{Section}:Region") ?? region,
            AccessKey = key,
            SecretKey = secret,
        };
    }

    private static string? Text(IConfiguration configuration, string key) => configuration[$"{Section}:{key}"] is { Length: > 0 } text ? text : null;
}
