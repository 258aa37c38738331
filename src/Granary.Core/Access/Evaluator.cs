using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Granary.Core.Access.Identities;
using Granary.Core.Access.Policies;
using Granary.Core.Domains;

namespace Granary.Core.Access;

/// <summary>
/// The one place where a request is allowed or refused. Every route names its action and its resource and asks here; the answer
/// comes from the policies of the moment.
/// </summary>
public sealed class Evaluator(IdentityDirectory identities, ResourceArns arns, TimeProvider clock)
{
    // For one token or signature. Past it the whole is forgotten: a client that walks through a million packages fills no memory.
    private const int MostRemembered = 1024;

    // Decisions live as long as the principal's object does, which is remembered with its token.
    private readonly ConditionalWeakTable<Principal, ConcurrentDictionary<(string Action, string Arn), Remembered>> remembered = [];

    /// <summary>Whether the principal may perform the action (<c>codeartifact:ReadFromRepository</c>) on the target.</summary>
    public ValueTask<bool> AllowsAsync(Principal principal, string action, AccessTarget target, RequestFacts facts)
    {
        var found = principal.IsRoot ? new(Root(principal)) : identities.FindAsync(principal.AccountId, principal.IdentityId);
        return found.IsCompletedSuccessfully
            ? new(Allows(found.Result, principal, action, target, facts))
            : WaitAsync(found, principal, action, target, facts);
    }

    /// <exception cref="Refusal">The principal may not. It is the same whether or not the resource exists.</exception>
    public ValueTask DemandAsync(Principal principal, string action, AccessTarget target, RequestFacts facts)
    {
        var allows = AllowsAsync(principal, action, target, facts);
        if (!allows.IsCompletedSuccessfully)
        {
            return WaitAsync(allows);
        }

        return allows.Result ? default : throw Refusal.AccessDenied(principal.Arn, action, target.Arn);

        async ValueTask WaitAsync(ValueTask<bool> waited)
        {
            if (!await waited)
            {
                throw Refusal.AccessDenied(principal.Arn, action, target.Arn);
            }
        }
    }

    /// <summary>The same decision with the policies that make it, for people.</summary>
    public async ValueTask<AccessVerdict> ExplainAsync(Principal principal, string action, AccessTarget target, RequestFacts facts)
    {
        var identity = principal.IsRoot ? Root(principal) : await identities.FindAsync(principal.AccountId, principal.IdentityId);
        if (identity is null)
        {
            return new AccessVerdict(Decision.NotAllowed, ["the user or role does not exist"]);
        }

        var request = new AccessRequest(
            principal.Session is null && !principal.IsRoot ? principal with { Arn = identity.Arn } : principal,
            action,
            target.Arn,
            ConditionKeys.Of(principal, identity, target, facts, arns.Region, clock.GetUtcNow()));
        var decision = PoliciesOf(identity, principal, target).Decide(request, target.StandingOf(principal.AccountId));
        return AccessVerdict.Of(decision, request, identity, principal, target);
    }

    /// <summary>
    /// Whether a role's trust policy lets in somebody whom an identity provider has vouched for. It must name the provider itself: no
    /// account's policies have a say, and "everybody" means everybody that an account knows.
    /// </summary>
    /// <param name="provider">The account and the ARN of the provider.</param>
    public bool TrustsProvider(Principal provider, string action, AccessTarget target, RequestFacts facts)
    {
        var trust = target.Role?.Trust ?? throw new ArgumentException("Only roles trust providers.", nameof(target));
        var request = new AccessRequest(provider, action, target.Arn, ConditionKeys.OfStranger(target, facts, arns.Region, clock.GetUtcNow()));
        return !trust.Denies(request) && trust.Grants(request) == PrincipalMatch.Exact;
    }

    /// <summary>Whether the user or role still exists; the account itself always does.</summary>
    public async ValueTask<bool> ExistsAsync(Principal principal) =>
        principal.IsRoot || await identities.FindAsync(principal.AccountId, principal.IdentityId) is not null;

    private async ValueTask<bool> WaitAsync(ValueTask<IdentitySnapshot?> found, Principal principal, string action, AccessTarget target, RequestFacts facts) =>
        Allows(await found, principal, action, target, facts);

    private bool Allows(IdentitySnapshot? identity, Principal principal, string action, in AccessTarget target, in RequestFacts facts)
    {
        if (identity is null)
        {
            return false;
        }

        // Keys of the operation itself make every request another one.
        var decisions = facts.Keys is null && target is { Role: null, Policy: null, OwnTags: null } ? remembered.GetOrCreateValue(principal) : null;
        if (decisions is not null && decisions.TryGetValue((action, target.Arn), out var known)
            && ReferenceEquals(known.Identity, identity) && ReferenceEquals(known.Domain, target.Domain) && known.Policies == target.Policies)
        {
            return known.Allowed;
        }

        var request = new AccessRequest(
            principal.Session is null && !principal.IsRoot ? principal with { Arn = identity.Arn } : principal,
            action,
            target.Arn,
            ConditionKeys.Of(principal, identity, target, facts, arns.Region, clock.GetUtcNow()));
        var allowed = PoliciesOf(identity, principal, target).Decide(request, target.StandingOf(principal.AccountId)) == Decision.Allowed;
        if (decisions is not null && !request.AskedForTheMoment)
        {
            if (decisions.Count >= MostRemembered)
            {
                decisions.Clear();
            }

            decisions[(action, target.Arn)] = new Remembered(identity, target.Domain, target.Policies, allowed);
        }

        return allowed;
    }

    private static PolicySet PoliciesOf(IdentitySnapshot identity, Principal principal, in AccessTarget target) => new()
    {
        Identity = identity.Documents,
        Boundary = identity.Boundary?.Document,
        Session = principal.Session?.Documents() ?? [],
        Resource = target.Documents(),
        ResourceMustAllow = target.Role is not null,
    };

    // The account itself has no policies of its own and needs none.
    private static IdentitySnapshot Root(Principal principal) => Roots.GetValue(principal, static p => new IdentitySnapshot(
        p.AccountId, p.AccountId, IdentityKind.User, "root", p.Arn, 0, [], null, new Dictionary<string, string>()));

    private static readonly ConditionalWeakTable<Principal, IdentitySnapshot> Roots = [];

    private sealed record Remembered(IdentitySnapshot Identity, DomainSnapshot? Domain, ResourcePolicies Policies, bool Allowed);
}
