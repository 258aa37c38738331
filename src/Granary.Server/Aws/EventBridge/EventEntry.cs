using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Granary.Core.Events.Buses;
using Granary.Core.Events.Delivery;

namespace Granary.Server.Aws.EventBridge;

/// <summary>An entry of PutEvents. What the request leaves out is empty.</summary>
/// <param name="Account">Whose bus it is for.</param>
/// <param name="Time">In seconds since 1970; null for now.</param>
internal sealed record EventEntry(
    string Account, string Bus, string Source, string DetailType, string Detail, IReadOnlyList<string> Resources, double? Time)
{
    private const int LongestDetailType = 128;

    // What reads the whole event later takes 64 levels at most.
    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = 60 };
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Makes the event, or says under EventBridge's names why it is none.</summary>
    /// <param name="isMissing">Whether there is no such bus.</param>
    /// <param name="sender">Whose request it is.</param>
    public static EntryResult Take(EventEntry entry, bool isMissing, string sender, string region, DateTimeOffset now)
    {
        foreach (var (name, value) in new[] { ("Source", entry.Source), ("DetailType", entry.DetailType), ("Detail", entry.Detail) })
        {
            if (value.Length == 0)
            {
                return Fault("InvalidArgument", $"Parameter {name} is not valid. Reason: {name} is a required argument.");
            }
        }

        if (entry.DetailType.Length > LongestDetailType)
        {
            return Fault("InvalidArgument", $"Parameter DetailType is not valid. Reason: It may have {LongestDetailType} characters.");
        }

        // Such events come from this server alone.
        if (entry.Source.StartsWith("aws.", StringComparison.OrdinalIgnoreCase))
        {
            return Fault("NotAuthorizedForSourceException", "Not authorized for the source.");
        }

        if (entry.Time is < 0 or > 253_402_300_799)
        {
            return Fault("InvalidArgument", "Parameter Time is not valid. Reason: It is no time between 1970 and 9999.");
        }

        if (isMissing)
        {
            return Fault("InvalidArgument", $"Parameter EventBusName is not valid. Reason: Event bus {entry.Bus} does not exist.");
        }

        if (!IsObject(entry.Detail))
        {
            return Fault("MalformedDetail", "Detail is malformed.");
        }

        var (id, at) = (Uuid.New(), entry.Time is { } seconds ? DateTimeOffset.FromUnixTimeMilliseconds((long)(seconds * 1000)) : now);
        return new EntryResult(id, new BusEvent(entry.Account, entry.Bus, id, at, entry.Render(id, at, sender, region)), null, null);
    }

    private static EntryResult Fault(string code, string message) => new("", null, code, message);

    private static bool IsObject(string detail)
    {
        try
        {
            using var document = JsonDocument.Parse(detail, Reading);
            return document.RootElement.ValueKind is JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private string Render(string id, DateTimeOffset at, string sender, string region)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Writing))
        {
            json.WriteStartObject();
            json.WriteString("version"u8, "0"u8);
            json.WriteString("id"u8, id);
            json.WriteString("detail-type"u8, DetailType);
            json.WriteString("source"u8, Source);
            json.WriteString("account"u8, sender);
            json.WriteString("time"u8, EventTime.Format(at));
            json.WriteString("region"u8, region);
            json.WriteStartArray("resources"u8);
            foreach (var resource in Resources)
            {
                json.WriteStringValue(resource);
            }

            json.WriteEndArray();
            json.WritePropertyName("detail"u8);
            json.WriteRawValue(Detail);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}

/// <summary>What became of an entry.</summary>
/// <param name="Event">Null where it was not taken; then there are a code and a message.</param>
internal sealed record EntryResult(string Id, BusEvent? Event, string? Code, string? Message);
