using System.Text.RegularExpressions;
using Granary.Core.Assets.AzureBlobs;
using Granary.Core.Assets.S3;

namespace Granary.Server.Hosting;

/// <summary>Reads where assets lie. The keys of an object store are never repeated in what is said about them.</summary>
internal static partial class StorageSettings
{
    public const string Section = "Storage";

    private const string S3 = Section + ":S3";

    /// <param name="region">Of the server, where the store has none of its own.</param>
    /// <returns>Both null for files in the data directory.</returns>
    /// <exception cref="FormatException">A value cannot be what it is for; the message names the key.</exception>
    public static (S3Options? S3, AzureOptions? Azure) Read(IConfiguration configuration, string region) => Text(configuration, $"{Section}:Kind") switch
    {
        null => default,
        var kind when kind.Equals("files", StringComparison.OrdinalIgnoreCase) => default,
        var kind when kind.Equals("s3", StringComparison.OrdinalIgnoreCase) => (ReadS3(configuration, region), null),
        var kind when kind.Equals("azure", StringComparison.OrdinalIgnoreCase) => (null, AzureSettings.Read(configuration)),
        var kind => throw new FormatException($"{Section}:Kind: '{kind}' is neither files nor s3 nor azure."),
    };

    private static S3Options ReadS3(IConfiguration configuration, string region)
    {
        var (key, secret) = (Text(configuration, $"{S3}:AccessKey"), Text(configuration, $"{S3}:SecretKey"));
        if (key is null != secret is null)
        {
            throw new FormatException($"{S3}:{(key is null ? "AccessKey" : "SecretKey")}: it is missing. Set both keys, or none of them where the environment or the machine's role has some.");
        }

        var address = Address(configuration);
        return new S3Options
        {
            Bucket = Bucket(configuration),
            Prefix = Prefix(configuration, $"{S3}:Prefix"),
            ServiceUrl = address,
            Region = Settings.Region(configuration, $"{S3}:Region") ?? region,
            AccessKey = key,
            SecretKey = secret,
            // Few stores but AWS's have a host name for each bucket.
            PathStyle = Settings.Flag(configuration, $"{S3}:PathStyle") ?? address is not null,
            Redirect = Settings.Flag(configuration, $"{S3}:Redirect") ?? false,
        };
    }

    private static string Bucket(IConfiguration configuration) => Text(configuration, $"{S3}:Bucket") switch
    {
        null => throw new FormatException($"{S3}:Bucket: it is missing. Name the bucket in which assets are to lie, or set {Section}:Kind to files."),
        var text when BucketName.IsMatch(text) => text,
        var text => throw new FormatException($"{S3}:Bucket: '{text}' is no name of a bucket. Write one such as my-granary: 3 to 63 lower-case letters, digits, dots and hyphens."),
    };

    /// <summary>What stands before every key; empty, or with a slash at its end.</summary>
    internal static string Prefix(IConfiguration configuration, string key) => Text(configuration, key)?.Trim('/') switch
    {
        null or "" => "",
        { Length: <= 200 } text when PrefixPath.IsMatch(text) => text + "/",
        var text => throw new FormatException($"{key}: '{text}' cannot be. Write one such as granary or teams/granary: at most 200 letters, digits, hyphens, underscores and slashes."),
    };

    private static Uri? Address(IConfiguration configuration) => Settings.Address(configuration, $"{S3}:ServiceUrl") switch
    {
        null => null,
        { UserInfo: "", Query: "", Fragment: "", AbsolutePath: "/" } address => address,
        _ => throw new FormatException($"{S3}:ServiceUrl: write the store's address alone, such as https://s3.example.com:9000. The bucket and the keys have settings of their own."),
    };

    internal static string? Text(IConfiguration configuration, string key) => configuration[key] is { Length: > 0 } text ? text : null;

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\z", RegexOptions.NonBacktracking)]
    private static partial Regex BucketName { get; }

    // Of one segment after another: the store's own client would take dots out.
    [GeneratedRegex(@"\A[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*\z", RegexOptions.NonBacktracking)]
    private static partial Regex PrefixPath { get; }
}
