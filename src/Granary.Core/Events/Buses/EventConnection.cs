namespace Granary.Core.Events.Buses;

/// <summary>How requests to API destinations prove who sends them.</summary>
public sealed class EventConnection
{
    public const string Authorized = "AUTHORIZED";

    public const string Deauthorized = "DEAUTHORIZED";

    public required string AccountId { get; init; }

    public required string Name { get; init; }

    /// <summary>The last segment of its ARN: another for each connection that ever had the name.</summary>
    public required string Id { get; init; }

    /// <summary><c>BASIC</c>, <c>API_KEY</c> or <c>OAUTH_CLIENT_CREDENTIALS</c>.</summary>
    public required string AuthorizationType { get; set; }

    /// <summary><see cref="Authorized"/> or <see cref="Deauthorized"/>.</summary>
    public required string State { get; set; }

    /// <summary>At most 512 characters.</summary>
    public string? Description { get; set; }

    /// <summary>
    /// The JSON text of <c>AuthParameters</c> as a request gives them, secrets and all, sealed with <see cref="Id"/> bound in; null when it is not
    /// authorised.
    /// </summary>
    public byte[]? SealedParameters { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ModifiedAt { get; set; }

    public DateTimeOffset? AuthorizedAt { get; set; }
}

/// <summary>An address on the Web that events are sent to.</summary>
public sealed class ApiDestination
{
    public required string AccountId { get; init; }

    public required string Name { get; init; }

    /// <summary>The last segment of its ARN: another for each destination that ever had the name.</summary>
    public required string Id { get; init; }

    /// <summary>At most 512 characters.</summary>
    public string? Description { get; set; }

    /// <summary>The name of a connection of the same account, which may have been deleted since.</summary>
    public required string Connection { get; set; }

    /// <summary>The id of that connection: a later one of the name is another.</summary>
    public required string ConnectionId { get; set; }

    /// <summary>An address with the scheme https, in which each <c>*</c> stands for a value that the target gives.</summary>
    public required string InvocationEndpoint { get; set; }

    /// <summary><c>POST</c>, <c>GET</c>, <c>HEAD</c>, <c>OPTIONS</c>, <c>PUT</c>, <c>PATCH</c> or <c>DELETE</c>.</summary>
    public required string HttpMethod { get; set; }

    /// <summary>At least 1.</summary>
    public required int InvocationRateLimitPerSecond { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ModifiedAt { get; set; }
}
