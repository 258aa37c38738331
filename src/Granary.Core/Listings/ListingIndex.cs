using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Packages;
using Granary.Core.Repositories;
using Granary.Core.Upstreams;
using Granary.Core.Usage;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Listings;

/// <summary>A finished listing, and until when its sources need not be asked.</summary>
/// <param name="sources">The storage keys of the source documents that went into it, in search order.</param>
public sealed class Listing<TRendered>(TRendered rendered, IReadOnlyList<string?> sources)
{
    public TRendered Rendered => rendered;

    public IReadOnlyList<string?> Sources => sources;

    /// <summary>A timestamp of the clock; <see cref="long.MaxValue"/> where no source was asked.</summary>
    public long FreshUntil { get; set; }

    /// <summary>A source could not be asked just now.</summary>
    public bool IsStale { get; set; }
}

/// <summary>What a listing is of: a package, as a repository shows it under one address, in one of the format's forms.</summary>
public readonly record struct ListingKey<TForm>(long Repository, PackageCoordinate Package, string Address, TForm Form);

/// <summary>What all indexes work with.</summary>
public sealed record ListingServices(
    GranaryDatabase Database, PackageSearch Search, PackageStamps Stamps, SourceListings Sources, BrokenPromises BrokenPromises, TimeProvider Clock);

