using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Trail;

/// <summary>Which records somebody looks for.</summary>
/// <param name="Account">Only records that this account gets a copy of.</param>
/// <param name="Attribute">One of CloudTrail's keys, such as <c>EventName</c>; null for all records.</param>
/// <param name="From">The first moment.</param>
/// <param name="To">The last moment.</param>
public sealed record TrailQuery(string Account, string? Attribute, string Value, DateTimeOffset From, DateTimeOffset To);

/// <summary>A page of records, the newest first.</summary>
/// <param name="Next">Where the next page goes on; null where this was the last.</param>
public sealed record TrailPage(IReadOnlyList<TrailEvent> Events, IReadOnlyList<string>? Next);

/// <summary>
/// Answers look-ups from the segments, the newest first. A page reads a bounded part of the trail, so that it may be short, or empty,
/// and still name a next one.
/// </summary>
public sealed class TrailLookup(GranaryDatabase database)
{
    // A segment's row is a few hundred bytes without its body; a body is at most a megabyte of text.
    private const int MostRows = 2000;
    private const int MostBodies = 64;
    private const int RowsAtOnce = 100;

    /// <param name="after">Where the page before ended; null for the first.</param>
    public async Task<TrailPage> FindAsync(TrailQuery query, int size, IReadOnlyList<string>? after, CancellationToken cancellation)
    {
        await using var db = database.Open();
        var start = after is null ? new Place(query.To.ToUnixTimeMilliseconds(), "\uFFFF", long.MaxValue, int.MaxValue) : Place.Parse(after);
        var found = new SortedSet<Candidate>(Comparer<Candidate>.Create((a, b) => b.Place.CompareTo(a.Place)));
        var (rows, bodies) = (0, 0);
        var from = query.From.ToUnixTimeMilliseconds();
        await foreach (var row in RowsAsync(db, start.At, query, cancellation))
        {
            // Nothing that is still to come is newer than this segment's end.
            if (found.Count >= size && found.ElementAt(size - 1) is var end && end.Place.At > row.LastAt.ToUnixTimeMilliseconds())
            {
                return new TrailPage([.. found.Take(size).Select(c => c.Event)], end.Place.ToParts());
            }

            // Segments overlap: where the page before ended is passed in any case, else the next one would end there too.
            if ((++rows > MostRows || bodies == MostBodies) && row.LastAt.ToUnixTimeMilliseconds() < start.At)
            {
                return Page(found, size, new Place(row.LastAt.ToUnixTimeMilliseconds(), "\uFFFF", long.MaxValue, int.MaxValue));
            }

            if (!row.Accounts.Contains($",{query.Account},", StringComparison.Ordinal) || !MayHold(query, row))
            {
                continue;
            }

            bodies++;
            var body = await db.TrailSegments.Where(s => s.TrailId == row.TrailId && s.Number == row.Number).Select(s => s.Body).SingleOrDefaultAsync(cancellation);
            // One more than the page shows says whether there is a next one.
            foreach (var candidate in body is null ? [] : Read(query, row, body, place =>
                place.At >= from && place.CompareTo(start) < 0 && (found.Count <= size || place.CompareTo(found.Max!.Place) > 0)))
            {
                found.Add(candidate);
                if (found.Count > size + 1)
                {
                    found.Remove(found.Max!);
                }
            }
        }

        return Page(found, size);
    }

    private static TrailPage Page(SortedSet<Candidate> found, int size, Place? reached = null)
    {
        // What is older than the place that was reached may have neighbours which were not looked at.
        var events = found.Where(c => reached is not { } end || c.Place.At > end.At).Take(size).ToList();
        var next = events.Count == size && found.Count > size ? events[^1].Place : reached;
        return new TrailPage([.. events.Select(c => c.Event)], next?.ToParts());
    }

