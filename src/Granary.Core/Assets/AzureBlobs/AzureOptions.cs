namespace Granary.Core.Assets.AzureBlobs;

/// <summary>Where assets lie in a container of Azure Blob Storage.</summary>
public sealed record AzureOptions
{
    public required string Container { get; init; }

    /// <summary>Stands before every key in the container; empty, or with a slash at its end.</summary>
    public string Prefix { get; init; } = "";

    public required string AccountName { get; init; }

    /// <summary>The blob endpoint of the account; null for the one that Azure's public cloud has.</summary>
    public Uri? ServiceUrl { get; init; }

    /// <summary>Base64. Either this or <see cref="SasToken"/>.</summary>
    public string? AccountKey { get; init; }

    /// <summary>A shared access signature for the container, without a question mark.</summary>
    public string? SasToken { get; init; }

    /// <summary>Whether clients get large assets from the store itself, which takes the key of the account.</summary>
    public bool Redirect { get; init; }

    public StorePatience Patience { get; init; } = new();

    /// <summary>The address of the container.</summary>
    public Uri Address => new($"{Endpoint.AbsoluteUri.TrimEnd('/')}/{Container}");

    private Uri Endpoint => ServiceUrl ?? new Uri($"https://{AccountName}.blob.core.windows.net/");

    /// <summary>Where it is, for people, and never a key.</summary>
    public override string ToString() => $"container {Container} of the account {AccountName} at {Endpoint.GetLeftPart(UriPartial.Authority)}";
}
