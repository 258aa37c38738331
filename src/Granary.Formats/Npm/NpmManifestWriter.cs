using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Granary.Formats.Npm;

/// <summary>Writes the manifest that is stored with a published version.</summary>
internal static class NpmManifestWriter
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static ReadOnlyMemory<byte> Write(NpmName name, string version, JsonElement manifest, NpmTarballContent tarball, NpmDigests digests)
    {
        var output = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(output, Options);
        writer.WriteStartObject();
        writer.WriteString("name", name.Full);
        writer.WriteString("version", version);
        foreach (var member in manifest.EnumerateObject())
        {
            if (!IsOurs(member.Name))
            {
                Copy(writer, member);
            }
        }

        writer.WriteString("_id", $"{name.Full}@{version}");
        // The script that npm adds for a *.gyp file may stand in the document alone.
        Flag(writer, "hasInstallScript", tarball.HasInstallScript || NpmInstallScripts.Of(manifest).Count > 0);
        Flag(writer, "_hasShrinkwrap", tarball.HasShrinkwrap);
        writer.WriteStartObject("dist");
        writer.WriteString("integrity", NpmDist.Integrity(digests));
        writer.WriteString("shasum", digests.Sha1);
        writer.WriteNumber("fileCount", tarball.FileCount);
        writer.WriteNumber("unpackedSize", tarball.UnpackedSize);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return output.WrittenMemory;
    }

    // Written here from what was verified; the deprecation is state that changes later; the last two are paths on the publisher's machine.
    private static bool IsOurs(string member) =>
        member is "name" or "version" or "_id" or "dist" or "hasInstallScript" or "_hasShrinkwrap" or "readme" or "deprecated" or "_resolved" or "_from";

    private static void Copy(Utf8JsonWriter writer, JsonProperty member)
    {
        // A client that merges objects would change every object it has.
        if (member.Name == "__proto__")
        {
            return;
        }

        writer.WritePropertyName(member.Name);
        Copy(writer, member.Value);
    }

    private static void Copy(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    Copy(writer, member);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var element in value.EnumerateArray())
                {
                    Copy(writer, element);
                }

                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private static void Flag(Utf8JsonWriter writer, string name, bool value)
    {
        if (value)
        {
            writer.WriteBoolean(name, true);
        }
    }
}
