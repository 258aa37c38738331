using Granary.Core.Domains;
using Granary.Core.Packages;
using Granary.Core.Repositories;

namespace Granary.Core.Upstreams;

/// <summary>Brings versions that only a public source has into the domain, with all their assets: they are kept in the repository that is connected to it.</summary>
public sealed class VersionArrivals(PackageSearch search, SourceListings listings, AssetFetcher fetcher, Ingestion ingestion)
{
    // One of a hundred versions must not wait for all those before it; the sources' own turns bound it further.
    private const int AtOnce = 8;

    /// <summary>
    /// Returns when each of the versions that a client of the repository could have is stored somewhere in the domain. One that is stored with some of its assets
    /// has gained the others, if its source can be asked.
    /// </summary>
    /// <exception cref="Refusal">SourceFailed: a source cannot be asked, or does not send what it lists.</exception>
    public async Task BringAsync(
        DomainSnapshot domain, RepositorySnapshot repository, PackageCoordinate package, IReadOnlyList<string> versions, CancellationToken cancellation)
    {
        var path = await search.PathAsync(domain, repository, package, cancellation);
        await Parallel.ForEachAsync(
            versions,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
            async (version, cancelled) => await BringAsync(domain, path, package, version, cancelled));
    }

    private async Task BringAsync(DomainSnapshot domain, SearchPath path, PackageCoordinate package, string version, CancellationToken cancellation)
    {
        Refusal? failure = null;
        foreach (var (index, step) in path.Steps.Index())
        {
            if (await search.FindVersionAsync(domain, [step], version, cancellation) is { Version: var found })
            {
                if (found is { IsReadable: true, OriginConnection: not null } && listings.ReaderOf(package) is { Gathers: true })
                {
                    await CompleteAsync(domain, [.. path.Steps.Skip(index)], package, found, cancellation);
                }

                return;
            }

            try
            {
                if (await listings.FindVersionAsync(domain, step, package, version, cancellation) is { } offered
                    && await FetchAsync(domain, step, package, offered, cancellation))
                {
                    return;
                }
            }
            catch (Refusal refusal) when (refusal.Kind is RefusalKind.SourceFailed)
            {
                // What is stored further on is found without it.
                failure ??= refusal;
            }
        }

        if (failure is not null)
        {
            throw failure;
        }
    }

    /// <summary>Gives a version that is kept at the first of the steps what its source has more, as far as that can be had.</summary>
    private async Task CompleteAsync(DomainSnapshot domain, IReadOnlyList<SearchStep> steps, PackageCoordinate package, PackageVersion kept, CancellationToken cancellation)
    {
        try
        {
            foreach (var step in steps.Where(s => s.Connection == kept.OriginConnection))
            {
                if (await listings.FindVersionAsync(domain, step, package, kept.Version, cancellation) is { } offered)
                {
                    await FetchAsync(domain, step, package, offered, cancellation);
                    await ingestion.RetainAsync(domain, steps[0].Repository, package, kept.Version, step.Repository, cancellation);
                    return;
                }
            }
        }
        catch (Refusal refusal) when (refusal.Kind is RefusalKind.SourceFailed)
        {
            // What is kept is a version too.
        }
    }

    /// <returns>Whether the source had any of the assets.</returns>
    private async Task<bool> FetchAsync(DomainSnapshot domain, SearchStep step, PackageCoordinate package, OfferedVersion offered, CancellationToken cancellation)
    {
        var any = false;
        foreach (var asset in offered.Version.Assets)
        {
            var key = new FetchKey(domain.Id, step.Connection!, package, offered.Version.Version, asset.Name);
            await using var download = fetcher.Join(key, offered, asset, domain, step);
            try
            {
                if (!(await download.Began.WaitAsync(cancellation)).IsSuperseded)
                {
                    await download.Completion.WaitAsync(cancellation);
                }

                any = true;
            }
            catch (Refusal refusal) when (refusal.Kind is RefusalKind.NotFound && offered.Reader.HasUnlistedAssets)
            {
                // It was a guess.
            }
        }

        return any;
    }
}
