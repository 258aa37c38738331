using System.Text;
using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Events;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Collection;

/// <summary>
/// Remembers in the storage which database it belongs to. Whoever starts a server with another database on it by mistake must not find
/// everything removed that this one does not name.
/// </summary>
public sealed class StorageOwner(GranaryDatabase database, ChangeLog log, IAssetStorage storage)
{
    private const string Prefix = "owners/";

    // A lease that is never given up: the storage is this database's.
    private const string Name = "storage";

    /// <summary>Whether the storage is this database's. One that is nobody's is from now on.</summary>
    /// <param name="isDry">Nothing is written.</param>
    public async Task<bool> IsOwnAsync(bool isDry, CancellationToken cancellation)
    {
        var owners = await storage.ListAsync(Prefix, cancellation).Select(key => key.Key).ToListAsync(cancellation);
        var own = Prefix + (isDry ? await FindAsync(cancellation) : await IdAsync(cancellation));
        if (isDry || owners.Count > 0)
        {
            return owners.Count == 0 || owners.Contains(own);
        }

        await using var spool = storage.CreateSpool();
        await spool.WriteAsync(Encoding.ASCII.GetBytes(own), cancellation);
        await storage.StoreAsync(spool, own, cancellation);
        return true;
    }

    private async Task<string?> FindAsync(CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await db.JobLeases.Where(j => j.Name == Name).Select(j => j.Owner).SingleOrDefaultAsync(cancellation);
    }

    private async Task<string> IdAsync(CancellationToken cancellation)
    {
        var id = "";
        await log.WriteServerAsync(
            async db =>
            {
                await db.Database.ExecuteSqlAsync(
                    $"INSERT INTO job_leases (name, owner, expires_at, elapsed, seen_at) VALUES ({Name}, {Guid.NewGuid().ToString("N")}, 0, 0, 0) ON CONFLICT (name) DO NOTHING");
                id = await db.JobLeases.Where(j => j.Name == Name).Select(j => j.Owner!).SingleAsync();
            },
            cancellation);
        return id;
    }
}
