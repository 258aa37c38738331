namespace Granary.Core.Access;

/// <summary>
/// The one place where a request is allowed or refused. Every route names its action and its resource and asks here.
/// Today it knows the accounts' own users, who may do everything with what their account owns; policies widen and narrow
/// that without a change to any route.
/// </summary>
public sealed class Evaluator
{
    /// <summary>Whether the principal may perform the action (<c>codeartifact:ReadFromRepository</c>) on the resource.</summary>
    /// <param name="resourceArn">An ARN of CodeArtifact, or <see cref="ResourceArns.Any"/>.</param>
#pragma warning disable CA1822 // Static only until it reads policies.
    public bool Allows(Principal principal, string action, string resourceArn) =>
#pragma warning restore CA1822
        resourceArn == ResourceArns.Any || OwnerOf(resourceArn).SequenceEqual(principal.AccountId);

    /// <exception cref="Refusal">The principal may not. It is the same whether or not the resource exists.</exception>
    public void Demand(Principal principal, string action, string resourceArn)
    {
        if (!Allows(principal, action, resourceArn))
        {
            throw Refusal.AccessDenied(principal.Arn, action, resourceArn);
        }
    }

    private static ReadOnlySpan<char> OwnerOf(ReadOnlySpan<char> arn)
    {
        // arn:partition:service:region:ACCOUNT:resource
        for (var colons = 0; colons < 4; colons++)
        {
            arn = arn[(arn.IndexOf(':') + 1)..];
        }

        var end = arn.IndexOf(':');
        return end < 0 ? [] : arn[..end];
    }
}
