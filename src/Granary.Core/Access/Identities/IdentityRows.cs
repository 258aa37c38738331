using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Access.Identities;

/// <summary>Reads of rows inside the transactions of the stores, which hold the account: what is found stays so until they end.</summary>
internal static class IdentityRows
{
    public static string Key(string name) => name.ToLowerInvariant();

    /// <summary>The row of what was found before the transaction, by its id: another of the same name is another.</summary>
    /// <exception cref="Refusal">NoSuchEntity: it was deleted meanwhile.</exception>
    public static async Task<Identity> LoadAsync(GranaryContext db, Identity identity) =>
        await db.Identities.SingleOrDefaultAsync(i => i.AccountId == identity.AccountId && i.Id == identity.Id)
        ?? throw IdentityRefusals.NoSuch(identity.Kind, identity.Name);

    /// <summary>The row of a policy of the account's own, or null.</summary>
    public static async Task<ManagedPolicy?> FindPolicyAsync(GranaryContext db, string account, string arn, CancellationToken cancellation = default)
    {
        var key = Key(arn[(arn.LastIndexOf('/') + 1)..]);
        var policy = await db.ManagedPolicies.SingleOrDefaultAsync(p => p.AccountId == account && p.NameKey == key, cancellation);
        return policy?.Arn == arn ? policy : null;
    }

    /// <summary>That the account can attach the policy: its own, or one of AWS's names.</summary>
    /// <exception cref="Refusal">NoSuchEntity.</exception>
    public static async Task DemandPolicyAsync(GranaryContext db, string account, string arn)
    {
        if (!AwsPolicies.All.ContainsKey(arn) && await FindPolicyAsync(db, account, arn) is null)
        {
            throw IdentityRefusals.NoSuchPolicy(arn);
        }
    }
}
