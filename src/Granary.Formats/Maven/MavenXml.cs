using System.Text;
using System.Xml;
using System.Xml.Linq;
using Granary.Core;

namespace Granary.Formats.Maven;

/// <summary>
/// Reads POMs and metadata: XML without a document type, in an encoding that can be read in one way only, within limits of size and depth.
/// Nothing is ever fetched for it.
/// </summary>
internal static class MavenXml
{
    /// <summary>Bytes. The largest POMs of public sources have a few hundred thousand.</summary>
    public const int MaxBytes = 4 << 20;

    // Nothing that is known to build has a tenth of them.
    private const int MaxDepth = 200;
    private const int MaxElements = 200_000;

    private static readonly UTF8Encoding strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly XmlReaderSettings settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true, IgnoreProcessingInstructions = true, MaxCharactersInDocument = MaxBytes,
    };

    /// <summary>The root element.</summary>
    /// <param name="what">What the document is, for the refusal.</param>
    /// <exception cref="Refusal">Validation: the document cannot be read, or its root has another name.</exception>
    public static XElement Read(ReadOnlySpan<byte> document, string root, string what)
    {
        if (document.Length > MaxBytes)
        {
            throw Broken(what, $"it has more than {MaxBytes >> 20} MiB");
        }

        var text = Decode(document, what);
        try
        {
            DemandShallow(text, what);
            using var reader = XmlReader.Create(new StringReader(text), settings);
            var element = XDocument.Load(reader).Root!;
            return element.Name.LocalName == root ? element : throw Broken(what, $"its root element is {element.Name.LocalName} and not {root}");
        }
        catch (XmlException fault)
        {
            throw Broken(what, text.Contains("<!DOCTYPE", StringComparison.OrdinalIgnoreCase) ? "it has a document type (DOCTYPE), which is not read; take it out" : fault.Message.TrimEnd('.'));
        }
    }

    /// <summary>Children of the document's own vocabulary: what has another namespace says nothing to Maven.</summary>
    public static IEnumerable<XElement> Children(this XElement? parent, string name) =>
        parent?.Elements(parent.Name.Namespace + name) ?? [];

    public static XElement? Child(this XElement? parent, string name) => parent.Children(name).FirstOrDefault();

    /// <summary>The text of a child without white space around it; null where there is none.</summary>
    public static string? Text(this XElement? parent, string name) => parent.Child(name)?.Value.Trim() is { Length: > 0 } text ? text : null;

    private static void DemandShallow(string text, string what)
    {
        using var reader = XmlReader.Create(new StringReader(text), settings);
        var elements = 0;
        while (reader.Read())
        {
            if (reader.Depth > MaxDepth)
            {
                throw Broken(what, $"its elements lie more than {MaxDepth} levels deep");
            }

            if (reader.NodeType is XmlNodeType.Element && ++elements > MaxElements)
            {
                throw Broken(what, $"it has more than {MaxElements:N0} elements");
            }
        }
    }

    private static string Decode(ReadOnlySpan<byte> document, string what)
    {
        // Whatever has a NUL, or another byte order mark than UTF-8's, is read in two ways by two readers.
        if (document.Contains((byte)0) || document is [0xFE, 0xFF, ..] or [0xFF, 0xFE, ..])
        {
            throw Broken(what, "it is in UTF-16 or UTF-32; write it in UTF-8");
        }

        var hasMark = document.StartsWith("\uFEFF"u8);
        var bare = hasMark ? document[3..] : document;
        var declared = DeclaredEncoding(bare);
        try
        {
            return declared switch
            {
                null or "UTF-8" or "UTF8" or "US-ASCII" or "ASCII" => strictUtf8.GetString(bare),
                "ISO-8859-1" or "LATIN1" or "ISO8859-1" or "ISO_8859-1" when !hasMark => Encoding.Latin1.GetString(bare),
                _ => throw Broken(what, $"it is in {declared}; write it in UTF-8"),
            };
        }
        catch (DecoderFallbackException)
        {
            throw Broken(what, "it is not in UTF-8, as it says or as XML is unless it says otherwise");
        }
    }

    /// <summary>What the XML declaration says, in capitals; null where it says nothing.</summary>
    private static string? DeclaredEncoding(ReadOnlySpan<byte> document)
    {
        var end = document.IndexOf("?>"u8);
        if (!document.StartsWith("<?xml"u8) || end < 0)
        {
            return null;
        }

        var declaration = Encoding.Latin1.GetString(document[..Math.Min(end, 1024)]);
        var at = declaration.IndexOf("encoding", StringComparison.Ordinal);
        var parts = at < 0 ? [] : declaration[at..].Split('"', '\'');
        return parts.Length > 1 ? parts[1].ToUpperInvariant() : null;
    }

    private static Refusal Broken(string what, string why) => Refusal.Validation($"{what} cannot be read: {why}.", "CANNOT_PARSE");
}