/// <summary>
/// What clients of a repository see of a package: the union of all repositories that are searched and of their sources. Rendered once for
/// each change, kept as finished bytes. A format says how a version is read and how a listing is written.
/// </summary>
/// <typeparam name="TVersion">What the format's listing needs of a version.</typeparam>
/// <typeparam name="TForm">Which rendering is meant: a media type, an encoding.</typeparam>
/// <typeparam name="TRendered">Finished bytes.</typeparam>
public abstract class ListingIndex<TVersion, TForm, TRendered>(ListingServices services) : IDisposable
    where TForm : notnull
{
    // Bytes of finished listings that are kept for each format.
    private const long Room = 64L << 20;

    private static readonly CompiledQuery<Func<GranaryContext, long, long, IAsyncEnumerable<PackageVersion>>> Versions = new(() => EF.CompileAsyncQuery(
        (GranaryContext db, long domainId, long packageId) => db.PackageVersions.AsNoTracking()
            .Where(v => v.DomainId == domainId && v.PackageId == packageId)));

    private static readonly CompiledQuery<Func<GranaryContext, long, long, IAsyncEnumerable<PackageTag>>> Tags = new(() => EF.CompileAsyncQuery(
        (GranaryContext db, long domainId, long packageId) => db.PackageTags.AsNoTracking()
            .Where(t => t.DomainId == domainId && t.PackageId == packageId)));

    private readonly StampedCache<ListingKey<TForm>, Listing<TRendered>> listings = new(services.Stamps, Room);
    private readonly SemaphoreSlim rendering = new(Environment.ProcessorCount);
    private readonly SingleFlight<(PackageStamp, ListingKey<TForm>), Listing<TRendered>?> renders = new();

    /// <summary>The listing, or null when no version of the package is visible.</summary>
    /// <param name="address">The repository's address as the client sees it.</param>
    /// <exception cref="Refusal">Nothing is here, and a source that might have it cannot be asked.</exception>
    public async ValueTask<Listing<TRendered>?> GetAsync(
        DomainSnapshot domain, RepositorySnapshot repository, string address, PackageCoordinate package, TForm form, CancellationToken cancellation)
    {
        var key = new ListingKey<TForm>(repository.Id, package, address, form);
        var known = await listings.FindAsync(key, domain, package, cancellation);
        if (known is not null && services.Clock.GetTimestamp() < known.FreshUntil)
        {
            Telemetry.Looked(CacheLookup.ListingHit);
            return known;
        }

        Telemetry.Looked(CacheLookup.ListingMiss);
        // By stamp, so that nobody joins a rendering that began before a change that has been acknowledged to them.
        var stamp = await services.Stamps.CurrentAsync(domain, package, cancellation);
        known = await listings.FindAsync(key, domain, package, cancellation);
        return await renders.RunAsync((stamp.Package, key), () => RefreshAsync(domain, repository, key, known, stamp)).WaitAsync(cancellation);
    }

    public void Dispose()
    {
        listings.Dispose();
        rendering.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>A version that a repository keeps.</summary>
    protected abstract TVersion ReadStored(PackageVersion version);

    /// <summary>Adds all versions and tags of a source's document.</summary>
    protected abstract void ReadOffered(ReadOnlyMemory<byte> document, MergedListing<TVersion> into);

    /// <param name="listing">At least one version is in it.</param>
    /// <returns>The finished bytes, and how much memory they take.</returns>
    protected abstract (TRendered Rendered, long Size) Render(in ListingKey<TForm> key, MergedListing<TVersion> listing);

    /// <summary>Whether versions have several assets, so that a version is listed with what there is more of it further on; as <see cref="SourceReader.Gathers"/>.</summary>
    protected virtual bool Gathers => false;

    /// <summary>
    /// Whether Unlisted versions are in listings too, marked as such by the format, because its clients download nothing that they have not been shown. Of no
    /// other format is it true: what is Unlisted is hidden.
    /// </summary>
    protected virtual bool ShowsUnlisted => false;

    /// <summary>A version together with more of it: on what both say, the nearer decides.</summary>
    protected virtual TVersion Gather(TVersion nearer, TVersion farther) => nearer;

    /// <summary>Whether a source now promises other bytes for a version than it did when the version was kept; false where that cannot be told.</summary>
    protected virtual bool PromisesOtherBytes(TVersion kept, TVersion offered) => false;

    /// <summary>The package's name as its users write it.</summary>
    protected abstract string Spell(PackageCoordinate package);

    private async Task<Listing<TRendered>?> RefreshAsync(
        DomainSnapshot domain, RepositorySnapshot repository, ListingKey<TForm> key, Listing<TRendered>? known, (PackageStamp, long) stamp)
    {
        var path = await services.Search.PathAsync(domain, repository, key.Package, CancellationToken.None);
        for (var tries = 0; ; tries++)
        {
            var asked = await AskedSources.AskAsync(services.Sources, domain, path, key.Package, services.Clock);
            if (known is not null && known.Sources.SequenceEqual(asked.Keys))
            {
                known.FreshUntil = asked.FreshUntil;
                known.IsStale = asked.IsStale;
                return known;
            }

            // Rendering is work for the processor and holds whole documents: more at once than processors only takes memory.
            await rendering.WaitAsync();
            try
            {
                var listing = new MergedListing<TVersion>(Gathers ? Gather : null);
                if (await GatherAsync(domain, path, asked, key.Package, listing) || tries == 3)
                {
                    return Keep(repository, key, stamp, asked, listing);
                }
            }
            finally
            {
                rendering.Release();
            }

            // A source document was replaced between the two looks.
        }
    }

    private Listing<TRendered>? Keep(
        RepositorySnapshot repository, in ListingKey<TForm> key, (PackageStamp, long) stamp, AskedSources asked, MergedListing<TVersion> listing)
    {
        if (listing.Versions.Count == 0)
        {
            return asked switch
            {
                { Failure: { } failure } => throw failure,
                { Unaddressed: { } connection } => throw NeverAsked(repository, Spell(key.Package), connection),
                _ => null,
            };
        }

        var (rendered, size) = Render(key, listing);
        var kept = new Listing<TRendered>(rendered, asked.Keys) { FreshUntil = asked.FreshUntil, IsStale = asked.IsStale };
        listings.Set(key, kept, stamp, size);
        return kept;
    }

    private static Refusal NeverAsked(RepositorySnapshot repository, string name, string connection) => Refusal.NotFound(
        ResourceType.Package, name,
        $"Package '{name}' is not in repository {repository.Name}, and the public source was not asked: this server has no address for {connection}. "
        + $"Set ExternalConnections:{connection}, and see: granary connections.");

    /// <summary>Gathers step by step what is stored and what the source lists; false where a source's document is gone by now.</summary>
    private async Task<bool> GatherAsync(DomainSnapshot domain, SearchPath path, AskedSources asked, PackageCoordinate package, MergedListing<TVersion> listing)
    {
        await using var db = services.Database.Open();
        var whole = true;
        var source = 0;
        var weights = path.TagWeights();
        foreach (var (index, step) in path.Steps.Index())
        {
            listing.Enter(step.Repository.Name, weights[index]);
            if (step.Package is { } record)
            {
                await GatherStoredAsync(db, domain, record, listing);
            }

            if (step.Connection is not null && asked.Keys[source++] is { } key)
            {
                listing.Source = step.Connection;
                whole &= await GatherOfferedAsync(key, listing);
                foreach (var (version, kept, offered) in listing.TakeOfferedAgain())
                {
                    if (PromisesOtherBytes(kept, offered))
                    {
                        services.BrokenPromises.Report(step.Connection, Spell(package), version);
                    }
                }
            }
        }

        return whole;
    }

    private async Task GatherStoredAsync(GranaryContext db, DomainSnapshot domain, Package record, MergedListing<TVersion> listing)
    {
        await foreach (var version in Versions.On(db)(db, domain.Id, record.Id))
        {
            listing.AddStored(version, ReadStored(version), ShowsUnlisted);
        }

        await foreach (var tag in Tags.On(db)(db, domain.Id, record.Id))
        {
            listing.SetTag(tag.Name, tag.Version);
        }
    }

    private async Task<bool> GatherOfferedAsync(string key, MergedListing<TVersion> listing)
    {
        if (await services.Sources.ReadAsync(key, CancellationToken.None) is not { } document)
        {
            return false;
        }

        ReadOffered(document, listing);
        return true;
    }
}
