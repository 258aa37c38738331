using Granary.Core.Domains;
using Granary.Core.Packages;
using Granary.Core.Repositories;

namespace Granary.Core.Upstreams;

/// <summary>Brings versions that only a public source has into the domain, with all their assets: they are kept in the repository that is connected to it.</summary>
public sealed class VersionArrivals(PackageSearch search, SourceListings listings, AssetFetcher fetcher)
{
    // One of a hundred versions must not wait for all those before it; the sources' own turns bound it further.
    private const int AtOnce = 8;

    /// <summary>Returns when each of the versions that a client of the repository could have is stored somewhere in the domain.</summary>
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
        foreach (var step in path.Steps)
        {
            if (await search.FindVersionAsync(domain, [step], version, cancellation) is not null)
            {
                return;
            }

            try
            {
                if (await listings.FindVersionAsync(domain, step, package, version, cancellation) is { } offered)
                {
                    await FetchAsync(domain, step, package, offered, cancellation);
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

    private async Task FetchAsync(DomainSnapshot domain, SearchStep step, PackageCoordinate package, OfferedVersion offered, CancellationToken cancellation)
    {
        foreach (var asset in offered.Version.Assets)
        {
            var key = new FetchKey(domain.Id, step.Connection!, package, offered.Version.Version, asset.Name);
            await using var download = fetcher.Join(key, offered.Source, offered.Reader, domain, step, _ => Task.FromResult(offered.Version));
            if (!(await download.Began.WaitAsync(cancellation)).IsSuperseded)
            {
                await download.Completion.WaitAsync(cancellation);
            }
        }
    }
}
