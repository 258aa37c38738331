using System.Text.Json;

namespace Granary.Server.Events.Targets;

/// <summary>An API destination with the connection that it uses.</summary>
/// <param name="Id">The last segment of its ARN.</param>
/// <param name="Endpoint">The invocation endpoint, in which each <c>*</c> of the path stands for a path parameter.</param>
/// <param name="Method">Such as <c>POST</c>.</param>
/// <param name="ConnectionId">Another for each connection that there ever was; null where the destination's is gone.</param>
/// <param name="Authorization">What the connection proves who sends with; null where it is gone or deauthorized.</param>
public sealed record WebDestination(string Id, string Endpoint, string Method, string? ConnectionId, WebAuthorization? Authorization);

/// <summary>AWS's structure <c>AuthParameters</c> of a connection, with its secrets.</summary>
public sealed record WebAuthorization
{
    public WebCredential? Basic { get; init; }

    /// <summary>The name of a header, and what it says.</summary>
    public WebCredential? ApiKey { get; init; }

    public WebOAuth? OAuth { get; init; }

    /// <summary>InvocationHttpParameters: what every request has besides.</summary>
    public WebParameters Added { get; init; } = WebParameters.None;

    /// <param name="json">AuthParameters as CreateConnection takes it.</param>
    /// <exception cref="JsonException">It is none.</exception>
    public static WebAuthorization Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        var oauth = Member(root, "OAuthParameters");
        var client = Member(oauth, "ClientParameters");
        return new WebAuthorization
        {
            Basic = Credential(Member(root, "BasicAuthParameters"), "Username", "Password"),
            ApiKey = Credential(Member(root, "ApiKeyAuthParameters"), "ApiKeyName", "ApiKeyValue"),
            OAuth = Credential(client, "ClientID", "ClientSecret") is { } credential
                ? new WebOAuth(credential, Text(oauth, "AuthorizationEndpoint"), Text(oauth, "HttpMethod"), WebParameters.Parse(Member(oauth, "OAuthHttpParameters")))
                : null,
            Added = WebParameters.Parse(Member(root, "InvocationHttpParameters")),
        };
    }

    private static WebCredential? Credential(JsonElement parent, string name, string secret) =>
        parent.ValueKind is JsonValueKind.Object ? new WebCredential(Text(parent, name), Text(parent, secret)) : null;

    internal static JsonElement Member(JsonElement parent, string name) =>
        parent.ValueKind is JsonValueKind.Object && parent.TryGetProperty(name, out var member) ? member : default;

    internal static string Text(JsonElement parent, string name) =>
        Member(parent, name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : throw new JsonException($"{name} is missing.");
}

/// <summary>A name and a secret. Neither is ever logged.</summary>
public sealed record WebCredential(string Name, string Secret)
{
    public override string ToString() => nameof(WebCredential);
}

/// <summary>Where tokens come from, and how they are asked for.</summary>
public sealed record WebOAuth(WebCredential Client, string Endpoint, string Method, WebParameters Added);

/// <summary>What is added to a request.</summary>
public sealed record WebParameters(
    IReadOnlyList<KeyValuePair<string, string>> Headers, IReadOnlyList<KeyValuePair<string, string>> Query, IReadOnlyList<KeyValuePair<string, string>> Body)
{
    public static WebParameters None { get; } = new([], [], []);

    internal static WebParameters Parse(JsonElement parent) => new(List(parent, "HeaderParameters"), List(parent, "QueryStringParameters"), List(parent, "BodyParameters"));

    public override string ToString() => nameof(WebParameters);

    private static List<KeyValuePair<string, string>> List(JsonElement parent, string name) =>
        WebAuthorization.Member(parent, name) is { ValueKind: JsonValueKind.Array } list
            ? [.. list.EnumerateArray().Select(item => KeyValuePair.Create(WebAuthorization.Text(item, "Key"), WebAuthorization.Text(item, "Value")))]
            : [];
}
