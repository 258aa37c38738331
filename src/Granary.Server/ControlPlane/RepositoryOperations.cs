using Granary.Core.Access;
using Granary.Core.Repositories;
using Granary.Formats;
using Granary.Server.ControlPlane.Responses;

namespace Granary.Server.ControlPlane;

/// <summary>Repositories: create, describe, update, delete, list, and the address that package managers use.</summary>
internal static class RepositoryOperations
{
    private const int PageSize = 50;

    public static async Task<IResult> CreateAsync(Call call)
    {
        var description = call.Body.Optional("description", Shapes.Description);
        var upstreams = ReadUpstreams(call) ?? [];
        var tags = TagArguments.Read(call.Body);
        var (principal, target) = (call.Principal, call.Target);
        var keys = TagArguments.Keys(tags);
        if (tags.Count > 0)
        {
            await call.DemandAsync(AccessActions.TagResource, target.Repository, keys);
        }

        await DemandUpstreamsAsync(call, upstreams);
        var domain = await call.AuthoriseAsync(keys: keys) ?? throw call.DomainNotFound();
        var added = new NewRepository(target.Repository, principal.AccountId, description, upstreams, tags);
        var created = await call.Service<RepositoryStore>().CreateAsync(domain, added, call.Actor, call.Cancellation);
        return Answer(call, created);
    }

    public static async Task<IResult> DescribeAsync(Call call)
    {
        var (_, repository) = await call.RepositoryAsync();
        return Answer(call, await call.Service<RepositoryStore>().FindAsync(repository, call.Cancellation) ?? throw call.RepositoryNotFound());
    }

    public static async Task<IResult> UpdateAsync(Call call)
    {
        var description = call.Body.Optional("description", Shapes.Description);
        var upstreams = ReadUpstreams(call);
        await DemandUpstreamsAsync(call, upstreams ?? []);
        var (_, repository) = await call.RepositoryAsync();
        return Answer(call, await call.Service<RepositoryStore>().UpdateAsync(repository, description, upstreams, call.Actor, call.Cancellation));
    }

    // A repository that does not exist is no error; a domain that does not exist is one.
    public static async Task<IResult> DeleteAsync(Call call)
    {
        var domain = await call.DomainAsync();
        var deleted = domain.Repository(call.Target.Repository) is { } repository
            ? await call.Service<RepositoryStore>().DeleteAsync(repository, call.Actor, call.Cancellation)
            : null;
        return deleted is null ? ControlPlaneJson.Ok(new RepositoryResponse(null)) : Answer(call, deleted);
    }

    public static async Task<IResult> ListAsync(Call call)
    {
        var prefix = call.Query.Optional("repository-prefix", Shapes.RepositoryName);
        var page = call.Page(PageSize);
        await call.AuthoriseAsync();
        var after = page.After is [var domain, var name] ? (long.Parse(domain, System.Globalization.CultureInfo.InvariantCulture), name) : ((long, string)?)null;
        var rows = await call.Service<RepositoryListing>().OfAdministratorAsync(call.Principal.AccountId, prefix, after, page.Take, call.Cancellation);
        var (repositories, next) = page.Cut(rows, l => [l.Repository.DomainId.ToString(System.Globalization.CultureInfo.InvariantCulture), l.Repository.Name]);
        return ControlPlaneJson.Ok(new ListRepositoriesResponse([.. repositories.Select(l => Summarise(call, l))], next));
    }

    public static async Task<IResult> ListInDomainAsync(Call call)
    {
        var administrator = call.Query.Optional("administrator-account", Shapes.AccountId);
        var prefix = call.Query.Optional("repository-prefix", Shapes.RepositoryName);
        var page = call.Page(PageSize);
        var domain = await call.DomainAsync();
        var rows = await call.Service<RepositoryListing>().InDomainAsync(domain, administrator, prefix, page.After?[0], page.Take, call.Cancellation);
        var (repositories, next) = page.Cut(rows, l => [l.Repository.Name]);
        return ControlPlaneJson.Ok(new ListRepositoriesResponse([.. repositories.Select(l => Summarise(call, l))], next));
    }

    public static async Task<IResult> GetEndpointAsync(Call call)
    {
        var format = call.Query.Required("format", Shapes.PackageFormat);
        // Both kinds of address are this one: the server listens where it was told to.
        _ = call.Query.Optional("endpointType", Shapes.EndpointType);
        var (domain, repository) = await call.RepositoryAsync();
        var address = call.Service<BaseAddress>().Of(call.Context);
        return ControlPlaneJson.Ok(new RepositoryEndpointResponse($"{address}/{format}/d/{domain.Name}-{domain.Owner}/{repository.Name}/"));
    }

    /// <summary>The reply that all operations on one repository share.</summary>
    public static IResult Answer(Call call, RepositoryDetails details)
    {
        var (repository, target) = (details.Repository, call.Target);
        return ControlPlaneJson.Ok(new RepositoryResponse(new RepositoryDescription(
            repository.Name,
            repository.Administrator,
            target.Domain,
            target.Owner,
            call.Arns.Repository(target.Owner, target.Domain, repository.Name),
            repository.Description,
            [.. details.Upstreams.Select(u => new UpstreamRepositoryInfo(u))],
            repository.ExternalConnection is { } connection
                ? [new ExternalConnectionInfo(connection, ConnectionOperations.FormatOf(connection), "AVAILABLE")]
                : [],
            repository.CreatedAt.EpochSeconds())));
    }

    private static RepositorySummary Summarise(Call call, RepositoryLine line) => new(
        line.Repository.Name,
        line.Repository.Administrator,
        line.DomainName,
        line.DomainOwner,
        call.Arns.Repository(line.DomainOwner, line.DomainName, line.Repository.Name),
        line.Repository.Description,
        line.Repository.CreatedAt.EpochSeconds());

    // The bound is on what is read; how many a repository may have is a quota.
    private static List<string>? ReadUpstreams(Call call) =>
        call.Body.Objects("upstreams", Shapes.MaxResults)?.Select(u => u.Required("repositoryName", Shapes.RepositoryName)).ToList();

    private static async Task DemandUpstreamsAsync(Call call, IReadOnlyList<string> upstreams)
    {
        foreach (var upstream in upstreams)
        {
            await call.DemandAsync(AccessActions.AssociateWithDownstreamRepository, upstream);
        }
    }
}
