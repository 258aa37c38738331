using Granary.Core.Access.Identities;
using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Encryption;
using Granary.Core.Events;
using Granary.Server.Encryption;

namespace Granary.Tests.Encryption;

/// <summary>Domains with a key of this server's own, whatever else is in their database, and a storage that encrypts for them.</summary>
internal sealed class EncryptedDomains(GranaryDatabase database, string directory, TimeProvider? clock = null) : IAsyncDisposable
{
    private readonly ChangeLog log = new(database, new DomainStamps(database), new AccountRevisions(database), TimeProvider.System);

    public LocalKeyStore Store => new(directory, "us-east-1", log, TimeProvider.System);

    public LocalKeys Keys => new(directory, database, Store);

    public string KeyArn { get; private set; } = "";

    public DomainKeys DomainKeys => new(database, Keys, new EncryptionOptions(), clock ?? TimeProvider.System);

    public SealedStorage Over(IAssetStorage stored) => new(stored, DomainKeys);

    public async Task AddAsync(params long[] domains)
    {
        KeyArn = await Store.CreateAsync(World.Owner, null, CancellationToken.None);
        foreach (var domain in domains)
        {
            var wrapped = await Keys.GenerateAsync(KeyArn, $"domain {domain}", CancellationToken.None);
            await log.WriteServerAsync(
                db =>
                {
                    db.DomainKeys.Add(new NewDomainKey(KeyArn, $"domain {domain}", wrapped).For(domain));
                    return db.SaveChangesAsync();
                },
                CancellationToken.None);
        }
    }

    public async Task SetEnabledAsync(bool isEnabled)
    {
        var row = await LocalKeys.FindRowAsync(database, World.Owner, KeyArn, CancellationToken.None);
        await Store.SetEnabledAsync(row!, isEnabled, CancellationToken.None);
    }

    public ValueTask DisposeAsync() => log.DisposeAsync();
}
