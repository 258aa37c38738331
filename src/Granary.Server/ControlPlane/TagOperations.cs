using Granary.Core.Domains;
using Granary.Server.ControlPlane.Responses;

namespace Granary.Server.ControlPlane;

/// <summary>Tags of domains, repositories and package groups, named by their ARN.</summary>
internal static class TagOperations
{
    public static async Task<IResult> TagAsync(Call call)
    {
        if (call.Body.Objects("tags", Shapes.MaxTags) is null)
        {
            throw Fault.Missing("tags");
        }

        var tags = TagArguments.Read(call.Body);
        var (domain, resource) = await ResourceAsync(call, TagArguments.Keys(tags));
        await call.Service<ResourceTags>().SetAsync(domain, resource, tags, call.Actor, call.Cancellation);
        return ControlPlaneJson.Ok(new EmptyResponse());
    }

    public static async Task<IResult> UntagAsync(Call call)
    {
        var keys = call.Body.Texts("tagKeys", Shapes.TagKey, Shapes.MaxTags) ?? throw Fault.Missing("tagKeys");
        var (domain, resource) = await ResourceAsync(call, new Dictionary<string, string[]> { ["aws:TagKeys"] = [.. keys] });
        await call.Service<ResourceTags>().RemoveAsync(domain, resource, keys, call.Actor, call.Cancellation);
        return ControlPlaneJson.Ok(new EmptyResponse());
    }

    public static async Task<IResult> ListAsync(Call call)
    {
        var (domain, resource) = await ResourceAsync(call);
        var tags = await call.Service<ResourceTags>().ListAsync(domain, resource, call.Cancellation);
        return ControlPlaneJson.Ok(new ListTagsResponse([.. tags.Select(t => new Tag(t.Key, t.Value))]));
    }

    private static async Task<(DomainSnapshot Domain, TaggedResource Resource)> ResourceAsync(Call call, IReadOnlyDictionary<string, string[]>? keys = null)
    {
        var domain = await call.AuthoriseAsync(keys: keys) ?? throw call.DomainNotFound();
        if (call.Target.Group is { } group)
        {
            return (domain, new TaggedResource(Group: domain.Groups.Find(group.Text)?.Group ?? throw call.PackageGroupNotFound()));
        }

        return (domain, call.Target.Repository.Length == 0
            ? default
            : new TaggedResource(domain.Repository(call.Target.Repository) ?? throw call.RepositoryNotFound()));
    }
}
