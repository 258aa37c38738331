using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Access.Identities;

/// <summary>A managed policy of a list: one of AWS's names, or one of the account's own.</summary>
/// <param name="Own">Null for AWS's.</param>
/// <param name="Attachments">How many users, groups and roles of the account it is attached to.</param>
/// <param name="Boundaries">How many it bounds.</param>
public sealed record PolicyLine(string Arn, ManagedPolicy? Own, AwsPolicy? OfAws, int Attachments, int Boundaries);

/// <summary>Which policies a list is to have.</summary>
public sealed record PolicyFilter(bool Aws, bool Own)
{
    /// <summary>Only those whose path begins so.</summary>
    public string PathPrefix { get; init; } = "/";

    /// <summary>Only those that are used in one of these ways; null for all.</summary>
    public PolicyUses? Used { get; init; }
}

/// <summary>Lists of managed policies: AWS's first, then the account's own, both by name.</summary>
public sealed class ManagedPolicyListing(GranaryDatabase database)
{
    /// <summary>AWS's policies have no path but this one.</summary>
    public const string AwsPath = "/";

    /// <param name="after">The ARN of one of AWS's or the name in lower case of one's own that ended the page before; null for the first.</param>
    public async Task<IReadOnlyList<PolicyLine>> ListAsync(string account, PolicyFilter filter, string? after, int take, CancellationToken cancellation)
    {
        await using var db = database.Open();
        var lines = new List<PolicyLine>();
        var isPastAws = after is not null && !AwsPolicies.All.ContainsKey(after);
        if (filter.Aws && !isPastAws && AwsPath.StartsWith(filter.PathPrefix, StringComparison.Ordinal))
        {
            var used = filter.Used is { } uses ? await UsedAsync(db, account, uses, cancellation) : null;
            lines.AddRange(AwsPolicies.All.Values
                .Where(p => (after is null || string.CompareOrdinal(p.Arn, after) > 0) && used?.Contains(p.Arn) is not false)
                .OrderBy(p => p.Arn, StringComparer.Ordinal)
                .Take(take)
                .Select(p => new PolicyLine(p.Arn, null, p, 0, 0)));
        }

        if (filter.Own && lines.Count < take)
        {
            var own = await OwnAsync(db, account, filter, isPastAws ? after : null, take - lines.Count, cancellation);
            lines.AddRange(own.Select(p => new PolicyLine(p.Arn, p, null, 0, 0)));
        }

        return await CountAsync(db, account, lines, cancellation);
    }

    /// <summary>The policy as a line of a list, or null where the account has none of that ARN.</summary>
    public async Task<PolicyLine?> FindAsync(string account, string arn, CancellationToken cancellation)
    {
        await using var db = database.Open();
        var own = await IdentityRows.FindPolicyAsync(db, account, arn, cancellation);
        var ofAws = AwsPolicies.All.GetValueOrDefault(arn);
        return own is null && ofAws is null ? null : (await CountAsync(db, account, [new PolicyLine(arn, own, ofAws, 0, 0)], cancellation))[0];
    }

    private static async Task<List<ManagedPolicy>> OwnAsync(
        GranaryContext db, string account, PolicyFilter filter, string? after, int take, CancellationToken cancellation)
    {
        var (path, prefix) = (filter.PathPrefix, $"arn:aws:iam::{account}:policy");
        var rows = db.ManagedPolicies.AsNoTracking().Where(p => p.AccountId == account && p.Path.Substring(0, path.Length) == path);
        rows = after is null ? rows : rows.Where(p => string.Compare(p.NameKey, after) > 0);
        if (filter.Used is { } uses)
        {
            var used = Used(db, account, uses);
            rows = rows.Where(p => used.Contains(prefix + p.Path + p.Name));
        }

        return await rows.OrderBy(p => p.NameKey).Take(take).ToListAsync(cancellation);
    }

    private static async Task<HashSet<string>> UsedAsync(GranaryContext db, string account, PolicyUses uses, CancellationToken cancellation) =>
        [.. await Used(db, account, uses).Where(arn => arn.Substring(0, AwsPolicies.Prefix.Length) == AwsPolicies.Prefix).ToListAsync(cancellation)];

    private static IQueryable<string> Used(GranaryContext db, string account, PolicyUses uses)
    {
        var attached = db.PolicyAttachments.Where(a => a.AccountId == account).Select(a => a.PolicyArn);
        var bounding = db.Identities.Where(i => i.AccountId == account && i.BoundaryArn != null).Select(i => i.BoundaryArn!);
        return uses switch
        {
            PolicyUses.Permissions => attached.Distinct(),
            PolicyUses.Boundary => bounding.Distinct(),
            _ => attached.Union(bounding),
        };
    }

    private static async Task<List<PolicyLine>> CountAsync(GranaryContext db, string account, List<PolicyLine> lines, CancellationToken cancellation)
    {
        var arns = lines.Select(line => line.Arn).ToList();
        var attached = await db.PolicyAttachments.Where(a => a.AccountId == account && arns.Contains(a.PolicyArn))
            .GroupBy(a => a.PolicyArn)
            .Select(g => new { g.Key, Count = g.Count() })
            .ToDictionaryAsync(g => g.Key, g => g.Count, cancellation);
        var bounding = await db.Identities.Where(i => i.AccountId == account && i.BoundaryArn != null && arns.Contains(i.BoundaryArn))
            .GroupBy(i => i.BoundaryArn!)
            .Select(g => new { g.Key, Count = g.Count() })
            .ToDictionaryAsync(g => g.Key, g => g.Count, cancellation);
        return [.. lines.Select(line => line with { Attachments = attached.GetValueOrDefault(line.Arn), Boundaries = bounding.GetValueOrDefault(line.Arn) })];
    }
}
