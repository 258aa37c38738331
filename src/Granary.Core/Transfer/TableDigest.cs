using System.Security.Cryptography;

namespace Granary.Core.Transfer;

/// <summary>How many rows a table has, and the SHA-256 of their lines in the order of the key: equal on both engines where the rows are.</summary>
internal readonly record struct TableDigest(long Rows, string Sha256)
{
    public static async Task<TableDigest> OfAsync(IRowSource source, CopiedTable table, CancellationToken cancellation)
    {
        using var lines = new RowLines(table);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long rows = 0;
        await foreach (var row in source.ReadAsync(table, cancellation))
        {
            hash.AppendData(lines.Write(row).Span);
            rows++;
        }

        return new TableDigest(rows, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}
