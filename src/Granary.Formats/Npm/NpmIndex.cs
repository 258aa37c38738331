using Granary.Core;
using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Packages;
using Granary.Core.Upstreams;
using Microsoft.EntityFrameworkCore;

namespace Granary.Formats.Npm;

/// <summary>A finished packument, and until when its sources need not be asked.</summary>
internal sealed class NpmListing(NpmPackument packument, IReadOnlyList<string?> sources)
{
    public NpmPackument Packument => packument;

    /// <summary>The storage keys of the source documents that went into it, in search order.</summary>
    public IReadOnlyList<string?> Sources => sources;

    /// <summary>A timestamp of the clock; <see cref="long.MaxValue"/> where no source was asked.</summary>
    public long FreshUntil { get; set; }

    /// <summary>A source could not be asked just now.</summary>
    public bool IsStale { get; set; }
}

/// <summary>
/// What clients of a repository see of a package: the union of all repositories that are searched and of their sources.
/// Rendered once for each change, kept as finished bytes.
/// </summary>
internal sealed class NpmIndex(GranaryDatabase database, PackageSearch search, PackageStamps stamps, SourceListings sources, TimeProvider clock) : IDisposable
{
    private const long Room = 64L << 20;

    // How long a listing that lacks a source, which is down and never answered, is kept before the source is asked again.
    private static readonly TimeSpan Incomplete = TimeSpan.FromSeconds(5);

    private static readonly CompiledQuery<Func<GranaryContext, long, long, IAsyncEnumerable<PackageVersion>>> Versions = new(() => EF.CompileAsyncQuery(
        (GranaryContext db, long domainId, long packageId) => db.PackageVersions.AsNoTracking()
            .Where(v => v.DomainId == domainId && v.PackageId == packageId)));

    private static readonly CompiledQuery<Func<GranaryContext, long, long, IAsyncEnumerable<PackageTag>>> Tags = new(() => EF.CompileAsyncQuery(
        (GranaryContext db, long domainId, long packageId) => db.PackageTags.AsNoTracking()
            .Where(t => t.DomainId == domainId && t.PackageId == packageId)));

    private readonly StampedCache<(long Repository, PackageCoordinate Package, string Address, NpmForm Form), NpmListing> listings = new(stamps, Room);
    private readonly SemaphoreSlim rendering = new(Environment.ProcessorCount);
    private readonly SingleFlight<(PackageStamp, long, PackageCoordinate, string, NpmForm), NpmListing?> renders = new();

    /// <summary>The listing, or null when no version of the package is visible.</summary>
    /// <exception cref="Refusal">Nothing is here, and a source that might have it cannot be asked.</exception>
    public async ValueTask<NpmListing?> GetAsync(RepositoryRequest request, PackageCoordinate package, NpmForm form, CancellationToken cancellation)
    {
        var key = (request.Repository.Id, package, request.Address, form);
        var known = await listings.FindAsync(key, request.Domain, package, cancellation);
        if (known is not null && clock.GetTimestamp() < known.FreshUntil)
        {
            return known;
        }

        // By stamp, so that nobody joins a rendering that began before a change that has been acknowledged to them.
        var stamp = await stamps.CurrentAsync(request.Domain, package, cancellation);
        known = await listings.FindAsync(key, request.Domain, package, cancellation);
        var flight = (stamp.Package, request.Repository.Id, package, request.Address, form);
        return await renders.RunAsync(flight, () => RefreshAsync(request, package, form, known, stamp)).WaitAsync(cancellation);
    }

    public void Dispose()
    {
        listings.Dispose();
        rendering.Dispose();
    }

