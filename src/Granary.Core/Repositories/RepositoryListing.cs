using Granary.Core.Database;
using Granary.Core.Domains;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Repositories;

/// <summary>A repository of a list, with the domain that it is in.</summary>
public sealed record RepositoryLine(Repository Repository, string DomainName, string DomainOwner);

/// <summary>Pages of repositories, by name within a domain.</summary>
public sealed class RepositoryListing(GranaryDatabase database)
{
    /// <param name="administrator">Only those that this account created, or null.</param>
    /// <param name="prefix">Only those whose name begins so, or null.</param>
    /// <param name="after">The last name of the page before, or null.</param>
    public async Task<IReadOnlyList<RepositoryLine>> InDomainAsync(
        DomainSnapshot domain, string? administrator, string? prefix, string? after, int take, CancellationToken cancellation)
    {
        await using var db = database.Open();
        var repositories = Narrow(db.Repositories.Where(r => r.DomainId == domain.Id), administrator, prefix);
        if (after is not null)
        {
            repositories = repositories.Where(r => string.Compare(r.Name, after) > 0);
        }

        var rows = await repositories.AsNoTracking().OrderBy(r => r.Name).Take(take).ToListAsync(cancellation);
        return [.. rows.Select(r => new RepositoryLine(r, domain.Name, domain.Owner))];
    }

    /// <summary>What an account administers, in all domains, its own and others'.</summary>
    /// <param name="after">The domain's id and the name that ended the page before, or null.</param>
    public async Task<IReadOnlyList<RepositoryLine>> OfAdministratorAsync(
        string administrator, string? prefix, (long DomainId, string Name)? after, int take, CancellationToken cancellation)
    {
        await using var db = database.Open();
        var repositories = Narrow(db.Repositories, administrator, prefix);
        if (after is var (domain, name))
        {
            repositories = repositories.Where(r => r.DomainId > domain || (r.DomainId == domain && string.Compare(r.Name, name) > 0));
        }

        return await repositories.AsNoTracking()
            .OrderBy(r => r.DomainId)
            .ThenBy(r => r.Name)
            .Take(take)
            .Join(db.Domains, r => r.DomainId, d => d.Id, (r, d) => new { Repository = r, d.Name, d.Owner })
            .OrderBy(l => l.Repository.DomainId)
            .ThenBy(l => l.Repository.Name)
            .Select(l => new RepositoryLine(l.Repository, l.Name, l.Owner))
            .ToListAsync(cancellation);
    }

    private static IQueryable<Repository> Narrow(IQueryable<Repository> repositories, string? administrator, string? prefix)
    {
        if (administrator is not null)
        {
            repositories = repositories.Where(r => r.Administrator == administrator);
        }

        // Not StartsWith: that becomes LIKE, which ignores the case of letters on SQLite.
        return prefix is null ? repositories : repositories.Where(r => r.Name.Substring(0, prefix.Length) == prefix);
    }
}
