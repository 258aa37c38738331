using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Granary.Formats.Npm;

/// <summary>
/// Copies a version's manifest into a listing, slice by slice: everything as its publisher wrote it, but for the address
/// of the tarball, which is always ours.
/// </summary>
internal static class NpmListedManifest
{
    // What npm's own registry keeps in its abbreviated form (its package-metadata document), and the libc field beside cpu and os.
    private static readonly byte[][] Abbreviated =
    [
        .. new[]
        {
            "name", "version", "deprecated", "dependencies", "optionalDependencies", "devDependencies", "bundleDependencies",
            "bundledDependencies", "peerDependencies", "peerDependenciesMeta", "acceptDependencies", "bin", "directories", "engines",
            "cpu", "os", "libc", "funding", "hasInstallScript", "_hasShrinkwrap",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    /// <summary>Writes the manifest as one JSON object.</summary>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> manifest, string tarball, bool abbreviated)
    {
        output.Write("{\"dist\":{\"tarball\":\""u8);
        output.Write(JsonEncodedText.Encode(tarball, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes);
        output.Write("\""u8);
        WriteDist(output, manifest);
        output.Write("}"u8);

        var json = new Utf8JsonReader(manifest);
        json.Read();
        var hasInstallScript = false;
        var saidInstallScript = false;
        while (json.Read() && json.TokenType is JsonTokenType.PropertyName)
        {
            var start = (int)json.TokenStartIndex;
            var isDist = json.NameIs("dist"u8);
            saidInstallScript |= json.NameIs("hasInstallScript"u8);
            var wanted = !isDist && (!abbreviated || IsAbbreviated(ref json));
            if (json.NameIs("scripts"u8))
            {
                hasInstallScript = ReadScripts(ref json);
            }
            else
            {
                json.Read();
                json.Skip();
            }

            if (wanted)
            {
                output.Write(","u8);
                output.Write(manifest[start..(int)json.BytesConsumed]);
            }
        }

        if (hasInstallScript && !saidInstallScript)
        {
            output.Write(",\"hasInstallScript\":true"u8);
        }

        output.Write("}"u8);
    }

    /// <summary>Copies one member of a manifest with its name, if the manifest has it.</summary>
    public static void WriteMember(IBufferWriter<byte> output, ReadOnlySpan<byte> manifest, ReadOnlySpan<byte> name)
    {
        var json = new Utf8JsonReader(manifest);
        json.Read();
        while (json.Read() && json.TokenType is JsonTokenType.PropertyName)
        {
            var start = (int)json.TokenStartIndex;
            var found = json.NameIs(name);
            json.Read();
            json.Skip();
            if (found)
            {
                output.Write(","u8);
                output.Write(manifest[start..(int)json.BytesConsumed]);
                return;
            }
        }
    }

    private static void WriteDist(IBufferWriter<byte> output, ReadOnlySpan<byte> manifest)
    {
        var dist = FindDist(manifest);
        var json = new Utf8JsonReader(dist);
        if (!json.Read() || json.TokenType is not JsonTokenType.StartObject)
        {
            return;
        }

        while (json.Read() && json.TokenType is JsonTokenType.PropertyName)
        {
            var start = (int)json.TokenStartIndex;
            var isTarball = json.NameIs("tarball"u8);
            json.Read();
            json.Skip();
            if (!isTarball)
            {
                output.Write(","u8);
                output.Write(dist[start..(int)json.BytesConsumed]);
            }
        }
    }

    /// <summary>Of several the last, as every parser reads it, the one that verifies downloads included.</summary>
    private static ReadOnlySpan<byte> FindDist(ReadOnlySpan<byte> manifest)
    {
        var found = "null"u8;
        var json = new Utf8JsonReader(manifest);
        json.Read();
        while (json.Read() && json.TokenType is JsonTokenType.PropertyName)
        {
            var isDist = json.NameIs("dist"u8);
            json.Read();
            var start = (int)json.TokenStartIndex;
            json.Skip();
            if (isDist)
            {
                found = manifest[start..(int)json.BytesConsumed];
            }
        }

        return found;
    }

    private static bool IsAbbreviated(ref Utf8JsonReader json)
    {
        foreach (var name in Abbreviated)
        {
            if (json.NameIs(name))
            {
                return true;
            }
        }

        return false;
    }

    private static bool ReadScripts(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType is not JsonTokenType.StartObject)
        {
            json.Skip();
            return false;
        }

        var found = false;
        while (json.Read() && json.TokenType is JsonTokenType.PropertyName)
        {
            found |= json.NameIs("install"u8) || json.NameIs("preinstall"u8) || json.NameIs("postinstall"u8);
            json.Read();
            json.Skip();
        }

        return found;
    }
}
