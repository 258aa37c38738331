using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Domains;
using Granary.Core.Events;
using Granary.Core.Groups;
using Granary.Core.Packages;
using Granary.Core.Repositories;
using Granary.Server.Hosting;

namespace Granary.Server.ControlPlane;

/// <summary>
/// One call of one operation. Handlers first read the parameters that they need and then ask for the resource, which
/// authorises the call and only then says whether the resource exists.
/// </summary>
internal sealed class Call(HttpContext context, Operation operation, Caller caller, QueryArguments query)
{
    private BodyArguments? body;
    private Target? target;

    public HttpContext Context => context;

    public Principal Principal => caller.Principal;

    public Actor Actor => new(Principal.Arn, RequestTrail.Of(context));

    public QueryArguments Query => query;

    /// <summary>The members of the request's JSON body.</summary>
    public BodyArguments Body => body ??= BodyArguments.Parse(caller.Body);

    public ResourceArns Arns => Service<ResourceArns>();

    /// <summary>What the call is decided on, read before anything else of it.</summary>
    public Target Target => target ??= operation.ReadTarget(this);

    /// <summary>The package that the call names; for operations on <see cref="On.Package"/>.</summary>
    public PackageCoordinate Package => Target.Package!;

    public CancellationToken Cancellation => context.RequestAborted;

    /// <summary>Whether the evaluator has been asked about this operation and has allowed it.</summary>
    public bool Authorised { get; private set; }

    public T Service<T>()
        where T : notnull => context.RequestServices.GetRequiredService<T>();

    /// <summary>Asks whether the caller may, and answers the domain that the call names, or null where there is none.</summary>
    /// <param name="policies">Which resource policies have a say.</param>
    /// <param name="keys">Condition keys of the operation; null for none.</param>
    /// <exception cref="Refusal">AccessDenied, whether or not the resource exists.</exception>
    /// <param name="groupOf">The package group that the call is decided on, where the domain has to be asked which it is.</param>
    public async Task<DomainSnapshot?> AuthoriseAsync(
        ResourcePolicies policies = ResourcePolicies.All, IReadOnlyDictionary<string, string[]>? keys = null, Func<DomainSnapshot, PackageGroupPattern>? groupOf = null)
    {
        var domain = await LoadDomainAsync();
        if (domain is not null)
        {
            RequestTrail.Of(context)?.Concern(domain, RepositoryOf(domain));
        }

        var group = domain is null || groupOf is null ? Target.Group : groupOf(domain);
        var arn = groupOf is null || group is null ? Target.Arn : Arns.PackageGroup(Target.Owner, Target.Domain, GroupPatterns.Encode(group));
        // A group that is to be created is decided on its domain, and the tags of one that is there already have no say in it.
        var decides = group is not null && arn != Arns.Domain(Target.Owner, Target.Domain);
        var target = new AccessTarget(arn, Target.Owner, domain, RepositoryOf(domain), policies) { Group = decides ? domain?.Groups.Find(group!.Text) : null };
        if (!await Service<Evaluator>().AllowsAsync(Principal, operation.Guard.Action, target, context.Facts() with { Keys = keys }))
        {
            // The resource as the call names it: which group a package is in is not told to those who may not ask.
            throw Refusal.AccessDenied(Principal.Arn, operation.Guard.Action, Target.Arn);
        }

        Authorised = true;
        return domain;
    }

    /// <summary>Asks for a further action that the operation needs on its own target.</summary>
    public async Task DemandAsync(string action, IReadOnlyDictionary<string, string[]>? keys = null)
    {
        var domain = await LoadDomainAsync();
        await DemandAsync(action, new AccessTarget(Target.Arn, Target.Owner, domain, RepositoryOf(domain)), keys);
    }

    /// <summary>Asks for an action on a repository of the domain that the call names, whether or not there is one of the name.</summary>
    public async Task DemandAsync(string action, string repository, IReadOnlyDictionary<string, string[]>? keys = null)
    {
        var domain = await LoadDomainAsync();
        var arn = Arns.Repository(Target.Owner, Target.Domain, repository);
        await DemandAsync(action, new AccessTarget(arn, Target.Owner, domain, domain?.Repository(repository)), keys);
    }

    /// <summary>Asks for an action on the package group that the call is to create; it has no tags yet, whether or not there is one of the pattern.</summary>
    public async Task DemandOnNewGroupAsync(string action, IReadOnlyDictionary<string, string[]>? keys)
    {
        var arn = Arns.PackageGroup(Target.Owner, Target.Domain, GroupPatterns.Encode(Target.Group!));
        await DemandAsync(action, new AccessTarget(arn, Target.Owner, await LoadDomainAsync()), keys);
    }

