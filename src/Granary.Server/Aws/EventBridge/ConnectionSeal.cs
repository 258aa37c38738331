using System.Security.Cryptography;
using System.Text.Json;
using Granary.Core.Events.Buses;
using Granary.Server.Authentication;

namespace Granary.Server.Aws.EventBridge;

/// <summary>Seals what connections prove who sends with, by the key of access keys' secrets; the connection's id is bound in.</summary>
public sealed class ConnectionSeal(SecretSeal seal)
{
    public byte[] Seal(ConnectionParameters parameters, string connectionId) =>
        seal.Seal(JsonSerializer.Serialize(parameters, ConnectionParametersJson.Default.ConnectionParameters), connectionId);

    /// <summary>The parameters, or null where the connection is not authorised.</summary>
    /// <exception cref="CryptographicException">They were sealed with another key or for another connection, or were changed.</exception>
    public ConnectionParameters? Open(EventConnection connection) =>
        OpenJson(connection) is { } json ? JsonSerializer.Deserialize(json, ConnectionParametersJson.Default.ConnectionParameters) : null;

    /// <summary>The same as the JSON text of <c>AuthParameters</c>, as CreateConnection takes it.</summary>
    /// <exception cref="CryptographicException">As of <see cref="Open"/>.</exception>
    public string? OpenJson(EventConnection connection) => connection.SealedParameters is { } box ? seal.Open(box, connection.Id) : null;
}
