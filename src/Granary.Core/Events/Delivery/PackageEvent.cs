using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Granary.Core.Access;
using Granary.Core.Events.Buses;
using Granary.Core.Packages;

namespace Granary.Core.Events.Delivery;

/// <summary>
/// CodeArtifact's event about one change of a package version. It follows from the change alone, so that rendering it again after a
/// crash gives the same bytes, with the same ids.
/// </summary>
public static class PackageEvent
{
    public const string Source = "aws.codeartifact";
    public const string DetailType = "CodeArtifact Package Version State Change";

    // Plain characters stay readable; nothing here goes into a page.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Whether a change is of a package version, and so becomes an event.</summary>
    public static bool IsOf(Change change) => change.Kind is ChangeKind.VersionCreated or ChangeKind.VersionUpdated or ChangeKind.VersionDeleted;

    /// <summary>The accounts whose default bus it goes to: the owner's and the repository administrator's, once where they are the same.</summary>
    public static IReadOnlyList<string> Receivers(EventCursor domain, Change change) =>
        change.Administrator is { } administrator && administrator != domain.Owner ? [domain.Owner, administrator] : [domain.Owner];

    /// <param name="arns">Of the region in which all of it happens.</param>
    /// <param name="domain">The domain that the change is of.</param>
    /// <param name="change">One of which <see cref="IsOf"/> is true.</param>
    /// <param name="account">Twelve digits: whose bus it goes to.</param>
    public static BusEvent Of(ResourceArns arns, EventCursor domain, Change change, string account)
    {
        var package = new PackageCoordinate(change.Format!, change.Namespace ?? "", change.Package!);
        var arn = arns.Package(domain.Owner, domain.Domain, change.Repository!, package);
        var body = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(body, Options))
        {
            json.WriteStartObject();
            json.WriteString("version"u8, "0"u8);
            json.WriteString("id"u8, Id(change, account));
            json.WriteString("detail-type"u8, DetailType);
            json.WriteString("source"u8, Source);
            json.WriteString("account"u8, account);
            json.WriteString("time"u8, EventTime.Format(change.At));
            json.WriteString("region"u8, arns.Region);
            json.WriteStartArray("resources"u8);
            json.WriteStringValue(arn);
            json.WriteEndArray();
            WriteDetail(json, domain, change);
            json.WriteEndObject();
        }

        return new BusEvent(account, EventBus.Default, arn, change.At, Encoding.UTF8.GetString(body.WrittenSpan));
    }

    private static void WriteDetail(Utf8JsonWriter json, EventCursor domain, Change change)
    {
        var state = change.Status?.ToString();
        json.WriteStartObject("detail"u8);
        json.WriteString("domainName"u8, domain.Domain);
        json.WriteString("domainOwner"u8, domain.Owner);
        json.WriteString("repositoryName"u8, change.Repository);
        json.WriteString("repositoryAdministrator"u8, change.Administrator ?? domain.Owner);
        json.WriteString("packageFormat"u8, change.Format);
        json.WriteString("packageNamespace"u8, string.IsNullOrEmpty(change.Namespace) ? null : change.Namespace);
        json.WriteString("packageName"u8, change.Package);
        json.WriteString("packageVersion"u8, change.Version);
        json.WriteString("packageVersionState"u8, state);
        json.WriteString("packageVersionRevision"u8, change.Revision);
        json.WriteStartObject("changes"u8);
        json.WriteNumber("assetsAdded"u8, change.AssetsAdded);
        json.WriteNumber("assetsRemoved"u8, change.AssetsRemoved);
        // An asset never changes its bytes here.
        json.WriteNumber("assetsUpdated"u8, 0);
        json.WriteBoolean("metadataUpdated"u8, change.MetadataUpdated);
        json.WriteBoolean("statusChanged"u8, change.StatusChanged);
        json.WriteEndObject();
        json.WriteString("operationType"u8, Operation(change.Kind));
        json.WriteNumber("sequenceNumber"u8, change.Sequence);
        json.WriteString("eventDeduplicationId"u8, Convert.ToBase64String(Digest(change, "")));
        // The names by which rules in older tutorials ask for two of them.
        json.WriteString("state"u8, state);
        json.WriteString("package-format"u8, change.Format);
        json.WriteEndObject();
    }

    private static string Operation(ChangeKind kind) => kind switch
    {
        ChangeKind.VersionCreated => "Created",
        ChangeKind.VersionUpdated => "Updated",
        _ => "Deleted",
    };

    /// <summary>A UUID of version 8 (RFC 9562): its bits are a digest's.</summary>
    private static Guid Id(Change change, string account)
    {
        var bytes = Digest(change, account).AsSpan(0, 16);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    // The moment too: a database that was restored from a backup numbers other changes alike.
    private static byte[] Digest(Change change, string account) => SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $"{change.DomainId}/{change.Sequence}/{change.At.ToUnixTimeMilliseconds()}/{account}")));
}
