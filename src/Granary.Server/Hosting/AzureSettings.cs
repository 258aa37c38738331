using System.Text.RegularExpressions;
using Azure.Storage.Blobs;
using Granary.Core.Assets.AzureBlobs;

namespace Granary.Server.Hosting;

/// <summary>Reads where in Azure Blob Storage assets lie. Neither a key nor a token is ever repeated.</summary>
internal static partial class AzureSettings
{
    private const string Section = StorageSettings.Section + ":Azure";

    /// <exception cref="FormatException">A value cannot be what it is for; the message names the key.</exception>
    public static AzureOptions Read(IConfiguration configuration)
    {
        var container = Container(configuration);
        var account = AccountName(configuration);
        var (key, token) = (AccountKey(configuration), SasToken(configuration));
        var redirect = Settings.Flag(configuration, $"{Section}:Redirect") ?? false;
        if (key is null == token is null)
        {
            throw new FormatException(key is null
                ? $"{Section}:AccountKey: it is missing. Set it to a key of the account, or set {Section}:SasToken."
                : $"{Section}:SasToken: {Section}:AccountKey is set too. Set one of them.");
        }

        return new AzureOptions
        {
            Container = container,
            Prefix = StorageSettings.Prefix(configuration, $"{Section}:Prefix"),
            AccountName = account,
            ServiceUrl = Address(configuration, account),
            AccountKey = key,
            SasToken = token,
            Redirect = redirect && key is null
                ? throw new FormatException($"{Section}:Redirect: addresses for clients are signed with the account's key. Set {Section}:AccountKey in place of {Section}:SasToken, or {Section}:Redirect to false.")
                : redirect,
        };
    }

    private static string Container(IConfiguration configuration) => StorageSettings.Text(configuration, $"{Section}:Container") switch
    {
        null => throw new FormatException($"{Section}:Container: it is missing. Name the container in which assets are to lie, or set {StorageSettings.Section}:Kind to files."),
        { Length: >= 3 and <= 63 } text when ContainerName.IsMatch(text) => text,
        var text => throw new FormatException($"{Section}:Container: '{text}' is no name of a container. Write one such as my-granary: 3 to 63 lower-case letters, digits and single hyphens."),
    };

    private static string AccountName(IConfiguration configuration) => StorageSettings.Text(configuration, $"{Section}:AccountName") switch
    {
        null => throw new FormatException($"{Section}:AccountName: it is missing. Name the storage account."),
        var text when Account.IsMatch(text) => text,
        var text => throw new FormatException($"{Section}:AccountName: '{text}' is no name of a storage account. Write one such as mygranary: 3 to 24 lower-case letters and digits."),
    };

    private static string? AccountKey(IConfiguration configuration) => StorageSettings.Text(configuration, $"{Section}:AccountKey") switch
    {
        null => null,
        var text when Convert.TryFromBase64String(text, new byte[text.Length], out var length) && length > 0 => text,
        _ => throw new FormatException($"{Section}:AccountKey: this is no key of a storage account, which is base64. Copy it as the portal or az storage account keys list shows it."),
    };

    private static string? SasToken(IConfiguration configuration) => StorageSettings.Text(configuration, $"{Section}:SasToken")?.TrimStart('?') switch
    {
        null => null,
        var text when Signature.IsMatch(text) => text,
        _ => throw new FormatException($"{Section}:SasToken: this is no shared access signature. Copy the whole token, of parts such as sv=…&sp=rcwdl&sig=…, without the address before it."),
    };

    private static Uri? Address(IConfiguration configuration, string account) => Settings.Address(configuration, $"{Section}:ServiceUrl") switch
    {
        null => null,
        { UserInfo: "", Query: "", Fragment: "", AbsolutePath: "/" } address => address,
        // With the account in its path, as emulators have it. The SDK takes it for one only behind some hosts and ports, else for a container.
        { UserInfo: "", Query: "", Fragment: "" } address when address.AbsolutePath.Trim('/') == account && new BlobUriBuilder(address).BlobContainerName is "" => address,
        _ => throw new FormatException(
            $"{Section}:ServiceUrl: write the blob endpoint alone, such as https://{account}.blob.core.windows.net, or http://127.0.0.1:10000/{account} for an emulator. The container and the key have settings of their own."),
    };

    [GeneratedRegex(@"\A[a-z0-9]+(-[a-z0-9]+)*\z", RegexOptions.NonBacktracking)]
    private static partial Regex ContainerName { get; }

    [GeneratedRegex(@"\A[a-z0-9]{3,24}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Account { get; }

    [GeneratedRegex(@"\A([a-z]+=[^&\s]*&)*sig=[^&\s]+(&[a-z]+=[^&\s]*)*\z", RegexOptions.NonBacktracking)]
    private static partial Regex Signature { get; }
}
