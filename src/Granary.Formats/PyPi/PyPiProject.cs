using System.Globalization;
using System.Text.Json;

namespace Granary.Formats.PyPi;

/// <summary>
/// What the JSON API tells of a project: its newest version, and the files of all. The description is not in it, because listings
/// are made without readmes; the control plane has them.
/// </summary>
internal static class PyPiProject
{
    public static byte[] Json(string project, string address, KeyValuePair<string, PyPiManifest>[] versions)
    {
        var (newest, manifest) = Newest(versions);
        using var output = new MemoryStream();
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            WriteInfo(writer, project, address, newest, manifest);
            writer.WriteStartObject("releases");
            foreach (var (version, of) in versions)
            {
                WriteFiles(writer, version, of, project, address, version);
            }

            writer.WriteEndObject();
            WriteFiles(writer, "urls", manifest, project, address, newest);
            writer.WriteStartArray("vulnerabilities");
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return output.ToArray();
    }

    /// <summary>As pip chooses: no pre-release where there is anything else, and nothing that was yanked.</summary>
    private static KeyValuePair<string, PyPiManifest> Newest(KeyValuePair<string, PyPiManifest>[] versions) =>
        versions.Index().MaxBy(v => (!IsYanked(v.Item.Value), !PyPiVersion.IsPrerelease(v.Item.Key), v.Index)).Item;

    private static bool IsYanked(PyPiManifest manifest) => manifest.Files.All(file => file.Yanked is not null);

    private static void WriteInfo(Utf8JsonWriter writer, string project, string address, string version, PyPiManifest manifest)
    {
        writer.WriteStartObject("info");
        writer.WriteString("name", manifest.Name);
        writer.WriteString("version", version);
        writer.WriteString("summary", manifest.Summary);
        writer.WriteString("home_page", manifest.HomePage);
        writer.WriteString("license", manifest.License);
        writer.WriteString("author", manifest.Author);
        writer.WriteString("author_email", manifest.AuthorEmail);
        writer.WriteString("keywords", manifest.Keywords);
        WriteTexts(writer, "classifiers", manifest.Classifiers ?? []);
        WriteTexts(writer, "requires_dist", manifest.RequiresDist ?? []);
        writer.WriteString("requires_python", manifest.Files.Select(file => file.RequiresPython).FirstOrDefault(python => python is not null));
        WriteUrls(writer, manifest.ProjectUrls ?? []);
        writer.WriteString("package_url", $"{address}simple/{project}/");
        writer.WriteBoolean("yanked", IsYanked(manifest));
        writer.WriteString("yanked_reason", manifest.Files.Select(file => file.Yanked).FirstOrDefault(reason => reason is { Length: > 0 }));
        writer.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter writer, string name, IReadOnlyList<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (var text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }

    private static void WriteUrls(Utf8JsonWriter writer, IReadOnlyList<string> urls)
    {
        var labels = new HashSet<string>(StringComparer.Ordinal);
        writer.WriteStartObject("project_urls");
        foreach (var url in urls)
        {
            if (url.Split(',', 2) is [var label, var target] && labels.Add(label.Trim()))
            {
                writer.WriteString(label.Trim(), target.Trim());
            }
        }

        writer.WriteEndObject();
    }

    private static void WriteFiles(Utf8JsonWriter writer, string name, PyPiManifest manifest, string project, string address, string version)
    {
        writer.WriteStartArray(name);
        foreach (var file in manifest.Files)
        {
            var isWheel = file.Name.EndsWith(".whl", StringComparison.Ordinal);
            writer.WriteStartObject();
            writer.WriteString("filename", file.Name);
            writer.WriteString("url", PyPiPage.UrlOf(project, address, version, file));
            writer.WriteString("packagetype", isWheel ? "bdist_wheel" : "sdist");
            writer.WriteString("python_version", isWheel ? file.Name.Split('-')[^3] : "source");
            writer.WriteString("requires_python", file.RequiresPython);
            writer.WriteStartObject("digests");
            writer.WriteString("sha256", file.Sha256);
            writer.WriteEndObject();
            if (file.Size is { } size)
            {
                writer.WriteNumber("size", size);
            }

            if (file.UploadTime is { } time)
            {
                writer.WriteString("upload_time", time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture));
                writer.WriteString("upload_time_iso_8601", PyPiSimple.Time(time));
            }

            writer.WriteBoolean("yanked", file.Yanked is not null);
            writer.WriteString("yanked_reason", file.Yanked is { Length: > 0 } reason ? reason : null);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
