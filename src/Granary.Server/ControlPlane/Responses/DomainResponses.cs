namespace Granary.Server.ControlPlane.Responses;

/// <summary>A reply without members.</summary>
internal sealed record EmptyResponse;

internal sealed record DomainResponse(DomainDescription? Domain);

internal sealed record ListDomainsResponse(IReadOnlyList<DomainSummary> Domains, string? NextToken);

internal sealed record DomainSummary(string Name, string Owner, string Arn, string Status, double CreatedTime, string EncryptionKey);

internal sealed record DomainDescription(
    string Name,
    string Owner,
    string Arn,
    string Status,
    double CreatedTime,
    string EncryptionKey,
    int RepositoryCount,
    long AssetSizeBytes,
    string? S3BucketArn);

internal sealed record AuthorizationTokenResponse(string AuthorizationToken, double Expiration);

internal sealed record ListTagsResponse(IReadOnlyList<Tag> Tags);

internal sealed record Tag(string Key, string Value);

internal static class Timestamps
{
    /// <summary>Seconds since 1970 with milliseconds as a fraction, the API's form of an instant.</summary>
    public static double EpochSeconds(this DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;
}
