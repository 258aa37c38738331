using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Events;
using Granary.Server.ControlPlane;
using Granary.Server.Hosting;

namespace Granary.Server.Aws.Query;

/// <summary>One call of one action: its parameters, who calls, and the question whether they may.</summary>
/// <param name="caller">Null for an unsigned request.</param>
internal sealed class QueryCall(HttpContext context, string action, Principal? caller, QueryArguments arguments)
{
    public HttpContext Context => context;

    /// <summary>Such as <c>iam:CreateUser</c>.</summary>
    public string Action => action;

    public QueryArguments Arguments => arguments;

    /// <exception cref="InvalidOperationException">The request is unsigned.</exception>
    public Principal Principal => caller ?? throw new InvalidOperationException($"{action} asked for the caller of an unsigned request.");

    public string AccountId => Principal.AccountId;

    public Actor Actor => new(Principal.Arn, RequestTrail.Of(context));

    public CancellationToken Cancellation => context.RequestAborted;

    /// <summary>Whether it was decided that the call may be made.</summary>
    public bool Authorised { get; private set; }

    public T Service<T>()
        where T : notnull => context.RequestServices.GetRequiredService<T>();

    /// <summary>Asks whether the caller may do this with a resource of the caller's own account.</summary>
    /// <param name="arn">The resource's, or <c>*</c> where the action names none.</param>
    /// <param name="keys">Condition keys of the action; null for none.</param>
    /// <param name="shown">What a refusal calls the resource, where its ARN would tell whether it exists; null for the ARN.</param>
    /// <exception cref="Refusal">AccessDenied, whether or not the resource exists.</exception>
    public async Task AuthoriseAsync(string arn, IReadOnlyDictionary<string, string[]>? keys = null, string? shown = null)
    {
        await DemandAsync(action, arn, keys, shown);
        Authorised = true;
    }

    /// <summary>Asks for a further action that this one needs, such as <c>iam:TagUser</c>.</summary>
    /// <exception cref="Refusal">AccessDenied, whether or not the resource exists.</exception>
    public async Task DemandAsync(string further, string arn, IReadOnlyDictionary<string, string[]>? keys = null, string? shown = null)
    {
        if (!await Service<Evaluator>().AllowsAsync(Principal, further, new AccessTarget(arn, AccountId), context.Facts() with { Keys = keys }))
        {
            throw Refusal.AccessDenied(Principal.Arn, further, shown ?? arn);
        }
    }

    /// <summary>For the actions that everybody may call, and those that decide in their own way.</summary>
    public void AuthoriseFreely() => Authorised = true;

    /// <summary>A list of texts, <c>Name.member.1</c> and so on; empty where there is none.</summary>
    public IReadOnlyList<string> Texts(string name, TextShape shape, int most)
    {
        var texts = new List<string>();
        while (arguments.Optional($"{name}.member.{texts.Count + 1}", shape) is { } text)
        {
            texts.Add(text);
            DemandFew(name, texts.Count, most);
        }

        return texts;
    }

    /// <summary>The prefixes of the members of a list of structures, such as <c>Tags.member.1.</c>, as far as <paramref name="required"/> is there.</summary>
    public IReadOnlyList<string> Objects(string name, string required, TextShape shape, int most)
    {
        var prefixes = new List<string>();
        while (arguments.Optional($"{name}.member.{prefixes.Count + 1}.{required}", shape) is not null)
        {
            prefixes.Add($"{name}.member.{prefixes.Count + 1}.");
            DemandFew(name, prefixes.Count, most);
        }

        return prefixes;
    }

    private static void DemandFew(string name, int count, int most)
    {
        if (count > most)
        {
            throw Fault.Of(name, $"Member must have length less than or equal to {most}");
        }
    }
}
