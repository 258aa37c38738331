using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Domains;
using Granary.Core.Events;
using Granary.Core.Packages;
using Granary.Core.Repositories;
using Granary.Core.Trail;
using Microsoft.AspNetCore.Http;

namespace Granary.Formats;

/// <summary>
/// A request to a repository's endpoint, read once and authorised: the only thing that handlers act on.
/// </summary>
/// <param name="Address">The repository's own address as the client wrote it, with a trailing slash: what absolute URLs begin with.</param>
/// <param name="Package">The package that the path names, or null where it names none.</param>
public sealed record RepositoryRequest(
    DomainSnapshot Domain,
    RepositorySnapshot Repository,
    Principal Principal,
    string Address,
    PackageCoordinate? Package,
    RequestToken Token,
    RequestFacts Facts,
    Evaluator Evaluator,
    ResourceArns Arns)
{
    /// <summary>What the audit trail will tell of the request.</summary>
    public required TrailRecord Record { get; init; }

    public Actor Actor => new(Principal.Arn, Record);

    /// <summary>The request as the gate left it.</summary>
    public static RepositoryRequest Of(HttpContext context) =>
        context.Features.Get<RepositoryRequest>() ?? throw new InvalidOperationException("The endpoint is not behind the repository gate.");

    /// <summary>For routes whose body decides which action it is.</summary>
    /// <exception cref="Refusal">The principal may not.</exception>
    public ValueTask DemandAsync(string action)
    {
        Record.Name = Guard.NameOf(action);
        return Evaluator.DemandAsync(
            Principal,
            action,
            new AccessTarget(Arns.Package(Domain.Owner, Domain.Name, Repository.Name, RequiredPackage), Domain.Owner, Domain, Repository),
            Facts);
    }

    public PackageCoordinate RequiredPackage => Package ?? throw new InvalidOperationException("The route names no package.");
}

/// <summary>The authorization token that a request was made with, for the one request that gives it back. Its text is not to be had.</summary>
public abstract class RequestToken
{
    /// <summary>Whether this is the token of the request.</summary>
    public abstract bool Is(ReadOnlySpan<char> text);

    /// <summary>When it returns, the token lets nobody in any more.</summary>
    public abstract Task RevokeAsync(CancellationToken cancellation);
}
