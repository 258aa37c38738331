using System.Buffers.Binary;
using System.IO.Pipelines;
using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Packages;
using Granary.Core.Upstreams;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Memory;

namespace Granary.Formats.Maven;

/// <summary>A file of a version in the repository that was asked, whatever the version's status.</summary>
internal sealed record MavenHeldFile(PackageVersionStatus Status, MavenManifest Manifest, Digests Digests);

/// <summary>The checksums of files. They are computed when a file comes and never what somebody sent.</summary>
internal sealed class MavenDigests(GranaryDatabase database, AssetSearch search) : IDisposable
{
    // Maven asks for a checksum after each file. What has one SHA-256 has one of each other, so nothing here ever becomes untrue.
    private readonly MemoryCache remembered = new(new MemoryCacheOptions { SizeLimit = 50_000 });

    /// <summary>As the repository itself has the file; null where it has none.</summary>
    public async Task<MavenHeldFile?> HeldAsync(RepositoryRequest request, string version, string file, CancellationToken cancellation)
    {
        await using var db = database.Open();
        var (domain, repository, package) = (request.Domain.Id, request.Repository.Id, request.RequiredPackage);
        var found = await (
            from p in db.Packages
            where p.DomainId == domain && p.RepositoryId == repository && p.Format == package.Format && p.Namespace == package.Namespace && p.Name == package.Name
            from v in db.PackageVersions
            where v.DomainId == p.DomainId && v.PackageId == p.Id && v.Version == version
            from a in db.VersionAssets
            where a.DomainId == v.DomainId && a.VersionId == v.Id && a.Name == file
            from asset in db.Assets
            where asset.DomainId == a.DomainId && asset.Sha256 == a.Sha256
            select new { v.Status, v.Manifest, asset.Size, asset.Md5, asset.Sha1, asset.Sha256, asset.Sha512 }).SingleOrDefaultAsync(cancellation);
        return found is null ? null : new(found.Status, MavenManifest.Read(found.Manifest), new Digests(found.Size, found.Md5, found.Sha1, found.Sha256, found.Sha512));
    }

    /// <summary>As clients of the repository see the file, and of an Unfinished version too; null where they see none.</summary>
    public async Task<Digests?> FindAsync(RepositoryRequest request, string version, string file, CancellationToken cancellation)
    {
        if (await search.FindKnownAsync(request.Domain, request.Repository, request.RequiredPackage, version, file, cancellation) is { } known)
        {
            return await ReadAsync(request.Domain.Id, known.Sha256, cancellation);
        }

        while (true)
        {
            if (await HeldAsync(request, version, file, cancellation) is { } held)
            {
                return held.Status is PackageVersionStatus.Archived or PackageVersionStatus.Disposed ? null : held.Digests;
            }

            var found = await search.FindAsync(request.Domain, request.Repository, request.RequiredPackage, version, file, cancellation);
            if (found is null)
            {
                return null;
            }

            if (found.Stored is { } stored)
            {
                return await ReadAsync(request.Domain.Id, stored.Sha256, cancellation);
            }

            if (await ReceiveAsync(request, version, found.Arriving!, cancellation) is { } received)
            {
                return received;
            }
        }
    }

    public void Dispose() => remembered.Dispose();

    private async Task<Digests> ReadAsync(long domainId, byte[] sha256, CancellationToken cancellation)
    {
        var key = (domainId, BinaryPrimitives.ReadUInt128BigEndian(sha256));
        if (remembered.TryGetValue(key, out Digests? known))
        {
            return known!;
        }

        await using var db = database.Open();
        var asset = await db.Assets.AsNoTracking().SingleOrDefaultAsync(a => a.DomainId == domainId && a.Sha256 == sha256, cancellation) ?? throw AssetStore.Damaged();
        return remembered.Set(
            key, new Digests(asset.Size, asset.Md5, asset.Sha1, asset.Sha256, asset.Sha512), new MemoryCacheEntryOptions { Size = 1, SlidingExpiration = TimeSpan.FromHours(1) });
    }

    /// <summary>Somebody asks for the checksum before the file: it is brought in for it. Null where it was stored meanwhile.</summary>
    private async Task<Digests?> ReceiveAsync(RepositoryRequest request, string version, Download download, CancellationToken cancellation)
    {
        await using var arriving = download;
        if ((await download.Began.WaitAsync(cancellation)).IsSuperseded)
        {
            return null;
        }

        Digests? received = null;
        await download.CopyToAsync(
            PipeWriter.Create(Stream.Null),
            digests =>
            {
                received = digests;
                return search.RetainAsync(request.Domain, request.Repository, request.RequiredPackage, version, download.Into, cancellation);
            },
            cancellation);
        return received;
    }
}
