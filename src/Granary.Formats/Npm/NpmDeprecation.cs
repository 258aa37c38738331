using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Core;
using Granary.Core.Events;
using Granary.Core.Packages;
using Microsoft.EntityFrameworkCore;

namespace Granary.Formats.Npm;

/// <summary>
/// <c>npm deprecate</c>: the client reads the packument, sets <c>deprecated</c> in some versions and sends the whole back.
/// Only that member is taken from it, and only for versions that this repository holds.
/// </summary>
internal sealed class NpmDeprecation(ChangeLog log)
{
    private const string Member = "deprecated";

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <exception cref="Refusal">The document has no versions, or the package is not in this repository.</exception>
    public Task ApplyAsync(RepositoryRequest request, JsonElement document, CancellationToken cancellation)
    {
        if (!document.TryGetProperty("versions", out var versions) || versions.ValueKind is not JsonValueKind.Object)
        {
            throw Refusal.Validation("The document has neither a tarball to publish nor versions to change.");
        }

        var wanted = versions.EnumerateObject().ToDictionary(v => v.Name, v => Message(v.Value));
        return log.WriteAsync(request.Domain.Id, request.Principal.Arn, transaction => WriteAsync(transaction, request, wanted), cancellation);
    }

    private static string? Message(JsonElement manifest) =>
        manifest.ValueKind is JsonValueKind.Object && manifest.TryGetProperty(Member, out var value)
            && value.ValueKind is JsonValueKind.String && value.GetString() is { Length: > 0 } message ? message : null;

    private static async Task<bool> WriteAsync(ChangeTransaction transaction, RepositoryRequest request, Dictionary<string, string?> wanted)
    {
        var name = NpmFormat.Spell(request.RequiredPackage);
        var package = await PackageWriter.FindAsync(transaction, request.Repository, request.RequiredPackage)
            ?? throw Refusal.NotFound(ResourceType.Package, name, $"Package '{name}' is not in repository {request.Repository.Name}.");
        var rows = transaction.Db.PackageVersions.Where(v => v.DomainId == package.DomainId && v.PackageId == package.Id);
        foreach (var version in await rows.ToListAsync())
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

    /// <summary>The manifest with this message, or without any where it is null.</summary>
    public static byte[] Mark(byte[] manifest, string? message)
    {
        var json = JsonNode.Parse(manifest)!.AsObject();
        var before = json[Member] is JsonValue value && value.TryGetValue(out string? text) && text.Length > 0 ? text : null;
        if (before == message)
        {
            return manifest;
        }

        json.Remove(Member);
        if (message is not null)
        {
            json[Member] = message;
        }

        return JsonSerializer.SerializeToUtf8Bytes(json, Relaxed);
    }

    private static bool Set(PackageVersion version, string? message)
    {
        var before = version.Manifest;
        version.Manifest = Mark(before, message);
        return !ReferenceEquals(before, version.Manifest);
    }
}
