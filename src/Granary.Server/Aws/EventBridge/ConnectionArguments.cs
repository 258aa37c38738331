using Granary.Core.Events.Buses;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.EventBridge;

/// <summary>Reads <c>AuthParameters</c>: whole for a new connection, or what an old one changes.</summary>
internal static class ConnectionArguments
{
    /// <param name="type">As in <see cref="EventConnection.AuthorizationType"/>.</param>
    /// <param name="given">What the request has; null for nothing.</param>
    /// <param name="old">What is kept where the request has nothing else: of the same type, or null.</param>
    /// <exception cref="Core.Refusal">Validation.</exception>
    public static ConnectionParameters Read(string type, BodyArguments? given, ConnectionParameters? old)
    {
        if (given?.Raw("ConnectivityParameters") is not null)
        {
            throw EventRefusals.Invalid("Granary sends nothing through VPC Lattice. Leave ConnectivityParameters out.");
        }

        foreach (var (other, member) in new[] { ("BASIC", "BasicAuthParameters"), ("API_KEY", "ApiKeyAuthParameters"), ("OAUTH_CLIENT_CREDENTIALS", "OAuthParameters") })
        {
            if (other != type && given?.Raw(member) is not null)
            {
                throw EventRefusals.Invalid($"AuthParameters.{member} are not those of the authorization type {type}. Leave them out.");
            }
        }

        return new ConnectionParameters
        {
            BasicAuthParameters = type == "BASIC" ? Basic(given?.Object("BasicAuthParameters"), old?.BasicAuthParameters) : null,
            ApiKeyAuthParameters = type == "API_KEY" ? ApiKey(given?.Object("ApiKeyAuthParameters"), old?.ApiKeyAuthParameters) : null,
            OAuthParameters = type == "OAUTH_CLIENT_CREDENTIALS" ? OAuth(given?.Object("OAuthParameters"), old?.OAuthParameters) : null,
            InvocationHttpParameters = Added(given?.Object("InvocationHttpParameters"), old?.InvocationHttpParameters),
        };
    }

    private static BasicParameters Basic(BodyArguments? given, BasicParameters? old) => new(
        given?.Optional("Username", EventShapes.Credential) ?? old?.Username ?? throw Missing("BasicAuthParameters.Username"),
        given?.Optional("Password", EventShapes.Credential) ?? old?.Password ?? throw Missing("BasicAuthParameters.Password"));

    private static ApiKeyParameters ApiKey(BodyArguments? given, ApiKeyParameters? old) => new(
        given?.Optional("ApiKeyName", EventShapes.HeaderName) ?? old?.ApiKeyName ?? throw Missing("ApiKeyAuthParameters.ApiKeyName"),
        given?.Optional("ApiKeyValue", EventShapes.Credential) ?? old?.ApiKeyValue ?? throw Missing("ApiKeyAuthParameters.ApiKeyValue"));

    private static OAuthParameters OAuth(BodyArguments? given, OAuthParameters? old)
    {
        var client = given?.Object("ClientParameters");
        return new(
            new OAuthClient(
                client?.Optional("ClientID", EventShapes.Credential) ?? old?.ClientParameters.ClientId ?? throw Missing("OAuthParameters.ClientParameters.ClientID"),
                client?.Optional("ClientSecret", EventShapes.Credential) ?? old?.ClientParameters.ClientSecret ?? throw Missing("OAuthParameters.ClientParameters.ClientSecret")),
            given?.Optional("AuthorizationEndpoint", EventShapes.Endpoint) is { } endpoint
                ? WebEndpoints.Checked("AuthParameters.OAuthParameters.AuthorizationEndpoint", endpoint)
                : old?.AuthorizationEndpoint ?? throw Missing("OAuthParameters.AuthorizationEndpoint"),
            given?.Optional("HttpMethod", EventShapes.OAuthMethod) ?? old?.HttpMethod ?? throw Missing("OAuthParameters.HttpMethod"),
            Added(given?.Object("OAuthHttpParameters"), old?.OAuthHttpParameters));
    }

    private static AddedParameters? Added(BodyArguments? given, AddedParameters? old) => given is null ? old : new AddedParameters(
        List(given, "HeaderParameters", EventShapes.HeaderKey, EventShapes.HeaderValue) ?? old?.HeaderParameters ?? [],
        List(given, "QueryStringParameters", EventShapes.QueryKey, EventShapes.QueryValue) ?? old?.QueryStringParameters ?? [],
        List(given, "BodyParameters", EventShapes.BodyText, EventShapes.BodyText) ?? old?.BodyParameters ?? []);

    private static List<AddedParameter>? List(BodyArguments given, string name, TextShape key, TextShape value) =>
        given.Objects(name, EventShapes.MostHttpParameters)?
            .Select(p => new AddedParameter(p.Required("Key", key), p.Required("Value", value), p.Flag("IsValueSecret") is true)).ToList();

    private static Core.Refusal Missing(string member) => Fault.Missing($"AuthParameters.{member}");
}
