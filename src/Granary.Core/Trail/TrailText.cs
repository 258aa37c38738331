using System.Buffers;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Granary.Core.Access;

namespace Granary.Core.Trail;

/// <summary>
/// The JSON of records in the shape of CloudTrail's, in two parts that make one when they are put together: what several records
/// share, and what is a record's own. A request of a package manager shares its parameters up to the package.
/// </summary>
internal static class TrailText
{
    private const int LongestName = 512;
    private const int LongestPath = 1024;
    private const int LongestMessage = 1024;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 -._~!$&'()*+,;=:@/%#?[]{}|^`<>");

    public static void WriteShared(IBufferWriter<byte> output, TrailRecord record, string region)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer, Options);
        json.WriteStartObject();
        WriteIdentity(json, record.Principal, record.IsServiceEvent);
        json.WriteString("eventSource"u8, record.Source);
        json.WriteString("eventName"u8, Cut(record.Name, LongestName));
        json.WriteString("awsRegion"u8, region);
        json.WriteString("sourceIPAddress"u8, AddressOf(record.Address, record.Source));
        WriteOptional(json, "userAgent"u8, record.UserAgent);
        json.WriteBoolean("readOnly"u8, record.IsReadOnly);
        json.WriteString("eventType"u8, record.IsServiceEvent ? "AwsServiceEvent"u8 : "AwsApiCall"u8);
        json.WriteBoolean("managementEvent"u8, true);
        json.WriteString("eventCategory"u8, "Management"u8);
        if (record.Method is not null)
        {
            json.WriteNull("responseElements"u8);
            json.WriteStartObject("requestParameters"u8);
            WriteOptional(json, "domainName"u8, record.DomainName);
            WriteOptional(json, "domainOwner"u8, record.DomainOwner);
            WriteOptional(json, "repositoryName"u8, record.Repository);
            WriteOptional(json, "packageFormat"u8, record.Format);
        }

        json.Flush();
        // Without the brace that opens it; what was not closed is closed by the record's own part.
        output.Write(buffer.WrittenSpan[1..]);
    }

    public static void WriteOwn(IBufferWriter<byte> output, TrailRecord record)
    {
        if (record.Method is not null)
        {
            if (record.Package is { } package)
            {
                if (package.Namespace.Length > 0)
                {
                    Member(output, ",\"packageNamespace\":"u8, Cut(package.Namespace, LongestName));
                }

                Member(output, ",\"packageName\":"u8, Cut(package.Name, LongestName));
            }

            if (record.Version is not null)
            {
                Member(output, ",\"packageVersion\":"u8, Cut(record.Version, LongestName));
            }

            Member(output, "},\"additionalEventData\":{\"httpMethod\":"u8, Cut(record.Method, LongestName));
            Member(output, ",\"requestUri\":"u8, Cut(record.Path ?? "", LongestPath));
            output.Write("}"u8);
        }
        else if (record.IsServiceEvent)
        {
            output.Write(",\"serviceEventDetails\":"u8);
            output.Write(record.Parameters.Span);
        }
        else
        {
            output.Write(",\"requestParameters\":"u8);
            output.Write(record.Parameters.IsEmpty ? "null"u8 : record.Parameters.Span);
            output.Write(",\"responseElements\":"u8);
            output.Write(record.Response.IsEmpty || record.ErrorCode is not null ? "null"u8 : record.Response.Span);
        }

        if (record.ErrorCode is not null)
        {
            Member(output, ",\"errorCode\":"u8, Cut(record.ErrorCode, LongestName));
            Member(output, ",\"errorMessage\":"u8, Cut(record.ErrorMessage ?? "", LongestMessage));
        }
    }

    public static void Ascii(IBufferWriter<byte> output, string text)
    {
        var length = Encoding.UTF8.GetBytes(text, output.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length)));
        output.Advance(length);
    }

    private static void WriteIdentity(Utf8JsonWriter json, Principal? principal, bool isService)
    {
        json.WriteStartObject("userIdentity"u8);
        if (principal is null)
        {
            json.WriteString("type"u8, isService ? "AWSService"u8 : "Unknown"u8);
            json.WriteEndObject();
            return;
        }

        if (principal.Arn.Contains(":oidc-provider/", StringComparison.Ordinal))
        {
            // Somebody whom an identity provider vouches for: the subject of the token is the only name there is.
            json.WriteString("type"u8, "WebIdentityUser"u8);
            json.WriteString("principalId"u8, $"{principal.Arn}:{Cut(principal.IdentityId, LongestName)}");
            json.WriteString("accountId"u8, principal.AccountId);
            json.WriteString("userName"u8, Cut(principal.IdentityId, LongestName));
            json.WriteString("identityProvider"u8, principal.Arn);
            json.WriteEndObject();
            return;
        }

        json.WriteString("type"u8, principal.IsRoot ? "Root"u8 : principal.Session is null ? "IAMUser"u8 : "AssumedRole"u8);
        json.WriteString("principalId"u8, principal.UserId);
        json.WriteString("arn"u8, principal.Arn);
        json.WriteString("accountId"u8, principal.AccountId);
        WriteOptional(json, "accessKeyId"u8, principal.AccessKeyId);
        if (principal.Session is { } session)
        {
            WriteSession(json, principal, session);
        }
        else if (!principal.IsRoot)
        {
            json.WriteString("userName"u8, principal.Arn[(principal.Arn.LastIndexOf('/') + 1)..]);
        }

        json.WriteEndObject();
    }

    private static void WriteSession(Utf8JsonWriter json, Principal principal, RoleSession session)
    {
        json.WriteStartObject("sessionContext"u8);
        json.WriteStartObject("sessionIssuer"u8);
        json.WriteString("type"u8, "Role"u8);
        json.WriteString("principalId"u8, principal.IdentityId);
        json.WriteString("arn"u8, principal.RoleArn);
        json.WriteString("accountId"u8, principal.AccountId);
        json.WriteString("userName"u8, session.Role);
        json.WriteEndObject();
        if (session.Provider is { } provider)
        {
            json.WriteStartObject("webIdFederationData"u8);
            json.WriteString("federatedProvider"u8, provider);
            json.WriteStartObject("attributes"u8);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteStartObject("attributes"u8);
        json.WriteString("creationDate"u8, Time(DateTimeOffset.FromUnixTimeSeconds(session.IssuedAt)));
        json.WriteString("mfaAuthenticated"u8, "false"u8);
        json.WriteEndObject();
        WriteOptional(json, "sourceIdentity"u8, session.SourceIdentity);
        json.WriteEndObject();
    }

    internal static string Time(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);

    private static string AddressOf(IPAddress? address, string source) =>
        address is null ? source : (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();

    private static void WriteOptional(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, Cut(value, LongestName));
        }
    }

    private static void Member(IBufferWriter<byte> output, ReadOnlySpan<byte> name, ReadOnlySpan<char> value)
    {
        output.Write(name);
        output.Write("\""u8);
        if (value.ContainsAnyExcept(Plain))
        {
            output.Write(JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes);
        }
        else
        {
            output.Advance(Encoding.UTF8.GetBytes(value, output.GetSpan(value.Length)));
        }

        output.Write("\""u8);
    }

    /// <summary>At most so many characters, and no half of a pair at the end.</summary>
    internal static ReadOnlySpan<char> Cut(string text, int longest) =>
        text.Length <= longest ? text : text.AsSpan(0, char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest);
}
