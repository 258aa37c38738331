using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Access.Identities;
using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Encryption;
using Granary.Core.Events;
using Granary.Core.Groups;
using Granary.Core.Repositories;
using Granary.Formats;
using Granary.Server.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Granary.Server.Hosting;

/// <summary>
/// What an empty server needs before anybody can use it: an account, an administrator with an access key, the two files
/// that the AWS CLI reads, and a domain whose repositories reach the public sources.
/// </summary>
public sealed class FirstStart(GranaryDatabase database, ChangeLog log, AccessKeys keys, AwsFiles files, DomainKeys domainKeys, ServeOptions options, TimeProvider clock)
{
    public const string AccountId = "123456789012";
    public const string Administrator = "admin";

    public const string DomainName = "my-domain";
    public const string RepositoryName = "my-repo";

    // The stores that AWS's console proposes by these names, in the order in which they are asked.
    private static readonly (string Name, string Connection)[] Stores =
    [
        ("npm-store", "public:npmjs"),
        ("pypi-store", "public:pypi"),
        ("maven-central-store", "public:maven-central"),
        ("nuget-store", "public:nuget-org"),
    ];

    /// <summary>Does nothing where an account exists. Rerun after a crash it completes what is missing.</summary>
    /// <param name="endpoint">The address that the AWS CLI is to use.</param>
    /// <exception cref="InvalidOperationException">The database belongs to other keys than those of the data directory.</exception>
    public async Task RunAsync(string endpoint, CancellationToken cancellation)
    {
        await using (var db = database.Open())
        {
            if (await db.Accounts.AnyAsync(cancellation))
            {
                await DemandKeysAsync(db, cancellation);
                files.UseEndpoint(endpoint);
                return;
            }
        }

        // The files before the rows: a key that nobody can read is of no use, a file without its key is written again. The user's id
        // is part of the key's row, so it is made here and not in the transaction.
        var now = clock.GetUtcNow();
        var userId = UniqueId.Of(IdentityKind.User);
        var (key, secret) = keys.Create(AccountId, userId, now);
        files.Create(key.Id, secret, endpoint);
        var dataKey = options.Quickstart ? await PrepareKeyAsync(cancellation) : null;
        await log.WriteServerAsync(
            async db =>
            {
                NewAccount.Add(db, AccountId, userId, Administrator, now);
                db.AccessKeys.Add(key);
                if (options.Quickstart)
                {
                    await AddQuickstartAsync(db, dataKey);
                }

                await db.SaveChangesAsync(CancellationToken.None);
            },
            cancellation);
    }

    /// <summary>A node with keys of its own would take no access key and no token of another one.</summary>
    private async Task DemandKeysAsync(GranaryContext db, CancellationToken cancellation)
    {
        if (await db.AccessKeys.AsNoTracking().OrderByDescending(k => k.CreatedAt).FirstOrDefaultAsync(cancellation) is { } newest && !keys.Opens(newest))
        {
            throw new InvalidOperationException(
                $"The keys in {options.Data} are not those that the database was written with. Copy the folder keys of a node that uses this database, or of its backup, and start again.");
        }
    }

    /// <summary>What the domain is encrypted with; null where it is not to be.</summary>
    private async Task<NewDomainKey?> PrepareKeyAsync(CancellationToken cancellation)
    {
        try
        {
            return await domainKeys.PrepareAsync(AccountId, arn: null, new ResourceArns(options.Region).Domain(AccountId, DomainName), cancellation);
        }
        catch (Refusal refusal)
        {
            throw new InvalidOperationException($"The domain {DomainName} cannot be encrypted, as Encryption:EveryDomain says it is to be. {refusal.InnerException?.Message ?? refusal.Message}", refusal);
        }
    }

    private async Task AddQuickstartAsync(GranaryContext db, NewDomainKey? dataKey)
    {
        var now = clock.GetUtcNow();
        var domain = new Domain
        {
            Owner = AccountId,
            Name = DomainName,
            CreatedAt = now,
            EncryptionKey = dataKey?.KeyArn ?? $"arn:aws:kms:{options.Region}:{AccountId}:key/{Guid.NewGuid()}",
        };
        db.Domains.Add(domain);
        await db.SaveChangesAsync();
        if (dataKey is not null)
        {
            db.DomainKeys.Add(dataKey.For(domain.Id));
        }

        var transaction = new ChangeTransaction(db, domain.Id, default, Principal.User(AccountId, Administrator).Arn, now);
        transaction.RecordConfiguration(ChangeKind.DomainCreated);
        db.PackageGroups.Add(PackageGroup.NewRoot(domain.Id, transaction.NextId(), now));
        var stores = Stores.Select(store => Add(transaction, store.Name, store.Connection)).ToArray();
        var repository = Add(transaction, RepositoryName, null);
        db.RepositoryUpstreams.AddRange(stores.Select((store, position) => new RepositoryUpstream
        {
            DomainId = domain.Id,
            RepositoryId = repository.Id,
            Position = position,
            UpstreamId = store.Id,
        }));
        (domain.Sequence, domain.ConfigurationSequence) = (transaction.Stamp.Sequence, transaction.Stamp.Configuration);
    }

    private static Repository Add(ChangeTransaction transaction, string name, string? connection)
    {
        var format = PackageFormats.All.FirstOrDefault(f => f.Connections.Any(c => c.Name == connection))?.Name;
        var repository = new Repository
        {
            DomainId = transaction.DomainId,
            Id = transaction.NextId(),
            Name = name,
            Administrator = AccountId,
            Description = format is null ? null : $"Provides {format} packages from {connection}.",
            ExternalConnection = connection,
            CreatedAt = transaction.Now,
        };
        transaction.Db.Repositories.Add(repository);
        transaction.RecordConfiguration(ChangeKind.RepositoryCreated, repository);
        return repository;
    }
}
