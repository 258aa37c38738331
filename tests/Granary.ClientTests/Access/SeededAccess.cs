using Granary.ClientTests.Harness;
using Granary.Core.Access.Identities;
using Granary.Core.Database;
using Microsoft.Data.Sqlite;

namespace Granary.ClientTests.Access;

/// <summary>Writes roles and identity providers into the database of a server that is stopped.</summary>
internal static class SeededAccess
{
    public static Identity Role(string name, string principal, string action, string condition = "{}") => new()
    {
        AccountId = GranaryServer.Account,
        Id = UniqueId.Of(IdentityKind.Role),
        Kind = IdentityKind.Role,
        Name = name,
        NameKey = name.ToLowerInvariant(),
        Path = "/",
        CreatedAt = TimeProvider.System.GetUtcNow(),
        MaxSessionSeconds = 3600,
        TrustPolicy = $$"""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{{principal}},"Action":"{{action}}","Condition":{{condition}}}]}""",
    };

    /// <summary>Each role with a policy that it has.</summary>
    public static async Task WriteAsync(GranaryServer server, IdentityProvider? provider, params (Identity Role, string Policy)[] roles)
    {
        await using (var db = GranaryDatabase.Sqlite(Path.Combine(server.DataDirectory, "granary.db")).Open())
        {
            foreach (var (role, policy) in roles)
            {
                db.Identities.Add(role);
                db.InlinePolicies.Add(new InlinePolicy { AccountId = role.AccountId, IdentityId = role.Id, Name = "inline", Document = policy });
            }

            if (provider is not null)
            {
                db.IdentityProviders.Add(provider);
            }

            await db.SaveChangesAsync();
        }

        SqliteConnection.ClearAllPools();
    }
}