    /// <summary>The segments that may hold records up to a moment, by their ends, the latest first.</summary>
    private static async IAsyncEnumerable<Row> RowsAsync(
        GranaryContext db, long to, TrailQuery query, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var upTo = DateTimeOffset.FromUnixTimeMilliseconds(to);
        var latest = upTo > DateTimeOffset.MaxValue - SegmentBuilder.LongestSpan ? upTo : upTo + SegmentBuilder.LongestSpan;
        Row? last = null;
        while (true)
        {
            var segments = db.TrailSegments.AsNoTracking().Where(s => s.LastAt <= latest && s.FirstAt <= upTo && s.LastAt >= query.From);
            if (last is { } l)
            {
                segments = segments.Where(s => s.LastAt < l.LastAt || (s.LastAt == l.LastAt
                    && (string.Compare(s.TrailId, l.TrailId) < 0 || (s.TrailId == l.TrailId && s.Number < l.Number))));
            }

            var rows = await segments.OrderByDescending(s => s.LastAt).ThenByDescending(s => s.TrailId).ThenByDescending(s => s.Number)
                .Select(s => new Row(s.TrailId, s.Number, s.LastAt, s.Accounts, s.Mac)).Take(RowsAtOnce).ToListAsync(cancellation);
            foreach (var row in rows)
            {
                yield return row;
            }

            if (rows.Count < RowsAtOnce)
            {
                yield break;
            }

            last = rows[^1];
            latest = last.LastAt;
        }
    }

    private static bool MayHold(TrailQuery query, Row row) =>
        query.Attribute != "EventId" || (Guid.TryParseExact(query.Value, "D", out var id) && EventIds.IsIn(id, row.Mac));

    private static IEnumerable<Candidate> Read(TrailQuery query, Row row, byte[] body, Func<Place, bool> isWanted)
    {
        var text = SegmentBody.Unpack(body);
        var needle = Needle(query);
        if (text.Span.IndexOf(needle) < 0)
        {
            yield break;
        }

        // The newest first, so that the page is soon full and the others are not wanted.
        foreach (var record in Enumerable.Reverse(SegmentBody.Read(text)))
        {
            var place = new Place(record.At, row.TrailId, row.Number, record.Index);
            if (!isWanted(place) || !record.IsFor(query.Account) || !record.Mentions(needle))
            {
                continue;
            }

            var told = new TrailEvent(record.Render(row.Mac, query.Account), DateTimeOffset.FromUnixTimeMilliseconds(record.At));
            if (query.Attribute is null || told.Has(query.Attribute, query.Value))
            {
                yield return new Candidate(place, told);
            }
        }
    }

    /// <summary>Bytes without which a record cannot match: most need not be parsed.</summary>
    private static byte[] Needle(TrailQuery query) => query.Attribute switch
    {
        null or "EventId" or "ResourceType" => [],
        "ReadOnly" => Encoding.ASCII.GetBytes($"\"readOnly\":{query.Value}"),
        _ => JsonEncodedText.Encode(query.Value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes.ToArray(),
    };

    private sealed record Row(string TrailId, long Number, DateTimeOffset LastAt, string Accounts, byte[] Mac);

    private sealed record Candidate(Place Place, TrailEvent Event);

    /// <summary>Where a record stands in the order of all: by its time, then by where it is stored.</summary>
    private readonly record struct Place(long At, string Trail, long Number, int Index) : IComparable<Place>
    {
        public int CompareTo(Place other)
        {
            var order = At.CompareTo(other.At);
            order = order != 0 ? order : string.CompareOrdinal(Trail, other.Trail);
            order = order != 0 ? order : Number.CompareTo(other.Number);
            return order != 0 ? order : Index.CompareTo(other.Index);
        }

        public static Place Parse(IReadOnlyList<string> parts) => new(
            long.Parse(parts[0], CultureInfo.InvariantCulture),
            parts[1],
            long.Parse(parts[2], CultureInfo.InvariantCulture),
            int.Parse(parts[3], CultureInfo.InvariantCulture));

        public string[] ToParts() =>
            [At.ToString(CultureInfo.InvariantCulture), Trail, Number.ToString(CultureInfo.InvariantCulture), Index.ToString(CultureInfo.InvariantCulture)];
    }
}
