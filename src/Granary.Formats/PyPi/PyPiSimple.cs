using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Granary.Formats.PyPi;

/// <summary>One project's page of the Simple API 1.1 (PEP 503, 629, 691, 700).</summary>
internal static class PyPiSimple
{
    private const string ApiVersion = "1.1";

    public static byte[] Json(string project, string address, KeyValuePair<string, PyPiManifest>[] versions)
    {
        using var output = new MemoryStream();
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("meta");
            writer.WriteString("api-version", ApiVersion);
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
                    WriteFile(writer, PyPiPage.UrlOf(project, address, version, file), file);
                }
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return output.ToArray();
    }

    public static byte[] Html(string project, string address, KeyValuePair<string, PyPiManifest>[] versions)
    {
        var page = new StringBuilder("<!DOCTYPE html>\n<html>\n<head>\n<meta name=\"pypi:repository-version\" content=\"").Append(ApiVersion)
            .Append("\">\n<title>Links for ").Append(WebUtility.HtmlEncode(project)).Append("</title>\n</head>\n<body>\n");
        foreach (var (version, manifest) in versions)
        {
            foreach (var file in manifest.Files)
            {
                page.Append("<a href=\"").Append(WebUtility.HtmlEncode(PyPiPage.UrlOf(project, address, version, file))).Append("#sha256=").Append(file.Sha256).Append('"');
                Attribute(page, "data-requires-python", file.RequiresPython);
                Attribute(page, "data-yanked", file.Yanked);
                // PEP 714: older clients know the second name alone.
                var metadata = file.MetadataSha256 is { } sha256 ? $"sha256={sha256}" : null;
                Attribute(page, "data-core-metadata", metadata);
                Attribute(page, "data-dist-info-metadata", metadata);
                page.Append('>').Append(WebUtility.HtmlEncode(file.Name)).Append("</a><br>\n");
            }
        }

        return Encoding.UTF8.GetBytes(page.Append("</body>\n</html>\n").ToString());
    }

    /// <summary>PEP 700: with microseconds at most, and the zone as Z.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

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
            writer.WriteString("upload-time", Time(time));
        }

        if (file.MetadataSha256 is { } metadata)
        {
            WriteHashes(writer, "core-metadata", metadata);
            WriteHashes(writer, "data-dist-info-metadata", metadata);
        }

        switch (file.Yanked)
        {
            case null or "":
                writer.WriteBoolean("yanked", file.Yanked is not null);
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

    private static void Attribute(StringBuilder page, string name, string? value)
    {
        if (value is not null)
        {
            page.Append(' ').Append(name).Append("=\"").Append(WebUtility.HtmlEncode(value)).Append('"');
        }
    }
}
