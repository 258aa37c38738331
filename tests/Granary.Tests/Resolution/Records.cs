using System.Data.Common;
using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Packages;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Resolution;

/// <summary>Reads what repositories have of packages straight from the tables, over one open connection.</summary>
internal sealed class Records(World world) : IAsyncDisposable
{
    private const string Versions =
        """
        SELECT p.id, p.repository_id, p.namespace, p.name, p.allow_publish, p.allow_upstream, v.version, v.status, a.sha256, COALESCE(v.origin_repository, v.origin_connection)
        FROM packages p
        LEFT JOIN package_versions v ON v.domain_id = p.domain_id AND v.package_id = p.id
        LEFT JOIN version_assets a ON a.domain_id = v.domain_id AND a.version_id = v.id
        WHERE p.domain_id = @domain AND (@name = '' OR (p.format = 'fruit' AND p.namespace = @namespace AND p.name = @name))
        ORDER BY p.id, v.version
        """;

    private const string Tags =
        """
        SELECT t.package_id, t.name, t.version
        FROM packages p
        JOIN package_tags t ON t.domain_id = p.domain_id AND t.package_id = p.id
        WHERE p.domain_id = @domain AND (@name = '' OR (p.format = 'fruit' AND p.namespace = @namespace AND p.name = @name))
        """;

    private readonly GranaryContext db = world.Database.Open();

    // What was read at which change of which domain. A change without a number of its own would be seen at the next one.
    private readonly Dictionary<string, (long Domain, long Sequence, IReadOnlyList<string> Lines)> known = [];

    /// <param name="package">Null for all packages of the domain.</param>
    public async Task<IReadOnlyList<string>> ReadAsync(DomainSnapshot domain, PackageCoordinate? package)
    {
        var key = package?.ToString() ?? "";
        var sequence = (await world.Stamps.CurrentAsync(domain.Id, CancellationToken.None))!.Value.Sequence;
        if (known.TryGetValue(key, out var last) && (last.Domain, last.Sequence) == (domain.Id, sequence))
        {
            return last.Lines;
        }

        var tags = (await QueryAsync(Tags, domain, package, row => (Id: row.GetInt64(0), Tag: KeyValuePair.Create(row.GetString(1), row.GetString(2))))).ToLookup(t => t.Id, t => t.Tag);
        var versions = await QueryAsync(Versions, domain, package, row => (
            Id: row.GetInt64(0),
            Head: $"{domain.Repository(row.GetInt64(1))?.Name} has {new PackageCoordinate("fruit", row.GetString(2), row.GetString(3))}, publish {row.GetBoolean(4)} upstream {row.GetBoolean(5)}: ",
            Version: row.IsDBNull(6) ? null : $"{row.GetString(6)} {row.GetString(7)} {(row.IsDBNull(8) ? "-" : Registry.Label(row.GetFieldValue<byte[]>(8)))} of {row.GetString(9)}"));
        List<string> lines = [.. versions.GroupBy(v => (v.Id, v.Head), v => v.Version).Select(r => $"{r.Key.Head}{string.Join(", ", r.OfType<string>())}; {Reference.Tags(tags[r.Key.Id])}")];
        known[key] = (domain.Id, sequence, lines);
        return lines;
    }

    public ValueTask DisposeAsync() => db.DisposeAsync();

    private async Task<List<T>> QueryAsync<T>(string query, DomainSnapshot domain, PackageCoordinate? package, Func<DbDataReader, T> read)
    {
        await db.Database.OpenConnectionAsync();
        await using var command = db.Database.GetDbConnection().CreateCommand();
#pragma warning disable CA2100 // One of the two constants above.
        command.CommandText = query;
#pragma warning restore CA2100
        Add("domain", domain.Id);
        Add("namespace", package?.Namespace ?? "");
        Add("name", package?.Name ?? "");
        var rows = new List<T>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            rows.Add(read(reader));
        }

        return rows;

        void Add(string name, object value)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            command.Parameters.Add(parameter);
        }
    }
}
