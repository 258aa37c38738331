using System.Globalization;
using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Server.Diagnosis;

/// <summary>The clock, which tokens, signatures and certificates are measured by.</summary>
internal static class ClockCheck
{
    private const string Topic = "clock";

    // AWS's clients correct themselves by what they are told; certificates and other nodes do not.
    private static readonly TimeSpan Tolerated = TimeSpan.FromSeconds(5);

    public static async Task<IReadOnlyList<Finding>> RunAsync(Patient patient, GranaryDatabase database, CancellationToken cancellation)
    {
        var findings = new List<Finding>();
        await using var db = database.Open();
        if (database.Engine is Engine.PostgreSql)
        {
            var theirs = await db.Database.SqlQuery<long>($"""SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint AS "Value" """).SingleAsync(cancellation);
            var apart = (DateTimeOffset.FromUnixTimeMilliseconds(theirs) - patient.Clock.GetUtcNow()).Duration();
            var said = string.Create(CultureInfo.InvariantCulture, $"it and the database's are {apart.TotalSeconds:0.0} s apart");
            findings.Add(apart < Tolerated ? Finding.Good(Topic, said) : Finding.Bad(Topic, said, "Let both machines take the time from the same servers, by NTP."));
        }

        var newest = await db.Changes.AsNoTracking().OrderByDescending(c => c.At).Select(c => (DateTimeOffset?)c.At).FirstOrDefaultAsync(cancellation);
        var now = patient.Clock.GetUtcNow();
        findings.Add(newest is { } at && at > now + Tolerated
            ? Finding.Bad(Topic, $"it says {Text(now)}, and the newest change was made at {Text(at)}", "The clock is behind, or was ahead then. Set it by NTP before anything is published.")
            : Finding.Good(Topic, newest is null ? $"it says {Text(now)}" : $"it says {Text(now)}, and the newest change is not in the future"));
        return findings;
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
