using System.Text.Json;
using Granary.Core;
using Granary.Core.Events;
using Granary.Core.Packages;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Formats.Npm;

/// <summary><c>npm dist-tag</c>: names that point to versions.</summary>
internal static class NpmTags
{
    private const int LargestBody = 1024;

    public static async Task ListAsync(HttpContext context)
    {
        var request = RepositoryRequest.Of(context);
        var name = NpmFormat.Spell(request.RequiredPackage);
        var index = context.RequestServices.GetRequiredService<NpmIndex>();
        var listing = await index.GetAsync(request, request.RequiredPackage, new NpmForm(Abbreviated: true, Gzip: false), context.RequestAborted)
            ?? throw Refusal.NotFound(ResourceType.Package, name, $"Package '{name}' was not found in repository {request.Repository.Name}.");
        await NpmJson.WriteAsync(context, NpmDocument.Read(listing.Rendered.Bytes).Tags, NpmJson.Default.DictionaryStringString);
    }

    public static async Task PutAsync(HttpContext context)
    {
        var version = await ReadVersionAsync(context);
        RepositoryRequest.Of(context).Record.Version = version;
        var tag = Tag(context);
        await WriteAsync(context, async (transaction, package) =>
        {
            // As it is spelled first: a source's version may have build metadata, which cleaning takes away.
            var found = await PackageWriter.FindVersionAsync(transaction, package, version)
                ?? await PackageWriter.FindVersionAsync(transaction, package, NpmVersion.Clean(version)!)
                ?? throw Refusal.NotFound(ResourceType.PackageVersion, version, $"Version {version} is not stored in this repository, and a tag can only point to a version that is. Install it through the repository first.");
            await PackageWriter.SetTagAsync(transaction, package, tag, found.Version);
        });
    }

    public static Task DeleteAsync(HttpContext context)
    {
        var tag = Tag(context);
        if (tag == "latest")
        {
            throw Refusal.Validation("The tag latest cannot be removed; point it to another version instead.");
        }

        return WriteAsync(context, async (transaction, package) =>
        {
            var row = await transaction.Db.PackageTags.SingleOrDefaultAsync(
                t => t.DomainId == transaction.DomainId && t.PackageId == package.Id && t.Name == tag);
            transaction.Db.PackageTags.Remove(
                row ?? throw Refusal.NotFound(ResourceType.Package, tag, $"The package has no tag {tag} in this repository."));
        });
    }

    private static async Task WriteAsync(HttpContext context, Func<ChangeTransaction, Package, Task> change)
    {
        var request = RepositoryRequest.Of(context);
        var log = context.RequestServices.GetRequiredService<ChangeLog>();
        await log.WriteAsync(
            request.Domain.Id,
            request.Actor,
            async transaction =>
            {
                var name = NpmFormat.Spell(request.RequiredPackage);
                var package = await PackageWriter.FindAsync(transaction, request.Repository, request.RequiredPackage)
                    ?? throw Refusal.NotFound(ResourceType.Package, name, $"Package '{name}' is not in repository {request.Repository.Name}.");
                await change(transaction, package);
                transaction.Record(request.Repository, package, ChangeKind.PackageUpdated);
                return true;
            },
            context.RequestAborted);
        await NpmJson.WriteAsync(context, new NpmOk(true), NpmJson.Default.NpmOk, StatusCodes.Status201Created);
    }

    private static string Tag(HttpContext context)
    {
        var tag = (string)context.Request.RouteValues["tag"]!;
        return NpmTag.IsValid(tag) ? tag : throw Refusal.Validation($"'{tag}' cannot be a tag: tags are not version ranges, and at most {NpmTag.MaxLength} characters.");
    }

    /// <summary>The body is one JSON string.</summary>
    private static async Task<string> ReadVersionAsync(HttpContext context)
    {
        var buffer = new byte[LargestBody];
        var length = await context.Request.Body.ReadAtLeastAsync(buffer, LargestBody, throwOnEndOfStream: false, context.RequestAborted);
        try
        {
            return JsonSerializer.Deserialize(buffer.AsSpan(0, length), NpmJson.Default.String) is { } version && NpmVersion.Clean(version) is not null
                ? version
                : throw Refusal.Validation("The body must be the version that the tag is to point to, as a JSON string.");
        }
        catch (JsonException)
        {
            throw Refusal.Validation("The body must be the version that the tag is to point to, as a JSON string.");
        }
    }
}
