using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Granary.Formats.NuGet;

/// <summary>
/// The registration of a package: pages of what is known of each version, oldest first. The pages are in the index itself, until there are so
/// many versions that most of what is sent would never be looked at.
/// </summary>
internal static class NuGetRegistration
{
    // Versions; as the public gallery has it.
    private const int PageSize = 64;
    private const int MostInline = 128;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <param name="ordered">Not empty.</param>
    /// <returns>The index under the empty name, pages under <c>first/last</c>.</returns>
    public static Dictionary<string, RenderedDocument> Render(
        NuGetAddresses addresses, string id, KeyValuePair<string, NuGetListedVersion>[] ordered, bool gzip)
    {
        var documents = new Dictionary<string, RenderedDocument>(StringComparer.Ordinal);
        var isInline = ordered.Length <= MostInline;
        var pages = ordered.Chunk(PageSize).ToList();
        documents.Add("", Document(gzip, json =>
        {
            json.WriteStartObject();
            json.WriteString("@id", addresses.Registration(id));
            json.WriteNumber("count", pages.Count);
            json.WriteStartArray("items");
            foreach (var page in pages)
            {
                WritePage(json, addresses, id, page, isInline, withItems: isInline);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }));
        foreach (var page in isInline ? [] : pages)
        {
            documents.Add($"{page[0].Key}/{page[^1].Key}", Document(gzip, json => WritePage(json, addresses, id, page, isInline: false, withItems: true)));
        }

        return documents;
    }

    /// <summary>What is known of one version, out of a page or an index with its pages; empty where it is not there.</summary>
    public static ReadOnlyMemory<byte> FindLeaf(ReadOnlyMemory<byte> document, string address)
    {
        using var json = JsonDocument.Parse(document);
        return FindLeaf(json.RootElement, address) is { } leaf ? JsonSerializer.SerializeToUtf8Bytes(leaf, NuGetJson.Default.JsonElement) : default;
    }

    private static JsonElement? FindLeaf(JsonElement element, string address)
    {
        if (element.TryGetProperty("catalogEntry", out _))
        {
            return element.GetProperty("@id").ValueEquals(address) ? element : null;
        }

        return element.TryGetProperty("items", out var items)
            ? items.EnumerateArray().Select(i => FindLeaf(i, address)).FirstOrDefault(l => l is not null)
            : null;
    }

    private static RenderedDocument Document(bool gzip, Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>(64 * 1024);
        using (var json = new Utf8JsonWriter(output, Options))
        {
            write(json);
        }

        return RenderedDocument.Of(output, gzip);
    }

    private static void WritePage(
        Utf8JsonWriter json, NuGetAddresses addresses, string id, KeyValuePair<string, NuGetListedVersion>[] page, bool isInline, bool withItems)
    {
        var (first, last) = (page[0].Key, page[^1].Key);
        json.WriteStartObject();
        json.WriteString("@id", isInline ? $"{addresses.Registration(id)}#page/{first}/{last}" : addresses.Page(id, first, last));
        json.WriteNumber("count", page.Length);
        json.WriteString("lower", first);
        json.WriteString("upper", last);
        json.WriteString("parent", addresses.Registration(id));
        if (withItems)
        {
            json.WriteStartArray("items");
            foreach (var (version, listed) in page)
            {
                NuGetLeaf.Write(json, addresses, id, version, listed);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
