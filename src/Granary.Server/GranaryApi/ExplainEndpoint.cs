using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Access.Identities;
using Granary.Core.Domains;
using Granary.Core.Explanations;
using Granary.Formats;
using Granary.Server.ControlPlane;
using Granary.Server.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Granary.Server.GranaryApi;

/// <summary>
/// <c>GET /granary/v1/explain</c>: why somebody sees a version through a repository, or does not. Signed as a call of CodeArtifact, and allowed
/// to whoever may describe the version there.
/// </summary>
internal sealed class ExplainEndpoint(
    GranaryCallers callers, Evaluator evaluator, ResourceArns arns, DomainDirectory domains, IdentityStore identities, Explainer explainer)
{
    public const string Name = "ExplainPackageVersion";
    public const string Action = "codeartifact:DescribePackageVersion";

    private const string SimulatePrincipalPolicy = "iam:SimulatePrincipalPolicy";

    [EndpointSummary("Explain why a version is visible, hidden, blocked or denied.")]
    [EndpointDescription(
        "Walks the way of a client's request for one version: permission, package group, origin controls, then each repository and public source in search order. "
        + "It asks a public source what the client's request would ask, and nothing else. Needs codeartifact:DescribePackageVersion on the package.")]
    public static async Task<Ok<ExplainResponse>> GetAsync(
        HttpContext context, [AsParameters] ExplainRequest request, ExplainEndpoint endpoint) => TypedResults.Ok(await endpoint.RunAsync(context, request));

    private async Task<ExplainResponse> RunAsync(HttpContext context, ExplainRequest request)
    {
        var (caller, record) = await callers.BeginAsync(context, Name);
        var owner = Optional("domain-owner", request.DomainOwner, Shapes.AccountId) ?? caller.Principal.AccountId;
        var domainName = Required("domain", request.Domain, Shapes.DomainName);
        var repositoryName = Required("repository", request.Repository, Shapes.RepositoryName);
        var format = PackageFormats.Find(Required("format", request.Format, Shapes.PackageFormat))!;
        var package = format.Coordinate(
            Optional("namespace", request.Namespace, Shapes.PackageNamespace), Required("package", request.Package, Shapes.PackageName));
        var version = format.NormalizeVersion(Required("version", request.Version, Shapes.PackageVersion));

        var domain = await domains.FindAsync(owner, domainName, context.RequestAborted);
        var repository = domain?.Repository(repositoryName);
        if (domain is not null)
        {
            record.Concern(domain, repository);
        }

        var target = new AccessTarget(arns.Package(owner, domainName, repositoryName, package), owner, domain, repository);
        await evaluator.DemandAsync(caller.Principal, Action, target, context.Facts());
        var principal = await PrincipalAsync(context, request, caller.Principal);
        if (domain is null)
        {
            throw Refusal.NotFound(ResourceType.Domain, domainName, $"Domain not found. Domain '{domainName}' owned by account '{owner}' does not exist");
        }

        var question = new ExplanationQuestion(
            principal,
            context.Facts(),
            domain,
            repository ?? throw Refusal.NotFound(ResourceType.Repository, repositoryName, $"Repository not found. Repository '{repositoryName}' does not exist in domain '{domainName}'."),
            package,
            version);
        return Answer(question, await explainer.ExplainAsync(question, context.RequestAborted));
    }

    public static ExplainResponse Answer(ExplanationQuestion question, Explanation explanation) => new(
        explanation.Outcome,
        explanation.Summary,
        question.Principal.Arn,
        question.Repository.Name,
        question.Package.Format,
        question.Package.Name,
        question.Version,
        [.. explanation.Steps.Select(s => new ExplainStep(s.Topic, s.Subject, s.Finding, s.Text))])
    {
        Namespace = question.Package.Namespace.Length == 0 ? null : question.Package.Namespace,
    };

    private async Task<Principal> PrincipalAsync(HttpContext context, ExplainRequest request, Principal caller)
    {
        if (Optional("principal", request.Principal, Shapes.Arn) is not { } arn || arn == caller.Arn)
        {
            return caller;
        }

        var (account, kind, name) = IamArns.Principal(arn)
            ?? throw Fault.Of("principal", "Member must be the ARN of a user or a role, such as arn:aws:iam::123456789012:user/dora");
        await evaluator.DemandAsync(caller, SimulatePrincipalPolicy, new AccessTarget(arn, account), context.Facts());
        var found = await identities.FindAsync(account, kind, name, context.RequestAborted);
        return found is not null && IamArns.Of(found) == arn
            ? new Principal(account, arn) { IdentityId = found.Id }
            : throw Refusal.NotFound("principal", arn, $"There is no user or role {arn}.");
    }

    private static string Required(string name, string? value, TextShape shape) => Optional(name, value, shape) ?? throw Fault.Missing(name);

    private static string? Optional(string name, string? value, TextShape shape) => value is null ? null : shape.Check(name, value);
}