    /// <summary>Asks for an action that names no resource, or none of a domain's.</summary>
    public ValueTask DemandAsync(string action, AccessTarget target, IReadOnlyDictionary<string, string[]>? keys) =>
        Service<Evaluator>().DemandAsync(Principal, action, target, context.Facts() with { Keys = keys });

    private ValueTask<DomainSnapshot?> LoadDomainAsync() =>
        Target.Domain.Length == 0 ? default : Service<DomainDirectory>().FindAsync(Target.Owner, Target.Domain, Cancellation);

    private RepositorySnapshot? RepositoryOf(DomainSnapshot? domain) => Target.Repository.Length == 0 ? null : domain?.Repository(Target.Repository);

    /// <summary>The domain that the call names.</summary>
    /// <exception cref="Refusal">AccessDenied, or NotFound.</exception>
    public async Task<DomainSnapshot> DomainAsync() => await AuthoriseAsync() ?? throw DomainNotFound();

    /// <summary>The repository that the call names, in its domain.</summary>
    /// <exception cref="Refusal">AccessDenied, or NotFound.</exception>
    public async Task<(DomainSnapshot Domain, RepositorySnapshot Repository)> RepositoryAsync()
    {
        var domain = await DomainAsync();
        return (domain, domain.Repository(Target.Repository) ?? throw RepositoryNotFound());
    }

    /// <summary>The package group that the call names, in its domain.</summary>
    /// <exception cref="Refusal">AccessDenied, or NotFound.</exception>
    public async Task<(DomainSnapshot Domain, PackageGroupNode Group)> PackageGroupAsync()
    {
        var domain = await DomainAsync();
        return (domain, domain.Groups.Find(Target.Group!.Text) ?? throw PackageGroupNotFound());
    }

    /// <summary>The record of the package that the call names.</summary>
    /// <exception cref="Refusal">AccessDenied, or NotFound.</exception>
    public async Task<Package> PackageAsync()
    {
        var (_, repository) = await RepositoryAsync();
        return await Service<PackageQueries>().FindAsync(repository, Package, Cancellation)
            ?? throw PackageRefusals.NotFound(repository, Package);
    }

    /// <summary>The version that the call names in <c>version</c>.</summary>
    /// <exception cref="Refusal">Validation, AccessDenied, or NotFound.</exception>
    public async Task<PackageVersion> VersionAsync()
    {
        var version = Target.Format!.NormalizeVersion(query.Required("version", Shapes.PackageVersion));
        return await Service<PackageQueries>().FindVersionAsync(await PackageAsync(), version, Cancellation)
            ?? throw Refusal.NotFound(ResourceType.PackageVersion, version, $"Package version not found. Version {version} of {Package} does not exist in repository '{Target.Repository}'.");
    }

    /// <summary>The same version with something that is read of its parts, both as they were at one moment.</summary>
    /// <exception cref="Refusal">Validation, AccessDenied, or NotFound.</exception>
    public async Task<(PackageVersion Version, T Parts)> VersionWithAsync<T>(Func<PackageVersion, Task<T>> read)
    {
        var version = await VersionAsync();
        while (true)
        {
            var parts = await read(version);
            var after = await VersionAsync();
            if ((after.Id, after.Revision) == (version.Id, version.Revision))
            {
                return (after, parts);
            }

            // A publish or a copy has changed it in between. Each turn takes another one.
            version = after;
        }
    }

    public Refusal DomainNotFound() => Refusal.NotFound(
        ResourceType.Domain, Target.Domain, $"Domain not found. Domain '{Target.Domain}' owned by account '{Target.Owner}' does not exist");

    public Refusal RepositoryNotFound() => RepositoryNotFound(Target.Repository);

    public Refusal RepositoryNotFound(string repository) => Refusal.NotFound(
        ResourceType.Repository,
        repository,
        $"Repository not found. Repository '{repository}' in domain '{Target.Domain}' owned by account '{Target.Owner}' does not exist");

    // The model's resourceType has no value for groups.
    public Refusal PackageGroupNotFound() => Refusal.NotFound(
        ResourceType.Domain,
        Target.Domain,
        $"Package group not found. Package group '{Target.Group}' in domain '{Target.Domain}' owned by account '{Target.Owner}' does not exist");

    /// <summary>The page that the query asks for with <c>max-results</c> and <c>next-token</c>.</summary>
    public Page Page(int size) => Page(
        query.Integer("max-results", 1, Shapes.MaxResults) ?? size,
        query.Optional("next-token", Shapes.PaginationToken));

    public Page Page(int size, string? token)
    {
        var tokens = Service<PageTokens>();
        var binding = PageTokens.Bind(
            operation.Name,
            Principal.AccountId,
            query.All.Where(p => p.Key is not ("max-results" or "next-token")));
        return new Page(size, token is null ? null : tokens.Open(binding, token), key => tokens.Seal(binding, key));
    }
}
