using Granary.Core.Domains;
using Granary.Core.Repositories;
using Granary.Server.ControlPlane.Responses;

namespace Granary.Server.ControlPlane;

/// <summary>Tags of domains and repositories, named by their ARN.</summary>
internal static class TagOperations
{
    public static async Task<IResult> TagAsync(Call call)
    {
        if (call.Body.Objects("tags", Shapes.MaxTags) is null)
        {
            throw Fault.Missing("tags");
        }

        var tags = TagArguments.Read(call.Body);
        var (domain, repository) = await ResourceAsync(call, TagArguments.Keys(tags));
        await call.Service<ResourceTags>().SetAsync(domain, repository, tags, call.Actor, call.Cancellation);
        return ControlPlaneJson.Ok(new EmptyResponse());
    }

    public static async Task<IResult> UntagAsync(Call call)
    {
        var keys = call.Body.Texts("tagKeys", Shapes.TagKey, Shapes.MaxTags) ?? throw Fault.Missing("tagKeys");
        var (domain, repository) = await ResourceAsync(call, new Dictionary<string, string[]> { ["aws:TagKeys"] = [.. keys] });
        await call.Service<ResourceTags>().RemoveAsync(domain, repository, keys, call.Actor, call.Cancellation);
        return ControlPlaneJson.Ok(new EmptyResponse());
    }

    public static async Task<IResult> ListAsync(Call call)
    {
        var (domain, repository) = await ResourceAsync(call);
        var tags = await call.Service<ResourceTags>().ListAsync(domain, repository, call.Cancellation);
        return ControlPlaneJson.Ok(new ListTagsResponse([.. tags.Select(t => new Tag(t.Key, t.Value))]));
    }

    private static async Task<(DomainSnapshot Domain, RepositorySnapshot? Repository)> ResourceAsync(Call call, IReadOnlyDictionary<string, string[]>? keys = null)
    {
        var domain = await call.AuthoriseAsync(keys: keys) ?? throw call.DomainNotFound();
        return call.Target.Repository.Length == 0 ? (domain, null) : (domain, domain.Repository(call.Target.Repository) ?? throw call.RepositoryNotFound());
    }
}
