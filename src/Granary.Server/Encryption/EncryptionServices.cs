using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Encryption;
using Granary.Core.Events;
using Granary.Server.Hosting;

namespace Granary.Server.Encryption;

/// <summary>Puts encryption before the storage of assets.</summary>
internal static class EncryptionServices
{
    public static IServiceCollection AddAssetStorage(this IServiceCollection services, ServeOptions options, DataDirectory data, IAssetStorage stored)
    {
        services.AddSingleton(options.Encryption);
        services.AddSingleton(p => new LocalKeyStore(data.Path, options.Region, p.GetRequiredService<ChangeLog>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IKeyService>(p => options.Kms is { } kms
            ? new KmsKeys(kms)
            : new LocalKeys(data.Path, p.GetRequiredService<GranaryDatabase>(), p.GetRequiredService<LocalKeyStore>()));
        services.AddSingleton<DomainKeys>();
        return services.AddSingleton<IAssetStorage>(p => new SealedStorage(stored, p.GetRequiredService<DomainKeys>()));
    }

    /// <summary>For commands that copy or look at what is there, with its keys as they are.</summary>
    /// <param name="directory">The data directory whose keys are used.</param>
    /// <param name="demandsEnabled">As of <see cref="LocalKeys"/>.</param>
    public static IAssetStorage Sealed(ServeOptions options, string directory, GranaryDatabase database, IAssetStorage stored, bool demandsEnabled = false) =>
        new SealedStorage(stored, new DomainKeys(database, Keys(options, directory, database, demandsEnabled), options.Encryption, TimeProvider.System));

    public static IKeyService Keys(ServeOptions options, string directory, GranaryDatabase database, bool demandsEnabled) =>
        options.Kms is { } kms ? new KmsKeys(kms) : new LocalKeys(directory, database, store: null, demandsEnabled);
}
