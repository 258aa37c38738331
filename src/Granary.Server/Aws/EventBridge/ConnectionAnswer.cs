using System.Text.Json;
using Granary.Core.Events.Buses;

namespace Granary.Server.Aws.EventBridge;

/// <summary>What is told of connections: never a password, an API key, a client's secret, or a value that was called secret.</summary>
internal static class ConnectionAnswer
{
    /// <summary>What every answer about one has that was there before.</summary>
    public static void Write(Utf8JsonWriter json, EventConnection connection, EventArns arns)
    {
        WriteNew(json, connection, arns);
        json.WriteMoment("LastAuthorizedTime", connection.AuthorizedAt);
    }

    /// <summary>What is told of a new one.</summary>
    public static void WriteNew(Utf8JsonWriter json, EventConnection connection, EventArns arns)
    {
        json.WriteString("ConnectionArn"u8, arns.Connection(connection.AccountId, connection.Name, connection.Id));
        json.WriteString("ConnectionState"u8, connection.State);
        json.WriteMoment("CreationTime", connection.CreatedAt);
        json.WriteMoment("LastModifiedTime", connection.ModifiedAt);
    }

    public static void WriteParameters(Utf8JsonWriter json, ConnectionParameters parameters)
    {
        json.WriteStartObject("AuthParameters"u8);
        if (parameters.BasicAuthParameters is { } basic)
        {
            json.WriteStartObject("BasicAuthParameters"u8);
            json.WriteString("Username"u8, basic.Username);
            json.WriteEndObject();
        }

        if (parameters.ApiKeyAuthParameters is { } key)
        {
            json.WriteStartObject("ApiKeyAuthParameters"u8);
            json.WriteString("ApiKeyName"u8, key.ApiKeyName);
            json.WriteEndObject();
        }

        if (parameters.OAuthParameters is { } oauth)
        {
            json.WriteStartObject("OAuthParameters"u8);
            json.WriteStartObject("ClientParameters"u8);
            json.WriteString("ClientID"u8, oauth.ClientParameters.ClientId);
            json.WriteEndObject();
            json.WriteString("AuthorizationEndpoint"u8, oauth.AuthorizationEndpoint);
            json.WriteString("HttpMethod"u8, oauth.HttpMethod);
            WriteAdded(json, "OAuthHttpParameters", oauth.OAuthHttpParameters);
            json.WriteEndObject();
        }

        WriteAdded(json, "InvocationHttpParameters", parameters.InvocationHttpParameters);
        json.WriteEndObject();
    }

    private static void WriteAdded(Utf8JsonWriter json, string name, AddedParameters? added)
    {
        if (added is null)
        {
            return;
        }

        json.WriteStartObject(name);
        WriteList(json, "HeaderParameters", added.HeaderParameters);
        WriteList(json, "QueryStringParameters", added.QueryStringParameters);
        WriteList(json, "BodyParameters", added.BodyParameters);
        json.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter json, string name, IReadOnlyList<AddedParameter> parameters)
    {
        if (parameters.Count == 0)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var parameter in parameters)
        {
            json.WriteObject(_ =>
            {
                json.WriteString("Key"u8, parameter.Key);
                json.WriteOptional("Value", parameter.IsValueSecret ? null : parameter.Value);
                json.WriteBoolean("IsValueSecret"u8, parameter.IsValueSecret);
            });
        }

        json.WriteEndArray();
    }
}
