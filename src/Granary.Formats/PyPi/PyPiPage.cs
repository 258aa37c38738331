using System.IO.Compression;
using System.Security.Cryptography;

namespace Granary.Formats.PyPi;

/// <summary>Which document of a project: its page of the Simple API in one of two forms, or what the JSON API tells of it.</summary>
internal enum PyPiView
{
    Html,
    Json,
    Project,
}

/// <summary>Which rendering of a project is meant.</summary>
internal readonly record struct PyPiPageForm(PyPiView View, bool Gzip);

/// <summary>A project's document as finished bytes in one encoding. The entity tags are strong, one for each encoding of the same content.</summary>
internal sealed record PyPiPage(ReadOnlyMemory<byte> Bytes, bool IsGzip, string ETag, string OtherETag)
{
    // As packuments are: beyond it the time grows more than the bytes shrink.
    private static readonly ZLibCompressionOptions Compression = new() { CompressionLevel = 4 };

    /// <summary>Bytes of memory that keeping it takes.</summary>
    public long Size => Bytes.Length + 512;

    /// <param name="project">Normalised.</param>
    /// <param name="address">The repository's address as clients see it, with a trailing slash.</param>
    /// <param name="versions">Not empty.</param>
    public static PyPiPage Render(string project, string address, IReadOnlyDictionary<string, PyPiManifest> versions, PyPiPageForm form)
    {
        var ordered = versions.OrderBy(v => v.Key, PyPiVersionOrder.Instance).ThenBy(v => v.Key, StringComparer.Ordinal).ToArray();
        return Finish(
            form.View switch
            {
                PyPiView.Html => PyPiSimple.Html(project, address, ordered),
                PyPiView.Json => PyPiSimple.Json(project, address, ordered),
                _ => PyPiProject.Json(project, address, ordered),
            },
            form.Gzip);
    }

    /// <summary>Where a file is to be had.</summary>
    public static string UrlOf(string project, string address, string version, PyPiFile file) =>
        $"{address}simple/{project}/{Uri.EscapeDataString(version)}/{Uri.EscapeDataString(file.Name)}";

    private static PyPiPage Finish(byte[] plain, bool gzip)
    {
        var tag = Convert.ToHexStringLower(SHA256.HashData(plain).AsSpan(0, 16));
        var (plainTag, gzipTag) = ($"\"{tag}\"", $"\"{tag}-gzip\"");
        if (!gzip)
        {
            return new PyPiPage(plain, false, plainTag, gzipTag);
        }

        using var compressed = new MemoryStream(plain.Length / 6);
        using (var stream = new GZipStream(compressed, Compression, leaveOpen: true))
        {
            stream.Write(plain);
        }

        return new PyPiPage(compressed.ToArray(), true, gzipTag, plainTag);
    }
}
