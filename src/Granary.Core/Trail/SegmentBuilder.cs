using System.Buffers;
using System.Buffers.Text;
using System.Net;
using Granary.Core.Access;

namespace Granary.Core.Trail;

/// <summary>What a segment holds, before it has a number and a MAC.</summary>
internal sealed record SegmentContent(DateTimeOffset FirstAt, DateTimeOffset LastAt, int Records, string Accounts, byte[] Body);

/// <summary>
/// Gathers the records of one segment. What many of them share (who, from where, which action, which repository) is rendered once
/// for all, as a line of its own; a record's line names that one by its number. See <see cref="SegmentBody"/>.
/// </summary>
internal sealed class SegmentBuilder(string region)
{
    private const int MostRecords = 1000;
    private const int LargestText = 1 << 20;

    /// <summary>Bounds how far back in time a segment reaches that ends at a given moment, for look-ups by time.</summary>
    public static readonly TimeSpan LongestSpan = TimeSpan.FromMinutes(1);

    private readonly ArrayBufferWriter<byte> text = new(1024);
    private readonly Dictionary<Shared, int> shared = [];
    private readonly SortedSet<string> accounts = new(StringComparer.Ordinal);
    // Requests come in runs of one kind, and to compare is much less than to hash.
    private (Shared Key, int Number)? latest;
    private DateTimeOffset first;
    private DateTimeOffset last;
    private int records;

    public bool IsEmpty => records == 0;

    /// <summary>The records in as few segments as hold them.</summary>
    public static IEnumerable<SegmentContent> Of(string region, IEnumerable<TrailRecord> records)
    {
        var builder = new SegmentBuilder(region);
        foreach (var record in records)
        {
            if (!builder.TryAdd(record))
            {
                yield return builder.Finish();
                _ = builder.TryAdd(record);
            }
        }

        yield return builder.Finish();
    }

    /// <summary>Adds the record; false when it has no room here.</summary>
    public bool TryAdd(TrailRecord record)
    {
        if (records >= MostRecords || text.WrittenCount >= LargestText
            || (records > 0 && (record.At - first > LongestSpan || last - record.At > LongestSpan)))
        {
            return false;
        }

        Add(record);
        return true;
    }

    /// <summary>The segment; the builder is empty afterwards.</summary>
    public SegmentContent Finish()
    {
        var content = new SegmentContent(first, last, records, accounts.Count == 0 ? "" : $",{string.Join(',', accounts)},", SegmentBody.Pack(text.WrittenSpan, records > 1));
        text.ResetWrittenCount();
        shared.Clear();
        latest = null;
        accounts.Clear();
        records = 0;
        return content;
    }

    private void Add(TrailRecord record)
    {
        Number(NumberOf(record));
        text.Write("\t"u8);
        Number(record.At.ToUnixTimeMilliseconds());
        text.Write("\t"u8);
        TrailText.Ascii(text, record.RequestId ?? "");
        text.Write("\t"u8);
        TrailText.WriteOwn(text, record);
        text.Write("\n"u8);
        first = records == 0 || record.At < first ? record.At : first;
        last = records == 0 || record.At > last ? record.At : last;
        records++;
    }

    /// <summary>The number of the line that the record shares; it is written where it is not there yet.</summary>
    private int NumberOf(TrailRecord record)
    {
        var key = Shared.Of(record);
        if (latest is { } known && known.Key.Equals(key))
        {
            return known.Number;
        }

        if (!shared.TryGetValue(key, out var number))
        {
            shared.Add(key, number = shared.Count);
            var recipients = record.Recipients().ToArray();
            accounts.UnionWith(recipients);
            text.Write(SegmentBody.SharedMark);
            TrailText.Ascii(text, string.Join(',', recipients));
            text.Write("\t"u8);
            TrailText.WriteShared(text, record, region);
            text.Write("\n"u8);
        }

        latest = (key, number);
        return number;
    }

    private void Number(long value)
    {
        _ = Utf8Formatter.TryFormat(value, text.GetSpan(20), out var length);
        text.Advance(length);
    }

    private readonly record struct Shared(
        Principal? Principal, string Source, string Name, bool IsReadOnly, bool IsServiceEvent, IPAddress? Address, string? UserAgent,
        string? DomainName, string? DomainOwner, string? Repository, string? Administrator, string? Format, bool IsDataPlane)
    {
        public static Shared Of(TrailRecord r) => new(
            r.Principal, r.Source, r.Name, r.IsReadOnly, r.IsServiceEvent, r.Address, r.UserAgent,
            r.DomainName, r.DomainOwner, r.Repository, r.Administrator, r.Format, r.Method is not null);

        // Principals are compared as objects: one lives as long as its token is remembered, and its members are many.
        public bool Equals(Shared other) =>
            ReferenceEquals(Principal, other.Principal) && Name == other.Name && UserAgent == other.UserAgent && Equals(Address, other.Address)
            && Repository == other.Repository && DomainName == other.DomainName && DomainOwner == other.DomainOwner && Administrator == other.Administrator
            && Format == other.Format && Source == other.Source && IsReadOnly == other.IsReadOnly && IsServiceEvent == other.IsServiceEvent
            && IsDataPlane == other.IsDataPlane;

        public override int GetHashCode() => HashCode.Combine(
            Principal is null ? 0 : System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(Principal), Name, UserAgent, Repository, DomainName, Address);
    }
}
