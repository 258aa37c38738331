using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Server.Encryption;
using Granary.Server.Hosting;

namespace Granary.Server.Diagnosis;

/// <summary>What is examined.</summary>
/// <param name="Data">The full path of the data directory.</param>
/// <param name="Database">Null where there is none to be opened.</param>
internal sealed record Patient(string Data, ServeOptions Options, GranaryDatabase? Database, TimeProvider Clock)
{
    public string Under(params ReadOnlySpan<string> parts) => Path.Combine([Data, .. parts]);

    public IAssetStorage Storage() => GranaryHost.Storage(Options, Under("incoming"), Under("storage"), isOwner: false) is var stored && Database is { } database
        ? EncryptionServices.Sealed(Options, Data, database, stored)
        : stored;
}
