using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Access.Policies;
using Granary.Core.Events;
using Granary.Core.Events.Buses;
using Granary.Server.ControlPlane;
using Granary.Server.Hosting;

namespace Granary.Server.Aws.EventBridge;

/// <summary>One call of one operation: its parameters, who calls, and the question whether they may.</summary>
internal sealed class EventCall(HttpContext context, string action, Principal principal, BodyArguments arguments)
{
    /// <summary>Such as <c>events:PutRule</c>.</summary>
    public string Action => action;

    public BodyArguments Arguments => arguments;

    public Principal Principal => principal;

    public string AccountId => principal.AccountId;

    public Actor Actor => new(principal.Arn, RequestTrail.Of(context));

    public CancellationToken Cancellation => context.RequestAborted;

    public EventArns Arns => Service<EventArns>();

    /// <summary>Whether it was decided that the call may be made.</summary>
    public bool Authorised { get; private set; }

    public T Service<T>()
        where T : notnull => context.RequestServices.GetRequiredService<T>();

    /// <summary>Asks whether the caller may do this with a resource of the caller's own account.</summary>
    /// <param name="arn">The resource's, or <c>*</c> where the operation names none.</param>
    /// <param name="keys">Condition keys of the operation; null for none.</param>
    /// <exception cref="Refusal">AccessDenied, whether or not the resource exists.</exception>
    public async Task AuthoriseAsync(string arn, IReadOnlyDictionary<string, string[]>? keys = null)
    {
        await DemandAsync(action, arn, keys);
        Authorised = true;
    }

    /// <summary>Asks for a further action that this one needs, such as <c>events:TagResource</c>.</summary>
    /// <exception cref="Refusal">AccessDenied, whether or not the resource exists.</exception>
    public async Task DemandAsync(string further, string arn, IReadOnlyDictionary<string, string[]>? keys = null)
    {
        var target = new AccessTarget(arn, AccountId) { OwnTags = await TagsAsync(arn) };
        await Service<Evaluator>().DemandAsync(principal, further, target, context.Facts() with { Keys = keys });
    }

    /// <summary>
    /// As <see cref="AuthoriseAsync"/>, for what has an id in its ARN that only the row knows: a policy may name it with or without the id.
    /// </summary>
    /// <param name="arn">The ARN as far as the name.</param>
    /// <param name="known">The whole ARN, or null where it does not exist.</param>
    /// <exception cref="Refusal">AccessDenied, in the same words whether or not the resource exists.</exception>
    public async Task AuthoriseNamedAsync(string arn, string? known)
    {
        var verdicts = new List<Decision>();
        foreach (var name in known is null ? [arn] : new[] { arn, known })
        {
            verdicts.Add((await Service<Evaluator>().ExplainAsync(principal, action, new AccessTarget(name, AccountId), context.Facts())).Decision);
        }

        Authorised = !verdicts.Contains(Decision.Denied) && verdicts.Contains(Decision.Allowed) ? true : throw Refusal.AccessDenied(principal.Arn, action, arn);
    }

    /// <summary>Whether the caller may do something with an event bus of whichever account, whose policy has a say.</summary>
    /// <param name="keys">Condition keys of the operation; null for none.</param>
    public async Task<bool> MayAsync(string further, string account, string bus, IReadOnlyDictionary<string, string[]>? keys)
    {
        var found = await Service<EventBusStore>().FindAsync(account, bus, Cancellation);
        var target = new AccessTarget(Arns.Bus(account, bus), account) { Policy = EventBusStore.PolicyOf(found), OwnTags = account == AccountId ? await TagsAsync(Arns.Bus(account, bus)) : null };
        return await Service<Evaluator>().AllowsAsync(principal, further, target, context.Facts() with { Keys = keys });
    }

    /// <summary>That the operation itself has asked <see cref="MayAsync"/>.</summary>
    public void Allowed() => Authorised = true;

    /// <summary>The bus that a parameter names by name or ARN, or the default one where it is absent: one of the caller's account.</summary>
    /// <exception cref="Refusal">Validation; AccessDenied: it is another account's.</exception>
    public string Bus(string member = "EventBusName")
    {
        var (account, bus) = AnyBus(arguments.Optional(member, EventShapes.BusNameOrArn));
        return account == AccountId ? bus : throw Refusal.AccessDenied(principal.Arn, action, Arns.Bus(account, bus));
    }

    /// <summary>The bus of whichever account that a text names by name or ARN; null is the caller's default one.</summary>
    /// <exception cref="Refusal">Validation.</exception>
    public (string Account, string Bus) AnyBus(string? named) => named is null ? (AccountId, EventBus.Default)
        : !named.Contains(':', StringComparison.Ordinal) ? (AccountId, named)
        : Arns.BusOf(named) ?? throw EventRefusals.Invalid($"{named} is no event bus of this server, whose region is {Arns.Region}.");

    /// <summary>The rule that the call names.</summary>
    /// <param name="member">The member with its name.</param>
    public RuleName Rule(string member) => new(AccountId, Bus(), arguments.Required(member, EventShapes.RuleName));

    /// <summary>The page that the call asks for with <c>Limit</c> and <c>NextToken</c>.</summary>
    /// <param name="bound">The other parameters, which the next page must be asked for with again.</param>
    public Page Page(params IEnumerable<string?> bound)
    {
        var tokens = Service<PageTokens>();
        var binding = PageTokens.Bind(action, AccountId, bound.Select((value, index) => KeyValuePair.Create($"{index}", value ?? "")));
        var size = arguments.Integer("Limit", 1, EventShapes.MostResults) ?? EventShapes.MostResults;
        return new Page(size, arguments.Optional("NextToken", EventShapes.NextToken) is { } token ? Open(token) : null, key => tokens.Seal(binding, key));

        IReadOnlyList<string> Open(string token)
        {
            try
            {
                return tokens.Open(binding, token);
            }
            catch (Refusal)
            {
                throw EventRefusals.Invalid("NextToken is not one that this request was given. Leave NextToken out to start with the first page.");
            }
        }
    }

    private async Task<IReadOnlyDictionary<string, string>?> TagsAsync(string arn)
    {
        var resource = arn[(arn.LastIndexOf(':') + 1)..];
        return resource.StartsWith("rule/", StringComparison.Ordinal) || resource.StartsWith("event-bus/", StringComparison.Ordinal)
            ? (await Service<EventTagStore>().ListAsync(AccountId, resource, Cancellation)).ToDictionary(t => t.Key, t => t.Value, StringComparer.Ordinal)
            : null;
    }
}
