using System.Data.Common;
using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Granary.Core.Trail;

/// <summary>
/// Appends to the chains, always inside a transaction of whoever calls. Each chain is one row that a writer holds until it commits, and
/// the last row that a transaction takes, so that no two wait for each other.
/// </summary>
/// <param name="region">The region that records name.</param>
public sealed class TrailChains(TrailSeal seal, string region)
{
    internal string Region => region;

    internal TrailSeal Seal => seal;

    /// <summary>The records of requests whose changes the transaction makes.</summary>
    internal async Task AppendAsync(GranaryContext db, IReadOnlyCollection<TrailRecord> records)
    {
        foreach (var record in records)
        {
            // Whatever the action is called: a request that writes does not only read.
            record.IsReadOnly = false;
        }

        foreach (var chain in records.GroupBy(record => record.Chain))
        {
            foreach (var content in SegmentBuilder.Of(region, chain))
            {
                await AppendAsync(db, chain.Key.ToString(), content);
            }
        }
    }

    internal async Task AppendAsync(GranaryContext db, string chain, SegmentContent content)
    {
        var row = await HoldAsync(db, chain);
        // A row that is not as this server left it is not made good by what comes after: the link to it stays broken.
        var previous = seal.IsGenuine(row) ? row.Head : seal.Broken(row.Mac);
        var number = row.Count + 1;
        var mac = seal.Segment(chain, number, previous, content);
        await ExecuteAsync(
            db,
            """
            INSERT INTO trail_segments (trail_id, number, first_at, last_at, records, accounts, mac, body)
            VALUES (@id, @number, @first, @last, @records, @accounts, @mac, @body);
            UPDATE trails SET count = @number, head = @mac, mac = @row WHERE id = @id;
            """,
            ("id", chain),
            ("number", number),
            ("first", content.FirstAt.ToUnixTimeMilliseconds()),
            ("last", content.LastAt.ToUnixTimeMilliseconds()),
            ("records", content.Records),
            ("accounts", content.Accounts),
            ("mac", mac),
            ("body", content.Body),
            ("row", seal.Trail(chain, number, mac, row.First, row.Floor)));
    }

    /// <summary>Removes the first segments of a chain and moves its floor to what remains.</summary>
    /// <param name="first">The first segment to keep.</param>
    internal async Task CutAsync(GranaryContext db, string chain, long first)
    {
        var row = await HoldAsync(db, chain);
        if (first <= row.First || first > row.Count + 1 || !seal.IsGenuine(row))
        {
            // Another node was first; or the chain was forged, and what is left of it is evidence.
            return;
        }

        var floor = await db.TrailSegments.Where(s => s.TrailId == chain && s.Number == first - 1).Select(s => s.Mac).SingleOrDefaultAsync();
        if (floor is null)
        {
            return;
        }

        await ExecuteAsync(
            db,
            """
            DELETE FROM trail_segments WHERE trail_id = @id AND number < @first;
            UPDATE trails SET first = @first, floor = @floor, mac = @row WHERE id = @id;
            """,
            ("id", chain),
            ("first", first),
            ("floor", floor),
            ("row", seal.Trail(chain, row.Count, row.Head, first, floor)));
    }

    /// <summary>Makes the row that counts the chains, where there is none yet.</summary>
    internal Task<bool> BeginAsync(GranaryContext db) => CreateAsync(db, TrailHead.Registry);

    private async Task<TrailHead> HoldAsync(GranaryContext db, string id)
    {
        while (true)
        {
            // An update and not a select: it takes the row's lock (or SQLite's write lock) before anything is read.
            await using (var command = Command(db, "UPDATE trails SET count = count WHERE id = @id RETURNING count, head, first, floor, mac", ("id", id)))
            await using (var reader = await command.ExecuteReaderAsync())
            {
                if (await reader.ReadAsync())
                {
                    return new TrailHead
                    {
                        Id = id,
                        Count = reader.GetInt64(0),
                        Head = reader.GetFieldValue<byte[]>(1),
                        First = reader.GetInt64(2),
                        Floor = reader.GetFieldValue<byte[]>(3),
                        Mac = reader.GetFieldValue<byte[]>(4),
                    };
                }
            }

            if (await CreateAsync(db, id) && id != TrailHead.Registry)
            {
                await CountAsync(db);
            }
        }
    }

    private async Task<bool> CreateAsync(GranaryContext db, string id) => await ExecuteAsync(
        db,
        "INSERT INTO trails (id, count, head, first, floor, mac) VALUES (@id, 0, @start, 1, @start, @mac) ON CONFLICT (id) DO NOTHING",
        ("id", id),
        ("start", TrailSeal.Start),
        ("mac", seal.Trail(id, 0, TrailSeal.Start, 1, TrailSeal.Start))) == 1;

    private async Task CountAsync(GranaryContext db)
    {
        var registry = await HoldAsync(db, TrailHead.Registry);
        var mac = seal.IsGenuine(registry)
            ? seal.Trail(registry.Id, registry.Count + 1, registry.Head, registry.First, registry.Floor)
            : seal.Broken(registry.Mac);
        await ExecuteAsync(db, "UPDATE trails SET count = count + 1, mac = @mac WHERE id = @id", ("id", registry.Id), ("mac", mac));
    }

    private static async Task<int> ExecuteAsync(GranaryContext db, string sql, params (string Name, object Value)[] parameters)
    {
        await using var command = Command(db, sql, parameters);
        return await command.ExecuteNonQueryAsync();
    }

    // Not through EF Core, whose tracking costs more than the statements do.
    private static DbCommand Command(GranaryContext db, string sql, params (string Name, object Value)[] parameters)
    {
        var command = db.Database.GetDbConnection().CreateCommand();
#pragma warning disable CA2100 // The statements are the constants above.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.Transaction = db.Database.CurrentTransaction?.GetDbTransaction();
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = value;
            command.Parameters.Add(parameter);
        }

        return command;
    }
}
