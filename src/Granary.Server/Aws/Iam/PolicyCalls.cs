using Granary.Core;
using Granary.Core.Access.Identities;
using Granary.Server.Aws.Query;

namespace Granary.Server.Aws.Iam;

/// <summary>Finds the managed policy that a call names, once it is decided that the caller may do this with it.</summary>
internal static class PolicyCalls
{
    /// <exception cref="Refusal">InvalidInput: it is no ARN of a policy.</exception>
    public static string CheckArn(string arn) =>
        arn.Split(':') is ["arn", "aws", "iam", "", var account, var resource]
            && (account == "aws" || (account.Length == 12 && account.All(char.IsAsciiDigit)))
            && resource.StartsWith("policy/", StringComparison.Ordinal) && !resource.EndsWith('/')
            ? arn
            : throw IdentityRefusals.InvalidInput($"ARN {arn} is not valid.");

    public static string PolicyArn(this QueryCall call) => CheckArn(call.Arguments.Required("PolicyArn", IamShapes.Arn));

    /// <summary>For what can be read of AWS's policies, too.</summary>
    /// <exception cref="Refusal">AccessDenied, or NoSuchEntity.</exception>
    public static async Task<PolicyLine> PolicyAsync(this QueryCall call)
    {
        var arn = call.PolicyArn();
        var line = await call.Service<ManagedPolicyListing>().FindAsync(call.AccountId, arn, call.Cancellation);
        await call.AuthorisePolicyAsync(arn, line?.Own);
        return line ?? throw IdentityRefusals.NoSuchPolicy(arn);
    }

    /// <summary>For what changes a policy.</summary>
    /// <param name="further">Condition keys of the action; null for none.</param>
    /// <exception cref="Refusal">AccessDenied: for AWS's policies, too. NoSuchEntity.</exception>
    public static async Task<ManagedPolicy> OwnPolicyAsync(this QueryCall call, IReadOnlyDictionary<string, string[]>? further = null)
    {
        var arn = call.PolicyArn();
        var policy = await call.Service<ManagedPolicyStore>().FindAsync(call.AccountId, arn, call.Cancellation);
        await call.AuthorisePolicyAsync(arn, policy, further);
        return policy ?? throw (arn.StartsWith(AwsPolicies.Prefix, StringComparison.Ordinal) ? IdentityRefusals.OfAws(arn) : IdentityRefusals.NoSuchPolicy(arn));
    }

    private static async Task AuthorisePolicyAsync(
        this QueryCall call, string arn, ManagedPolicy? policy, IReadOnlyDictionary<string, string[]>? further = null)
    {
        var keys = new Dictionary<string, string[]>(further ?? new Dictionary<string, string[]>(), StringComparer.OrdinalIgnoreCase);
        if (policy is not null)
        {
            await call.AddTagsAsync(keys, TagSubject.Of(policy));
        }

        await call.AuthoriseAsync(arn, keys.Count == 0 ? null : keys);
    }
}
