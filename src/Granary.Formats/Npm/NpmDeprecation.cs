using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Granary.Core;
using Granary.Core.Events;
using Granary.Core.Packages;
using Microsoft.EntityFrameworkCore;

namespace Granary.Formats.Npm;

/// <summary>
/// <c>npm deprecate</c>: the client reads the packument, sets <c>deprecated</c> in some versions and sends the whole back.
/// Only that member is taken from it, and only for versions that this repository holds.
/// </summary>
internal sealed class NpmDeprecation(ChangeLog log, NpmIndex index)
{
    // npm's own registry takes no longer one.
    private const int LongestMessage = 1024;

    /// <exception cref="Refusal">
    /// Validation: the document has no versions, or is about another package. NotFound: the package, or a version whose message is
    /// to change, is not in this repository.
    /// </exception>
    public async Task ApplyAsync(RepositoryRequest request, JsonElement document, CancellationToken cancellation)
    {
        if (!document.TryGetProperty("versions", out var versions) || versions.ValueKind is not JsonValueKind.Object)
        {
            throw Refusal.Validation("The document has neither a tarball to publish nor versions to change.");
        }

        DemandSame(request, document, "name");
        DemandSame(request, document, "_id");
        var wanted = versions.EnumerateObject().ToDictionary(v => v.Name, v => Message(v.Value));
        var listing = await index.GetAsync(request, request.RequiredPackage, default, cancellation);
        var shown = listing is null ? [] : NpmDocument.Read(listing.Rendered.Bytes).Versions;
        await log.WriteAsync(request.Domain.Id, request.Actor, transaction => WriteAsync(transaction, request, wanted, shown), cancellation);
    }

    private static void DemandSame(RepositoryRequest request, JsonElement document, string member)
    {
        var name = NpmFormat.Spell(request.RequiredPackage);
        if (document.TryGetProperty(member, out _) && NpmJsonDocument.Text(document, member) is var said && said != name)
        {
            throw Refusal.Validation($"The document's {member} is not {name}, the package in the address.");
        }
    }

    private static string? Message(JsonElement manifest) => NpmJsonDocument.Text(manifest, "deprecated") switch
    {
        { Length: > LongestMessage } => throw Refusal.Validation($"The deprecation message is longer than {LongestMessage} characters: shorten it."),
        { Length: > 0 } message => message,
        _ => null,
    };

    private static async Task<bool> WriteAsync(
        ChangeTransaction transaction, RepositoryRequest request, Dictionary<string, string?> wanted, Dictionary<string, ReadOnlyMemory<byte>> shown)
    {
        var name = NpmFormat.Spell(request.RequiredPackage);
        var package = await PackageWriter.FindAsync(transaction, request.Repository, request.RequiredPackage)
            ?? throw Refusal.NotFound(ResourceType.Package, name, $"Package '{name}' is not in repository {request.Repository.Name}.");
        var rows = await transaction.Db.PackageVersions.Where(v => v.DomainId == package.DomainId && v.PackageId == package.Id).ToListAsync();
        DemandHeld(request, wanted, shown, rows);
        foreach (var version in rows)
        {
            if (wanted.TryGetValue(version.Version, out var message) && Set(version, message))
            {
                var assets = await transaction.Db.VersionAssets.AsNoTracking()
                    .Where(a => a.DomainId == version.DomainId && a.VersionId == version.Id)
                    .ToListAsync();
                version.Revision = VersionRevision.Of(version.Manifest, assets.Select(a => (a.Name, a.Sha256)));
                transaction.Record(request.Repository, package, ChangeKind.VersionUpdated, version, new VersionChange(MetadataUpdated: true));
            }
        }

        return true;
    }

    // The client sends all that it was shown. What only an upstream has cannot be marked here, and saying so is better than a silent yes.
    private static void DemandHeld(
        RepositoryRequest request, Dictionary<string, string?> wanted, Dictionary<string, ReadOnlyMemory<byte>> shown, List<PackageVersion> rows)
    {
        var held = rows.Select(r => r.Version).ToHashSet(StringComparer.Ordinal);
        foreach (var (version, message) in wanted)
        {
            if (!held.Contains(version) && shown.TryGetValue(version, out var manifest) && Copy(manifest.Span, null) != message)
            {
                throw Refusal.NotFound(
                    ResourceType.PackageVersion, version,
                    $"Version {version} is in an upstream of repository {request.Repository.Name} and not in it, so it cannot be deprecated here. Install it through the repository first.");
            }
        }
    }

    /// <summary>The manifest with this message, or without any where it is null; everything else as its publisher wrote it.</summary>
    public static byte[] Mark(byte[] manifest, string? message)
    {
        var output = new ArrayBufferWriter<byte>(manifest.Length + 64);
        if (Copy(manifest, output) == message)
        {
            return manifest;
        }

        if (message is not null)
        {
            output.Write(output.WrittenCount == 1 ? "\"deprecated\":\""u8 : ",\"deprecated\":\""u8);
            output.Write(JsonEncodedText.Encode(message, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes);
            output.Write("\""u8);
        }

        output.Write("}"u8);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Copies the manifest's members but for the message, without the closing brace, and answers the message; null where there is none.</summary>
    private static string? Copy(ReadOnlySpan<byte> manifest, ArrayBufferWriter<byte>? output)
    {
        string? message = null;
        var json = new Utf8JsonReader(manifest);
        json.Read();
        output?.Write("{"u8);
        while (json.Read() && json.TokenType is JsonTokenType.PropertyName)
        {
            var start = (int)json.TokenStartIndex;
            var isMessage = json.NameIs("deprecated"u8);
            json.Read();
            message = isMessage ? NpmJsonDocument.UncheckedText(ref json) : message;
            json.Skip();
            if (!isMessage && output is not null)
            {
                output.Write(output.WrittenCount == 1 ? ""u8 : ","u8);
                output.Write(manifest[start..(int)json.BytesConsumed]);
            }
        }

        return message is { Length: > 0 } ? message : null;
    }

    private static bool Set(PackageVersion version, string? message)
    {
        var before = version.Manifest;
        version.Manifest = Mark(before, message);
        return !ReferenceEquals(before, version.Manifest);
    }
}
