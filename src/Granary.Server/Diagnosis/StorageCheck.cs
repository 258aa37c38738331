using System.Text;
using Granary.Core;
using Granary.Core.Assets;
using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Server.Diagnosis;

/// <summary>The storage of assets: whether it takes, gives and removes bytes, and whether the newest assets are there.</summary>
internal static class StorageCheck
{
    /// <summary>How many of the newest assets are looked for.</summary>
    public const int Newest = 100;

    private const string Topic = "storage";

    public static async Task<IReadOnlyList<Finding>> RunAsync(Patient patient, GranaryDatabase? database, CancellationToken cancellation)
    {
        try
        {
            var storage = patient.Storage();
            if (await storage.Stored.FaultAsync(cancellation) is { } fault)
            {
                return [Finding.Bad(Topic, $"it cannot be used: {fault}", "Until it can, publishes, and downloads of what is not in memory, are refused with 503.")];
            }

            var probe = await ProbeAsync(storage, cancellation);
            return database is null ? [probe] : [probe, await AssetsAsync(storage, database, cancellation)];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or Refusal)
        {
            return [Finding.Bad(Topic, $"it cannot be used: {(failure.InnerException ?? failure).Message}", "See that it is there, has room, and may be written by the user that runs Granary.")];
        }
    }

    private static async Task<Finding> ProbeAsync(IAssetStorage storage, CancellationToken cancellation)
    {
        var text = Guid.NewGuid().ToString("N");
        var key = $"probes/{text}";
        var bytes = Encoding.ASCII.GetBytes(text);
        await using (var spool = storage.CreateSpool())
        {
            await spool.WriteAsync(bytes, cancellation);
            await storage.StoreAsync(spool, key, cancellation);
        }

        using var read = new MemoryStream();
        if (await storage.OpenAsync(key, cancellation) is { } content)
        {
            await content.CopyToAsync(read, 0, content.Length, cancellation);
        }

        await storage.DeleteAsync(key, cancellation);
        return !read.ToArray().AsSpan().SequenceEqual(bytes)
            ? Finding.Bad(Topic, "it gives back other bytes than it was given", "Publish nothing: look at the disk or the object store first.")
            : await storage.OpenAsync(key, cancellation) is not null
                ? Finding.Bad(Topic, "it removes nothing", "See that the user that runs Granary may delete there.")
                : Finding.Good(Topic, "it takes, gives back and removes bytes");
    }

    private static async Task<Finding> AssetsAsync(IAssetStorage storage, GranaryDatabase database, CancellationToken cancellation)
    {
        await using var db = database.Open();
        var newest = await db.Assets.AsNoTracking().OrderByDescending(a => a.StoredAt).Take(Newest).Select(a => new { a.DomainId, a.Sha256, a.Generation, a.Size }).ToListAsync(cancellation);
        var faults = new List<string>();
        foreach (var asset in newest)
        {
            var key = AssetKey.OfAsset(asset.DomainId, asset.Sha256, asset.Generation);
            if (await storage.OpenAsync(key, cancellation) is not { } content)
            {
                faults.Add($"{key} is missing");
            }
            else if (content.Length != asset.Size)
            {
                faults.Add($"{key} has {content.Length} bytes and should have {asset.Size}");
            }
        }

        return faults.Count == 0
            ? Finding.Good(Topic, $"the newest {newest.Count} assets are there with their sizes")
            : Finding.Bad(Topic, $"of the newest {newest.Count} assets {faults.Count} are missing or damaged, first {faults[0]}", "Stop publishing, and restore the files from a backup (its folder assets has them under the same names), or restore all of it: granary restore.");
    }
}
