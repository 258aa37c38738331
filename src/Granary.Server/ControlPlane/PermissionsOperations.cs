using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Domains;
using Granary.Core.Repositories;
using Granary.Server.ControlPlane.Responses;

namespace Granary.Server.ControlPlane;

/// <summary>The permissions policies of domains and repositories: put, get, delete.</summary>
internal static class PermissionsOperations
{
    // Alone among the operations on domains it has the domain in the body.
    public static Task<IResult> PutDomainAsync(Call call) => PutAsync(call, ResourcePolicies.None);

    // The domain's policy has a say, the one that is to be replaced has none: its author must not lock themselves out.
    public static Task<IResult> PutRepositoryAsync(Call call) => PutAsync(call, ResourcePolicies.Domain);

    public static async Task<IResult> GetAsync(Call call)
    {
        var (domain, repository) = await ResourceAsync(call, ResourcePolicies.All);
        var policy = await call.Service<ResourcePolicyStore>().FindAsync(domain, repository, call.Cancellation) ?? throw NoPolicy(call);
        return Answer(call, policy);
    }

    public static async Task<IResult> DeleteAsync(Call call)
    {
        var revision = call.Query.Optional("policy-revision", Shapes.PolicyRevision);
        var (domain, repository) = await ResourceAsync(call, ResourcePolicies.All);
        var policy = await call.Service<ResourcePolicyStore>().DeleteAsync(domain, repository, revision, call.Actor, call.Cancellation) ?? throw NoPolicy(call);
        return Answer(call, policy);
    }

    private static async Task<IResult> PutAsync(Call call, ResourcePolicies policies)
    {
        var document = call.Body.Required("policyDocument", Shapes.PolicyDocument);
        var revision = call.Body.Optional("policyRevision", Shapes.PolicyRevision);
        var (domain, repository) = await ResourceAsync(call, policies);
        var policy = await call.Service<ResourcePolicyStore>().PutAsync(domain, repository, document, revision, call.Actor, call.Cancellation);
        return Answer(call, policy);
    }

    private static async Task<(DomainSnapshot Domain, RepositorySnapshot? Repository)> ResourceAsync(Call call, ResourcePolicies policies)
    {
        var domain = await call.AuthoriseAsync(policies) ?? throw call.DomainNotFound();
        return call.Target.Repository.Length == 0 ? (domain, null) : (domain, domain.Repository(call.Target.Repository) ?? throw call.RepositoryNotFound());
    }

    private static IResult Answer(Call call, ResourcePolicy policy) =>
        ControlPlaneJson.Ok(new ResourcePolicyResponse(new ResourcePolicyDescription(call.Target.Arn, policy.Revision, policy.Document)));

    private static Refusal NoPolicy(Call call)
    {
        var (type, name) = call.Target.Repository.Length == 0 ? (ResourceType.Domain, call.Target.Domain) : (ResourceType.Repository, call.Target.Repository);
        return Refusal.NotFound(type, name, $"Policy not found. The {type} '{name}' has no permissions policy.");
    }
}
