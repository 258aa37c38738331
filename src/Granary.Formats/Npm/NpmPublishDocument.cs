using System.IO.Pipelines;
using System.Text.Json;
using Granary.Core;

namespace Granary.Formats.Npm;

/// <summary>How much of a publish body the server takes.</summary>
public sealed record NpmPublishLimits
{
    public static NpmPublishLimits Default { get; } = Of(new Quotas());

    /// <summary>The tarball, decoded, in bytes.</summary>
    public required long TarballBytes { get; init; }

    /// <summary>The setting that raises <see cref="TarballBytes"/>.</summary>
    public string TarballSetting { get; init; } = Quotas.Key(nameof(Quotas.AssetSize));

    /// <summary>The tarball is an asset, and as base64, four bytes for three, it has to fit into the request.</summary>
    public static NpmPublishLimits Of(Quotas quotas) => quotas.PublishRequestSize / 4 * 3 < quotas.AssetSize
        ? new() { TarballBytes = quotas.PublishRequestSize / 4 * 3, TarballSetting = Quotas.Key(nameof(Quotas.PublishRequestSize)) }
        : new() { TarballBytes = quotas.AssetSize };

    /// <summary>Everything in the document but the tarball, in bytes; held in memory.</summary>
    public int MetadataBytes { get; init; } = 16 << 20;
}

/// <summary>The tarball's entry in <c>_attachments</c>; its bytes went to the sink.</summary>
public sealed record NpmAttachment(string FileName, string? ContentType, long Length);

/// <summary>
/// The body of <c>PUT /{package}</c>: what npm sends to publish a version, and, without an attachment, to deprecate or to change a document that
/// it read before. The tarball streams through, whatever its size; the rest is a JSON object without duplicate names.
/// </summary>
public sealed class NpmPublishDocument
{
    internal const string ProvenanceExtension = ".sigstore";

    private NpmPublishDocument(JsonElement root, NpmAttachment? attachment, NpmAttachment? provenance)
    {
        Root = root;
        Attachment = attachment;
        Provenance = provenance;
    }

    /// <summary>The document; the tarball's data reads as an empty string.</summary>
    public JsonElement Root { get; }

    /// <summary>The tarball, or null where the document brings none.</summary>
    public NpmAttachment? Attachment { get; }

    /// <summary>The proof of origin (a sigstore bundle, as text in <see cref="Root"/>) that <c>npm publish --provenance</c> attaches.</summary>
    public NpmAttachment? Provenance { get; }

    /// <summary>Reads the body to its end. What the sink received is worthless if this throws.</summary>
    /// <param name="body">The request's body; read to its end, and not completed.</param>
    /// <param name="sink">Takes the tarball's bytes in order, at most 48 KiB at a time; the memory is reused after it returns.</param>
    /// <param name="limits">The limits, or null for the default ones.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="Refusal">
    /// Validation: not JSON, ambiguous, nested deeper than 64, not base64, a wrong length, or more than one tarball. TooLarge: past a limit.
    /// </exception>
    public static async Task<NpmPublishDocument> ReadAsync(
        PipeReader body,
        Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> sink,
        NpmPublishLimits? limits = null,
        CancellationToken cancellation = default)
    {
        limits ??= NpmPublishLimits.Default;
        var data = new NpmBase64(sink, limits);
        var scanner = new NpmAttachmentScanner(data, limits.MetadataBytes);
        while (true)
        {
            var read = await body.ReadAsync(cancellation);
            try
            {
                foreach (var piece in read.Buffer)
                {
                    await scanner.ScanAsync(piece, cancellation);
                }
            }
            finally
            {
                // Also where it is refused: the server reads the rest away before it answers.
                body.AdvanceTo(read.Buffer.End);
            }

            if (read.IsCompleted)
            {
                break;
            }
        }

        var root = NpmJsonDocument.Parse(scanner.Metadata, "The publish document", strict: true);
        var (attachment, provenance) = Attachments(root, scanner.DataOf, data.Decoded);
        return new NpmPublishDocument(root, attachment, provenance);
    }

    private static (NpmAttachment? Tarball, NpmAttachment? Provenance) Attachments(JsonElement root, string? dataOf, long decoded)
    {
        if (!root.TryGetProperty("_attachments", out var attachments) || attachments.ValueKind == JsonValueKind.Null)
        {
            return default;
        }

        if (attachments.ValueKind != JsonValueKind.Object)
        {
            throw Refusal.Validation("The publish document's _attachments is not an object.");
        }

        NpmAttachment? tarball = null;
        NpmAttachment? provenance = null;
        foreach (var member in attachments.EnumerateObject())
        {
            var isProvenance = member.Name.EndsWith(ProvenanceExtension, StringComparison.Ordinal);
            if ((isProvenance ? provenance : tarball) is not null)
            {
                throw Refusal.Validation("The publish document has more than one tarball: publish one version at a time.");
            }

            if (isProvenance)
            {
                provenance = Read(member, null);
            }
            else
            {
                tarball = Read(member, member.Name == dataOf ? decoded : null)
                    ?? throw Refusal.Validation("The publish document's attachment has no data: send the tarball as base64.");
            }
        }

        return (tarball, provenance);
    }

    private static NpmAttachment? Read(JsonProperty member, long? decoded)
    {
        if (member.Value.ValueKind != JsonValueKind.Object
            || !member.Value.TryGetProperty("data", out var data)
            || data.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        // The proof's length counts characters of its text.
        var length = decoded ?? data.GetString()!.Length;
        if (member.Value.TryGetProperty("length", out var declared)
            && (declared.ValueKind != JsonValueKind.Number || !declared.TryGetInt64(out var value) || value != length))
        {
            throw Refusal.Validation($"The attachment's length is not the {length:N0} bytes that its data holds: the upload was cut or changed on its way.");
        }

        var type = member.Value.TryGetProperty("content_type", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
        return new NpmAttachment(member.Name, type, length);
    }
}
