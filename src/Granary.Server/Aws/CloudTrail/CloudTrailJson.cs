using System.Text.Json;
using Granary.Core.Trail;

namespace Granary.Server.Aws.CloudTrail;

/// <summary>Answers with the members that CloudTrail's model names.</summary>
internal static class CloudTrailJson
{
    public static Task WriteAsync(HttpContext context, TrailPage page, string? nextToken) => AwsJson.AnswerAsync(context, json =>
    {
        json.WriteStartArray("Events"u8);
        foreach (var told in page.Events)
        {
            Write(json, told);
        }

        json.WriteEndArray();
        if (nextToken is not null)
        {
            json.WriteString("NextToken"u8, nextToken);
        }
    });

    private static void Write(Utf8JsonWriter json, TrailEvent told)
    {
        json.WriteStartObject();
        json.WriteString("EventId"u8, told.Id);
        json.WriteString("EventName"u8, told.Name);
        // A text: the model has it so.
        json.WriteString("ReadOnly"u8, told.IsReadOnly ? "true"u8 : "false"u8);
        json.WriteNumber("EventTime"u8, told.At.ToUnixTimeSeconds());
        json.WriteString("EventSource"u8, told.Source);
        if (told.AccessKeyId is not null)
        {
            json.WriteString("AccessKeyId"u8, told.AccessKeyId);
        }

        if (told.UserName is not null)
        {
            json.WriteString("Username"u8, told.UserName);
        }

        json.WriteStartArray("Resources"u8);
        foreach (var (type, name) in told.Resources)
        {
            json.WriteStartObject();
            json.WriteString("ResourceType"u8, type);
            json.WriteString("ResourceName"u8, name);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("CloudTrailEvent"u8, told.Json);
        json.WriteEndObject();
    }
}
