namespace Granary.Core.Assets;

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

    public S3Patience Patience { get; init; } = new();

    /// <summary>Where it is, for people, and never a key.</summary>
    public override string ToString() => $"bucket {Bucket} at {ServiceUrl?.GetLeftPart(UriPartial.Authority) ?? $"AWS in {Region}"}";
}

/// <summary>How long the object store is waited for before a request is refused.</summary>
public sealed record S3Patience
{
    /// <summary>From a question that has no body to the first byte of its answer.</summary>
    public TimeSpan Answer { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From the first byte of at most 16 MiB that are sent to the first byte of the answer.</summary>
    public TimeSpan Transfer { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>Between two pieces of a body.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>For a question with all its retries.</summary>
    public TimeSpan Asking { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>For storing an asset with all its retries, and one minute more for each 16 MiB of it.</summary>
    public TimeSpan Storing { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Of a question, with the SDK's backoff (doubling, with jitter, at most 20 s) before each.</summary>
    public int Retries { get; init; } = 3;
}
