using System.Globalization;
using System.Text;
using System.Xml;
using Granary.Core.Assets;
using Granary.Core.Packages;

namespace Granary.Formats.Maven;

/// <summary>A <c>maven-metadata.xml</c> as finished bytes, with the digests that clients ask for beside it.</summary>
internal sealed record MavenListing(ReadOnlyMemory<byte> Bytes, Digests Digests)
{
    public string ETag { get; } = $"\"{Digests.Sha256Hex}\"";

    /// <summary>Bytes of memory that keeping it takes.</summary>
    public long Size => Bytes.Length + 512;

    /// <summary>The listing of an artifact's versions.</summary>
    /// <param name="versions">With when each was published, where that is known. Not empty.</param>
    public static MavenListing OfArtifact(PackageCoordinate package, IEnumerable<KeyValuePair<string, DateTimeOffset?>> versions)
    {
        // Two spellings can be one version to Maven: then the order of their texts, so that a listing depends on nothing else.
        var ordered = versions.OrderBy(v => v.Key, MavenVersionOrder.Instance).ThenBy(v => v.Key, StringComparer.Ordinal).ToList();
        var release = ordered.FindLast(v => !MavenSnapshot.IsFolder(v.Key)).Key;
        return Write(package, null, xml =>
        {
            xml.WriteElementString("latest", ordered[^1].Key);
            if (release is not null)
            {
                xml.WriteElementString("release", release);
            }

            xml.WriteStartElement("versions");
            foreach (var (version, _) in ordered)
            {
                xml.WriteElementString("version", version);
            }

            xml.WriteEndElement();
            if (ordered.Max(v => v.Value) is { } updated)
            {
                xml.WriteElementString("lastUpdated", updated.UtcDateTime.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture));
            }
        });
    }

    /// <summary>The listing of a snapshot's newest build and its files.</summary>
    public static MavenListing OfSnapshot(PackageCoordinate package, MavenSnapshot build, IEnumerable<string> files) =>
        Write(package, build.Folder, xml =>
        {
            xml.WriteStartElement("snapshot");
            xml.WriteElementString("timestamp", build.Timestamp);
            xml.WriteElementString("buildNumber", build.Number);
            xml.WriteEndElement();
            xml.WriteElementString("lastUpdated", build.Updated);
            xml.WriteStartElement("snapshotVersions");
            foreach (var file in files.Order(StringComparer.Ordinal))
            {
                WriteFile(xml, package, build, file);
            }

            xml.WriteEndElement();
        });

    private static MavenListing Write(PackageCoordinate package, string? version, Action<XmlWriter> versioning)
    {
        using var output = new MemoryStream();
        using (var xml = XmlWriter.Create(output, new XmlWriterSettings { Encoding = new UTF8Encoding(false), Indent = true, NewLineChars = "\n" }))
        {
            xml.WriteStartElement("metadata");
            if (version is not null)
            {
                // Which of the two forms of a snapshot's listing it is: without it clients ignore the files.
                xml.WriteAttributeString("modelVersion", "1.1.0");
            }

            xml.WriteElementString("groupId", package.Namespace);
            xml.WriteElementString("artifactId", package.Name);
            if (version is not null)
            {
                xml.WriteElementString("version", version);
            }

            xml.WriteStartElement("versioning");
            versioning(xml);
            xml.WriteEndElement();
            xml.WriteEndElement();
        }

        using var digester = new Digester();
        digester.Append(output.GetBuffer().AsSpan(0, (int)output.Length));
        return new MavenListing(output.ToArray(), digester.Finish());
    }

    /// <summary>A file's classifier, between the version and the first dot, and its extension, which may have dots.</summary>
    private static void WriteFile(XmlWriter xml, PackageCoordinate package, MavenSnapshot build, string file)
    {
        var start = $"{package.Name}-{build.Version}";
        if (!file.StartsWith(start, StringComparison.Ordinal))
        {
            return;
        }

        var rest = file[start.Length..];
        var dot = rest.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0)
        {
            return;
        }

        xml.WriteStartElement("snapshotVersion");
        if (dot > 1)
        {
            xml.WriteElementString("classifier", rest[1..dot]);
        }

        xml.WriteElementString("extension", rest[(dot + 1)..]);
        xml.WriteElementString("value", build.Version);
        xml.WriteElementString("updated", build.Updated);
        xml.WriteEndElement();
    }
}
