using Granary.Core.Domains;
using Granary.Core.Groups;
using Granary.Server.ControlPlane.Responses;

namespace Granary.Server.ControlPlane;

/// <summary>From where versions of a group's packages may enter which repositories.</summary>
internal static class PackageGroupOriginOperations
{
    private const int PageSize = 100;

    // AWS's own resource handler sends no more than this many changes of lists in one call.
    private const int MostListed = 100;

    private static readonly OriginRestriction[] Restrictions = Enum.GetValues<OriginRestriction>();
    private static readonly RestrictionMode[] Modes = Enum.GetValues<RestrictionMode>();

    public static async Task<IResult> UpdateAsync(Call call)
    {
        var modes = call.Body.Map("restrictions", Shapes.PackageGroupOriginRestrictionType, Shapes.PackageGroupOriginRestrictionMode, Restrictions.Length) ?? new Dictionary<string, string>();
        var added = ReadListed(call, "addAllowedRepositories");
        var removed = ReadListed(call, "removeAllowedRepositories");
        if (added.Count + removed.Count > MostListed)
        {
            throw Fault.Of("addAllowedRepositories", $"One call changes at most {MostListed} repositories of lists. Split it into several");
        }

        var (domain, group) = await call.PackageGroupAsync();
        var change = new OriginChange(modes.ToDictionary(m => Restriction(m.Key), m => Modes.Single(mode => mode.Wire() == m.Value)), added, removed);
        var outcome = await call.Service<PackageGroupStore>().ConfigureAsync(domain, group.Group, change, call.Actor, call.Cancellation);
        var now = await call.Service<DomainDirectory>().FindAsync(call.Target.Owner, call.Target.Domain, call.Cancellation);
        var changed = now?.Groups.Find(group.Pattern.Text) ?? throw call.PackageGroupNotFound();
        return ControlPlaneJson.Ok(new UpdateOriginResponse(PackageGroupAnswers.Describe(call, changed), Updates(outcome)));
    }

    public static async Task<IResult> ListAllowedAsync(Call call)
    {
        var restriction = Restriction(call.Query.Required("originRestrictionType", Shapes.PackageGroupOriginRestrictionType));
        var page = call.Page(PageSize);
        var (domain, group) = await call.PackageGroupAsync();
        var rows = group.ListOf(restriction)
            .Select(id => domain.Repository(id)?.Name)
            .OfType<string>()
            .Where(name => page.After is null || string.CompareOrdinal(name, page.After[0]) > 0)
            .Order(StringComparer.Ordinal)
            .Take(page.Take)
            .ToList();
        var (names, next) = page.Cut(rows, name => [name]);
        return ControlPlaneJson.Ok(new AllowedRepositoriesResponse(names, next));
    }

    private static IReadOnlyList<ListedRepository> ReadListed(Call call, string name) =>
    [
        .. (call.Body.Objects(name, Shapes.MaxResults) ?? []).Select(l => new ListedRepository(
            Restriction(l.Required("originRestrictionType", Shapes.PackageGroupOriginRestrictionType)),
            l.Required("repositoryName", Shapes.RepositoryName))),
    ];

    private static OriginRestriction Restriction(string text) => Restrictions.Single(r => r.Wire() == text);

    private static Dictionary<string, Dictionary<string, IReadOnlyList<string>>> Updates(OriginOutcome outcome)
    {
        var updates = new Dictionary<string, Dictionary<string, IReadOnlyList<string>>>(StringComparer.Ordinal);
        foreach (var (word, listed) in new[] { ("ADDED", outcome.Added), ("REMOVED", outcome.Removed) })
        {
            foreach (var restriction in listed.GroupBy(l => l.Restriction))
            {
                var key = restriction.Key.Wire();
                updates.TryAdd(key, new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal));
                updates[key][word] = [.. restriction.Select(l => l.Repository)];
            }
        }

        return updates;
    }
}
