using System.Text.Json.Serialization;

namespace Granary.Server.Aws.EventBridge;

/// <summary>
/// What a connection proves who sends with, and what it adds to every request: AWS's structure <c>AuthParameters</c>, with all of its secrets. It is kept
/// sealed (<see cref="ConnectionSeal"/>), and answered only as <see cref="ConnectionAnswer"/> writes it.
/// </summary>
public sealed record ConnectionParameters
{
    public BasicParameters? BasicAuthParameters { get; init; }

    public ApiKeyParameters? ApiKeyAuthParameters { get; init; }

    public OAuthParameters? OAuthParameters { get; init; }

    public AddedParameters? InvocationHttpParameters { get; init; }
}

public sealed record BasicParameters(string Username, string Password);

/// <param name="ApiKeyName">The name of a header.</param>
public sealed record ApiKeyParameters(string ApiKeyName, string ApiKeyValue);

/// <param name="AuthorizationEndpoint">Where a token is asked for.</param>
/// <param name="HttpMethod"><c>GET</c>, <c>POST</c> or <c>PUT</c>.</param>
/// <param name="OAuthHttpParameters">What that request has besides.</param>
public sealed record OAuthParameters(OAuthClient ClientParameters, string AuthorizationEndpoint, string HttpMethod, AddedParameters? OAuthHttpParameters);

public sealed record OAuthClient([property: JsonPropertyName("ClientID")] string ClientId, string ClientSecret);

/// <summary>What is added to a request.</summary>
public sealed record AddedParameters(
    IReadOnlyList<AddedParameter> HeaderParameters, IReadOnlyList<AddedParameter> QueryStringParameters, IReadOnlyList<AddedParameter> BodyParameters);

/// <param name="IsValueSecret">Whether the value is never told.</param>
public sealed record AddedParameter(string Key, string Value, bool IsValueSecret);

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ConnectionParameters))]
internal sealed partial class ConnectionParametersJson : JsonSerializerContext;
