using Granary.Core.Access;
using Granary.Core.Domains;
using Granary.Core.Encryption;
using Granary.Server.ControlPlane.Responses;

namespace Granary.Server.ControlPlane;

/// <summary>Domains: create, describe, list, delete.</summary>
internal static class DomainOperations
{
    private const string Active = "Active";
    private const int PageSize = 100;

    // What the real service asks of whoever names a key.
    private static readonly string[] KeyActions = ["kms:DescribeKey", "kms:CreateGrant"];

    public static async Task<IResult> CreateAsync(Call call)
    {
        var named = call.Body.Optional("encryptionKey", Shapes.Arn);
        var tags = TagArguments.Read(call.Body);
        var keys = TagArguments.Keys(tags);
        await call.AuthoriseAsync(keys: keys);
        var target = call.Target;
        if (tags.Count > 0)
        {
            await call.DemandAsync(AccessActions.TagResource, keys);
        }

        var dataKey = await call.Service<DomainKeys>().PrepareAsync(
            target.Owner, named is null ? null : await KeyAsync(call, named), call.Arns.Domain(target.Owner, target.Domain), call.Cancellation);
        // Whoever does not encrypt is told a key all the same, as the real service always has one.
        var key = dataKey?.KeyArn ?? $"arn:aws:kms:{call.Arns.Region}:{target.Owner}:key/{Guid.NewGuid()}";
        var domain = await call.Service<DomainStore>().CreateAsync(target.Owner, target.Domain, key, tags, call.Actor, call.Cancellation, dataKey);
        return ControlPlaneJson.Ok(new DomainResponse(Describe(call, domain, new DomainFigures(0, 0))));
    }

    public static async Task<IResult> DescribeAsync(Call call)
    {
        var found = await call.DomainAsync();
        var store = call.Service<DomainStore>();
        var domain = await store.FindAsync(found.Id, call.Cancellation) ?? throw call.DomainNotFound();
        var figures = await store.MeasureAsync(found.Id, call.Cancellation);
        return ControlPlaneJson.Ok(new DomainResponse(Describe(call, domain, figures)));
    }

    // Alone among the listings it has its parameters in the body.
    public static async Task<IResult> ListAsync(Call call)
    {
        var page = call.Page(
            call.Body.Integer("maxResults", 1, Shapes.MaxResults) ?? PageSize,
            call.Body.Optional("nextToken", Shapes.PaginationToken));
        await call.AuthoriseAsync();
        var rows = await call.Service<DomainStore>().ListAsync(call.Principal.AccountId, page.After?[0], page.Take, call.Cancellation);
        var (domains, next) = page.Cut(rows, d => [d.Name]);
        return ControlPlaneJson.Ok(new ListDomainsResponse(
            [.. domains.Select(d => new DomainSummary(d.Name, d.Owner, call.Arns.Domain(d.Owner, d.Name), Active, d.CreatedAt.EpochSeconds(), d.EncryptionKey))],
            next));
    }

    // A domain that does not exist is no error: the API has none for it.
    public static async Task<IResult> DeleteAsync(Call call)
    {
        var found = await call.AuthoriseAsync();
        var deleted = found is null ? null : await call.Service<DomainStore>().DeleteAsync(found.Id, call.Actor, call.Cancellation);
        return ControlPlaneJson.Ok(new DomainResponse(deleted is null ? null : Describe(call, deleted, new DomainFigures(0, 0))));
    }

    /// <summary>The ARN of the key that the call names, which the caller has to be allowed to use.</summary>
    private static async Task<string> KeyAsync(Call call, string named)
    {
        var arn = await call.Service<IKeyService>().FindAsync(call.Principal.AccountId, named, call.Cancellation);
        foreach (var action in KeyActions)
        {
            await call.DemandAsync(action, new AccessTarget(arn, call.Principal.AccountId), keys: null);
        }

        return arn;
    }

    private static DomainDescription Describe(Call call, Domain domain, DomainFigures figures) => new(
        domain.Name,
        domain.Owner,
        call.Arns.Domain(domain.Owner, domain.Name),
        Active,
        domain.CreatedAt.EpochSeconds(),
        domain.EncryptionKey,
        figures.Repositories,
        figures.AssetBytes,
        // The service's own bucket; clients print it. Nothing of this server answers to the name.
        $"arn:aws:s3:::assets-000000000000-{call.Arns.Region}");
}
