namespace Granary.Core.Assets.S3;

/// <summary>Where assets lie in an S3-compatible object store.</summary>
public sealed record S3Options
{
    public required string Bucket { get; init; }

    /// <summary>Stands before every key in the bucket; empty, or with a slash at its end.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>The store's address; null for the one that AWS has in the region.</summary>
    public Uri? ServiceUrl { get; init; }

    public required string Region { get; init; }

    /// <summary>Both or none; without them the SDK looks where it always does: environment, profile, role of the machine.</summary>
    public string? AccessKey { get; init; }

    public string? SecretKey { get; init; }

    /// <summary>Whether the bucket stands in the path of an address and not before its host.</summary>
    public bool PathStyle { get; init; }

    /// <summary>Whether clients get large assets from the store itself.</summary>
    public bool Redirect { get; init; }

    public StorePatience Patience { get; init; } = new();

    /// <summary>Where it is, for people, and never a key.</summary>
    public override string ToString() => $"bucket {Bucket} at {ServiceUrl?.GetLeftPart(UriPartial.Authority) ?? $"AWS in {Region}"}";
}
