namespace Granary.Core.Transfer;

/// <summary>The rows of all tables at one moment: a database's, or a snapshot's of a backup.</summary>
internal interface IRowSource
{
    Task<long> CountAsync(CopiedTable table, CancellationToken cancellation);

    /// <summary>All rows, in the order of the key.</summary>
    IAsyncEnumerable<object?[]> ReadAsync(CopiedTable table, CancellationToken cancellation);

    /// <summary>The greatest number that the database has given in the table's <see cref="CopiedTable.Counter"/>; 0 before the first.</summary>
    Task<long> CounterAsync(CopiedTable table, CancellationToken cancellation);
}
