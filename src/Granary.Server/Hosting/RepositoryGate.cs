using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Domains;
using Granary.Core.Encryption;
using Granary.Core.Events;
using Granary.Core.Packages;
using Granary.Formats;
using Granary.Server.Authentication;
using Granary.Server.Throttling;

namespace Granary.Server.Hosting;

/// <summary>
/// Stands before every endpoint of every format: verifies the token, finds the domain, decides, finds the repository, and
/// hands on the one object that handlers act on. A handler is never reached without it.
/// </summary>
public sealed class RepositoryGate(
    RequestDelegate next, AuthorizationTokens tokens, TokenRevocations revocations, DomainDirectory domains,
    Evaluator evaluator, ResourceArns arns, RepositoryAddresses addresses, Throttle throttle, DomainKeys keys)
{
    public Task InvokeAsync(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<FormatEndpoint>() is { } endpoint ? AdmitAsync(context, endpoint.Format) : next(context);

    private async Task AdmitAsync(HttpContext context, PackageFormat format)
    {
        var record = RequestTrail.Begin(context, format, context.GetEndpoint()!.Metadata.GetRequiredMetadata<Guard>());
        var token = await VerifyAsync(context);
        record.Principal = token.Caller;
        throttle.Demand(token, record);
        var asked = addresses.Read(context, format);
        var domain = await domains.FindAsync(asked.Owner, asked.Domain, context.RequestAborted);

        // A token for one domain is no credential at another, and does not tell whether the other exists.
        if (domain is null || domain.Id != token.Domain)
        {
            throw Unauthenticated(context, "The authorization token is for another domain.");
        }

        var repository = domain.Repository(asked.Repository);
        record.Repository = asked.Repository;
        record.Concern(domain, repository);
        var package = record.Package = format.ReadPackage(context.Request.RouteValues);
        var facts = context.Facts();
        await DemandAsync(context, token.Caller, asked, package, domain, facts);
        if (repository is null)
        {
            throw Refusal.NotFound(ResourceType.Repository, asked.Repository, $"Repository {asked.Repository} does not exist in domain {asked.Domain}.");
        }

        await keys.DemandAsync(domain.Id, context.RequestAborted);
        addresses.Remember(context, format, asked);
        var held = new HeldToken(context, revocations, token);
        context.Features.Set(new RepositoryRequest(domain, repository, token.Caller, asked.Address, package, held, facts, evaluator, arns) { Record = record });
        await next(context);
    }

    private async ValueTask<AuthorizationToken> VerifyAsync(HttpContext context)
    {
        if (BearerCredential.Read(context.Request) is not { } text)
        {
            throw Unauthenticated(context, "An authorization token is required. Get one with: aws codeartifact login, or get-authorization-token.");
        }

        if (tokens.Verify(text.Span) is not { } token || await revocations.IsRevokedAsync(token.Id))
        {
            throw Unauthenticated(context, "The authorization token is invalid, expired or revoked. Get a new one with: aws codeartifact login.");
        }

        return token;
    }

    private async ValueTask DemandAsync(
        HttpContext context, Principal principal, RepositoryAddress asked, PackageCoordinate? package, DomainSnapshot domain, RequestFacts facts)
    {
        // Reading is granted by repository and never narrower; writing is decided on the package.
        var guard = context.GetEndpoint()!.Metadata.GetRequiredMetadata<Guard>();
        if (guard.IsAskedByHandler && domain.Repository(asked.Repository) is not null && await evaluator.ExistsAsync(principal))
        {
            return;
        }

        var resource = guard.Action == AccessActions.ReadFromRepository || package is null
            ? asked.Arn
            : arns.Package(asked.Owner, asked.Domain, asked.Repository, package);
        var target = new AccessTarget(resource, domain.Owner, domain, domain.Repository(asked.Repository));
        if (await evaluator.AllowsAsync(principal, guard.Action, target, facts)
            || (guard.Alternative is not null && await evaluator.AllowsAsync(principal, guard.Alternative, target, facts)))
        {
            return;
        }

        throw await evaluator.ExistsAsync(principal)
            ? Refusal.AccessDenied(principal.Arn, guard.Action, resource)
            : Unauthenticated(context, "The user or role that the authorization token was given to does not exist any more.");
    }

    private Refusal Unauthenticated(HttpContext context, string message)
    {
        RequestTrail.Of(context)!.Ask(context.Request.RouteValues);
        throttle.DemandUnauthenticated(context);
        // The real service offers Bearer alone; clients that wait to be asked for Basic (dotnet among them) need the second.
        context.Response.OnStarting(() =>
        {
            context.Response.Headers.WWWAuthenticate = new(["Bearer", "Basic realm=\"Granary\""]);
            return Task.CompletedTask;
        });
        return Refusal.Unauthenticated(message);
    }

    /// <summary>The token that the request was made with; nothing is built of it unless it is asked.</summary>
    private sealed class HeldToken(HttpContext context, TokenRevocations revocations, AuthorizationToken token) : RequestToken
    {
        public override bool Is(ReadOnlySpan<char> text) => BearerCredential.Read(context.Request) is { } own && own.Span.SequenceEqual(text);

        public override Task RevokeAsync(CancellationToken cancellation) => revocations.RevokeAsync(
            token, new Actor(token.Principal, RequestTrail.Of(context)), cancellation);
    }
}