    private async Task<NpmListing?> RefreshAsync(
        RepositoryRequest request, PackageCoordinate package, NpmForm form, NpmListing? known, (PackageStamp, long) stamp)
    {
        var path = (await search.PathAsync(request.Domain, request.Repository, package, CancellationToken.None)).Steps;
        for (var tries = 0; ; tries++)
        {
            var material = new NpmListingMaterial(clock);
            await AskSourcesAsync(request.Domain, path, package, material);
            if (known is not null && known.Sources.SequenceEqual(material.SourceKeys))
            {
                known.FreshUntil = FreshUntil(material);
                known.IsStale = material.IsStale;
                return known;
            }

            // Rendering is work for the processor and holds whole documents: more at once than processors only takes memory.
            await rendering.WaitAsync();
            try
            {
                if (await ReadAsync(request.Domain, path, material) || tries == 3)
                {
                    return Keep(request, package, form, stamp, material);
                }
            }
            finally
            {
                rendering.Release();
            }

            // A source document was replaced between the two looks.
        }
    }

    private NpmListing? Keep(RepositoryRequest request, PackageCoordinate package, NpmForm form, (PackageStamp, long) stamp, NpmListingMaterial material)
    {
        if (material.Versions.Count == 0)
        {
            return material switch
            {
                { Failure: { } failure } => throw failure,
                { Unaddressed: { } connection } => throw NeverAsked(request, package, connection),
                _ => null,
            };
        }

        var packument = NpmPackument.Render(package, request.Address, material.Versions, material.Tags, form);
        var listing = new NpmListing(packument, material.SourceKeys)
        {
            FreshUntil = FreshUntil(material),
            IsStale = material.IsStale,
        };
        listings.Set((request.Repository.Id, package, request.Address, form), listing, stamp, packument.Size);
        return listing;
    }

    private static Refusal NeverAsked(RepositoryRequest request, PackageCoordinate package, string connection)
    {
        var name = NpmFormat.Spell(package);
        return Refusal.NotFound(
            ResourceType.Package, name,
            $"Package '{name}' is not in repository {request.Repository.Name}, and the public source was not asked: this server has no address for {connection}. "
            + $"Set ExternalConnections:{connection}, and see: granary connections.");
    }

    private long FreshUntil(NpmListingMaterial material) =>
        material.Failure is null ? material.FreshUntil : NpmListingMaterial.After(clock, Incomplete);

    private async Task AskSourcesAsync(DomainSnapshot domain, IReadOnlyList<SearchStep> path, PackageCoordinate package, NpmListingMaterial material)
    {
        foreach (var step in path)
        {
            if (step.Connection is null)
            {
                continue;
            }

            try
            {
                material.AddSource(step.Connection, await sources.GetAsync(domain, step, package, CancellationToken.None));
            }
            catch (Refusal refusal)
            {
                // What is stored is still listed; only where nothing is, the refusal is the answer.
                material.AddFailure(refusal);
            }
        }
    }

    /// <summary>Gathers step by step what is stored and what the source lists; false where a source's document is gone by now.</summary>
    private async Task<bool> ReadAsync(DomainSnapshot domain, IReadOnlyList<SearchStep> path, NpmListingMaterial material)
    {
        await using var db = database.Open();
        var whole = true;
        var source = 0;
        foreach (var step in path)
        {
            if (step.Package is { } record)
            {
                await ReadStoredAsync(db, domain, record, material);
            }

            if (step.Connection is not null && material.SourceKeys[source++] is { } key)
            {
                whole &= await ReadSourceAsync(key, material);
            }
        }

        return whole;
    }

    private static async Task ReadStoredAsync(GranaryContext db, DomainSnapshot domain, Package record, NpmListingMaterial material)
    {
        await foreach (var version in Versions.On(db)(db, domain.Id, record.Id))
        {
            material.AddStored(version);
        }

        await foreach (var tag in Tags.On(db)(db, domain.Id, record.Id))
        {
            material.Tags[tag.Name] = tag.Version;
        }
    }

    private async Task<bool> ReadSourceAsync(string key, NpmListingMaterial material)
    {
        if (await sources.ReadAsync(key, CancellationToken.None) is not { } bytes)
        {
            return false;
        }

        material.AddDocument(NpmDocument.Read(bytes));
        return true;
    }
}
