using System.Runtime.CompilerServices;
using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Trail;

/// <summary>All records as lines of JSON, chain by chain, each in the order in which they were written.</summary>
public sealed class TrailExport(GranaryDatabase database)
{
    /// <param name="account">Only this account's copies; null for one line for each copy, and for what belongs to no account.</param>
    /// <param name="from">The first moment; null for the beginning.</param>
    /// <param name="to">The first moment that is left out; null for the end.</param>
    /// <exception cref="InvalidDataException">A segment cannot be read.</exception>
    public async IAsyncEnumerable<string> RunAsync(
        string? account, DateTimeOffset? from, DateTimeOffset? to, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var db = database.Open();
        var segments = db.TrailSegments.AsNoTracking();
        segments = from is { } least ? segments.Where(s => s.LastAt >= least) : segments;
        segments = to is { } limit ? segments.Where(s => s.FirstAt < limit) : segments;
        segments = account is null ? segments : segments.Where(s => s.Accounts.Contains($",{account},"));
        var (first, last) = (from?.ToUnixTimeMilliseconds() ?? long.MinValue, to?.ToUnixTimeMilliseconds() ?? long.MaxValue);
        await foreach (var segment in segments.OrderBy(s => s.TrailId).ThenBy(s => s.Number).AsAsyncEnumerable().WithCancellation(cancellation))
        {
            foreach (var record in SegmentBody.Read(SegmentBody.Unpack(segment.Body)).Where(r => r.At >= first && r.At < last))
            {
                foreach (var recipient in Copies(record, account))
                {
                    yield return record.Render(segment.Mac, recipient);
                }
            }
        }
    }

    private static string?[] Copies(StoredRecord record, string? account) =>
        account is not null ? record.IsFor(account) ? [account] : []
        : record.Accounts.Length == 0 ? new string?[] { null }
        : record.Accounts.Split(',');
}
