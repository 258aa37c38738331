namespace Granary.Server.Encryption;

/// <summary>Which key management service has the keys.</summary>
public sealed record KmsOptions
{
    /// <summary>Its address; null for the one that AWS has in the region.</summary>
    public Uri? Endpoint { get; init; }

    public required string Region { get; init; }

    /// <summary>Both or none; without them the SDK looks where it always does: environment, profile, role of the machine.</summary>
    public string? AccessKey { get; init; }

    public string? SecretKey { get; init; }

    /// <summary>From a question to its answer, without retries.</summary>
    public TimeSpan Answer { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Where it is, for people, and never a key.</summary>
    public override string ToString() => $"the key service at {Endpoint?.GetLeftPart(UriPartial.Authority) ?? $"AWS in {Region}"}";
}
