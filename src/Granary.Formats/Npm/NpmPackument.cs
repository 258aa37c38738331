using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Granary.Core.Packages;

namespace Granary.Formats.Npm;

/// <summary>One version of a listing: its manifest as stored or as the source wrote it, and when it was published.</summary>
internal readonly record struct NpmListedVersion(ReadOnlyMemory<byte> Manifest, DateTimeOffset? PublishedAt);

/// <summary>Which of the four renderings of a package is meant.</summary>
internal readonly record struct NpmForm(bool Abbreviated, bool Gzip);

/// <summary>What npm's clients list a package by.</summary>
internal static class NpmPackument
{
    /// <param name="address">The repository's address as clients see it, with a trailing slash.</param>
    /// <param name="versions">Not empty.</param>
    public static RenderedDocument Render(
        PackageCoordinate package, string address, IReadOnlyDictionary<string, NpmListedVersion> versions, IReadOnlyDictionary<string, string> tags, NpmForm form)
    {
        var name = NpmFormat.Spell(package);
        var ordered = versions.OrderBy(v => v.Key, NpmVersionOrder.Instance).ToArray();
        var latest = Latest(ordered, tags);
        var output = new ArrayBufferWriter<byte>(64 * 1024 + Room(versions, form));
        output.Write("{\"_id\":"u8);
        WriteString(output, name);
        output.Write(",\"name\":"u8);
        WriteString(output, name);
        WriteTags(output, versions, tags, latest);
        WriteVersions(output, package, name, address, ordered, form.Abbreviated);
        WriteTimes(output, ordered, form.Abbreviated);
        if (!form.Abbreviated)
        {
            WriteFromLatest(output, versions[latest].Manifest.Span);
        }

        output.Write("}"u8);
        return RenderedDocument.Of(output, form.Gzip);
    }

    private static int Room(IReadOnlyDictionary<string, NpmListedVersion> versions, NpmForm form)
    {
        // Manifests are copied almost whole into the full form; growing to a size that is known would double the memory.
        var sum = versions.Values.Sum(v => (long)v.Manifest.Length + 256);
        return (int)Math.Min(form.Abbreviated ? sum / 2 : sum, 128 << 20);
    }

    /// <summary>
    /// The tag <c>latest</c>, which every client needs: where it is not set or points to nothing that is listed, the version that was published
    /// last, as in the control plane.
    /// </summary>
    private static string Latest(KeyValuePair<string, NpmListedVersion>[] ordered, IReadOnlyDictionary<string, string> tags)
    {
        if (tags.TryGetValue("latest", out var tagged) && Array.Exists(ordered, v => v.Key == tagged))
        {
            return tagged;
        }

        // Where no times are known, a release rather than what comes before one.
        return ordered.Index()
            .MaxBy(v => (v.Item.Value.PublishedAt ?? DateTimeOffset.MinValue, !NpmVersion.IsPrerelease(v.Item.Key), v.Index))
            .Item.Key;
    }

    private static void WriteTags(
        ArrayBufferWriter<byte> output, IReadOnlyDictionary<string, NpmListedVersion> versions, IReadOnlyDictionary<string, string> tags, string latest)
    {
        output.Write(",\"dist-tags\":{\"latest\":"u8);
        WriteString(output, latest);
        foreach (var (tag, version) in tags)
        {
            if (tag != "latest" && versions.ContainsKey(version))
            {
                output.Write(","u8);
                WriteString(output, tag);
                output.Write(":"u8);
                WriteString(output, version);
            }
        }

        output.Write("}"u8);
    }

    private static void WriteVersions(
        ArrayBufferWriter<byte> output, PackageCoordinate package, string name, string address, KeyValuePair<string, NpmListedVersion>[] ordered, bool abbreviated)
    {
        var separator = ",\"versions\":{"u8;
        foreach (var (version, listed) in ordered)
        {
            output.Write(separator);
            separator = ","u8;
            WriteString(output, version);
            output.Write(":"u8);
            var tarball = $"{address}{name}/-/{package.Name}-{Uri.EscapeDataString(version)}.tgz";
            NpmListedManifest.Write(output, listed.Manifest.Span, tarball, abbreviated);
        }

        output.Write("}"u8);
    }

    private static void WriteTimes(ArrayBufferWriter<byte> output, KeyValuePair<string, NpmListedVersion>[] ordered, bool abbreviated)
    {
        var times = ordered.Where(v => v.Value.PublishedAt is not null).Select(v => v.Value.PublishedAt!.Value).ToArray();
        if (times.Length == 0)
        {
            return;
        }

        var modified = Time(times.Max());
        if (abbreviated)
        {
            output.Write(",\"modified\":"u8);
            WriteString(output, modified);
        }

        output.Write(",\"time\":{\"created\":"u8);
        WriteString(output, Time(times.Min()));
        output.Write(",\"modified\":"u8);
        WriteString(output, modified);
        foreach (var (version, listed) in ordered)
        {
            if (listed.PublishedAt is { } time)
            {
                output.Write(","u8);
                WriteString(output, version);
                output.Write(":"u8);
                WriteString(output, Time(time));
            }
        }

        output.Write("}"u8);
    }

    private static void WriteFromLatest(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> manifest)
    {
        NpmListedManifest.WriteMember(output, manifest, "description"u8);
        NpmListedManifest.WriteMember(output, manifest, "homepage"u8);
        NpmListedManifest.WriteMember(output, manifest, "keywords"u8);
        NpmListedManifest.WriteMember(output, manifest, "repository"u8);
        NpmListedManifest.WriteMember(output, manifest, "author"u8);
        NpmListedManifest.WriteMember(output, manifest, "bugs"u8);
        NpmListedManifest.WriteMember(output, manifest, "license"u8);
        NpmListedManifest.WriteMember(output, manifest, "maintainers"u8);
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static void WriteString(ArrayBufferWriter<byte> output, string text)
    {
        output.Write("\""u8);
        output.Write(JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes);
        output.Write("\""u8);
    }
}
