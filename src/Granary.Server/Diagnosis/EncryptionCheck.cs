using Granary.Core;
using Granary.Core.Database;
using Granary.Core.Encryption;
using Granary.Server.Encryption;
using Microsoft.EntityFrameworkCore;

namespace Granary.Server.Diagnosis;

/// <summary>Whether the keys of encrypted domains can be used.</summary>
internal static class EncryptionCheck
{
    private const string Topic = "encryption";

    public static async Task<IReadOnlyList<Finding>> RunAsync(Patient patient, GranaryDatabase database, CancellationToken cancellation)
    {
        await using var db = database.Open();
        // What a deleted domain has left needs its key only until it is collected.
        var keys = await db.DomainKeys.AsNoTracking().Where(k => db.Domains.Any(d => d.Id == k.DomainId)).OrderBy(k => k.DomainId).ToListAsync(cancellation);
        if (keys.Count == 0)
        {
            return [Finding.Note(Topic, "no domain is encrypted")];
        }

        var service = EncryptionServices.Keys(patient.Options, patient.Data, database, demandsEnabled: true);
        using var ending = service as IDisposable;
        List<Finding> findings = [];
        foreach (var key in keys)
        {
            if (await FaultAsync(service, key, cancellation) is { } fault)
            {
                findings.Add(Finding.Bad(Topic, $"the key of {key.Context} cannot be used: {fault}", "Until it can, every request for packages of the domain is refused. See docs/operations.md, Encryption at rest."));
            }
        }

        return findings.Count > 0 ? findings : [Finding.Good(Topic, $"the keys of all {keys.Count} encrypted domains can be used")];
    }

    private static async Task<string?> FaultAsync(IKeyService service, DomainKey key, CancellationToken cancellation)
    {
        try
        {
            await service.UnwrapAsync(key, cancellation);
            return null;
        }
        catch (Refusal refusal)
        {
            return refusal.InnerException?.Message ?? refusal.Message;
        }
    }
}
