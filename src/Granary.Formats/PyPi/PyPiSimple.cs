using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Granary.Formats.PyPi;

/// <summary>One project's page of the Simple API 1.1 (PEP 503, 629, 691, 700) as finished bytes.</summary>
internal sealed record PyPiSimple(ReadOnlyMemory<byte> Bytes, string ETag)
{
    private const string Version = "1.1";

    /// <summary>Bytes of memory that keeping it takes.</summary>
    public long Size => Bytes.Length + 512;

    /// <param name="project">Normalised.</param>
    /// <param name="address">The repository's address as clients see it, with a trailing slash.</param>
    public static PyPiSimple Render(string project, string address, IReadOnlyDictionary<string, PyPiManifest> versions, bool json)
    {
        var ordered = versions.OrderBy(v => v.Key, PyPiVersionOrder.Instance).ThenBy(v => v.Key, StringComparer.Ordinal).ToArray();
        var bytes = json ? Json(project, address, ordered) : Html(project, address, ordered);
        return new PyPiSimple(bytes, $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16))}\"");
    }

    private static string UrlOf(string project, string address, string version, PyPiFile file) =>
        $"{address}simple/{project}/{Uri.EscapeDataString(version)}/{Uri.EscapeDataString(file.Name)}";

    private static byte[] Json(string project, string address, KeyValuePair<string, PyPiManifest>[] versions)
    {
        using var output = new MemoryStream();
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("meta");
            writer.WriteString("api-version", Version);
            writer.WriteEndObject();
            writer.WriteString("name", project);
            writer.WriteStartArray("versions");
            foreach (var (version, _) in versions)
            {
                writer.WriteStringValue(version);
            }

            writer.WriteEndArray();
            writer.WriteStartArray("files");
            foreach (var (version, manifest) in versions)
            {
                foreach (var file in manifest.Files)
                {
                    WriteFile(writer, UrlOf(project, address, version, file), file);
                }
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return output.ToArray();
    }

    private static void WriteFile(Utf8JsonWriter writer, string url, PyPiFile file)
    {
        writer.WriteStartObject();
        writer.WriteString("filename", file.Name);
        writer.WriteString("url", url);
        WriteHashes(writer, "hashes", file.Sha256);
        if (file.RequiresPython is { } python)
        {
            writer.WriteString("requires-python", python);
        }

        if (file.Size is { } size)
        {
            writer.WriteNumber("size", size);
        }

        if (file.UploadTime is { } time)
        {
            writer.WriteString("upload-time", time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
        }

        if (file.MetadataSha256 is { } metadata)
        {
            WriteHashes(writer, "core-metadata", metadata);
            // PEP 714: older clients know the first name alone.
            WriteHashes(writer, "data-dist-info-metadata", metadata);
        }

        switch (file.Yanked)
        {
            case null:
                writer.WriteBoolean("yanked", false);
                break;
            case "":
                writer.WriteBoolean("yanked", true);
                break;
            default:
                writer.WriteString("yanked", file.Yanked);
                break;
        }

        writer.WriteEndObject();
    }

    private static void WriteHashes(Utf8JsonWriter writer, string name, string sha256)
    {
        writer.WriteStartObject(name);
        writer.WriteString("sha256", sha256);
        writer.WriteEndObject();
    }

    private static byte[] Html(string project, string address, KeyValuePair<string, PyPiManifest>[] versions)
    {
        var page = new StringBuilder("<!DOCTYPE html>\n<html>\n<head>\n<meta name=\"pypi:repository-version\" content=\"").Append(Version)
            .Append("\">\n<title>Links for ").Append(WebUtility.HtmlEncode(project)).Append("</title>\n</head>\n<body>\n");
        foreach (var (version, manifest) in versions)
        {
            foreach (var file in manifest.Files)
            {
                page.Append("<a href=\"").Append(WebUtility.HtmlEncode(UrlOf(project, address, version, file))).Append("#sha256=").Append(file.Sha256).Append('"');
                Attribute(page, "data-requires-python", file.RequiresPython);
                Attribute(page, "data-yanked", file.Yanked);
                var metadata = file.MetadataSha256 is { } sha256 ? $"sha256={sha256}" : null;
                Attribute(page, "data-core-metadata", metadata);
                Attribute(page, "data-dist-info-metadata", metadata);
                page.Append('>').Append(WebUtility.HtmlEncode(file.Name)).Append("</a><br>\n");
            }
        }

        return Encoding.UTF8.GetBytes(page.Append("</body>\n</html>\n").ToString());
    }

    private static void Attribute(StringBuilder page, string name, string? value)
    {
        if (value is not null)
        {
            page.Append(' ').Append(name).Append("=\"").Append(WebUtility.HtmlEncode(value)).Append('"');
        }
    }
}
