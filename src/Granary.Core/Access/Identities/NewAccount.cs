using Granary.Core.Database;

namespace Granary.Core.Access.Identities;

/// <summary>What an account begins with: a user who may do everything in it.</summary>
public static class NewAccount
{
    /// <summary>Adds the rows, in the transaction of the caller.</summary>
    /// <param name="accountId">Twelve digits.</param>
    /// <param name="userId">A new unique id.</param>
    public static void Add(GranaryContext db, string accountId, string userId, string administrator, DateTimeOffset now)
    {
        db.Identities.Add(new Identity
        {
            AccountId = accountId,
            Id = userId,
            Kind = IdentityKind.User,
            Name = administrator,
            NameKey = administrator.ToLowerInvariant(),
            Path = "/",
            CreatedAt = now,
        });
        db.Accounts.Add(new Account { Id = accountId, CreatedAt = now });
        db.PolicyAttachments.Add(new PolicyAttachment { AccountId = accountId, IdentityId = userId, PolicyArn = AwsPolicies.Administrator, AttachedAt = now });
    }
}
