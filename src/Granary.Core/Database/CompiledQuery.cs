namespace Granary.Core.Database;

/// <summary>
/// A query that EF Core has compiled, once for each engine: what it compiles is bound to one model, and a process may have
/// both open.
/// </summary>
/// <param name="compile">Calls <c>EF.CompileAsyncQuery</c>.</param>
public sealed class CompiledQuery<TQuery>(Func<TQuery> compile)
    where TQuery : Delegate
{
    private readonly Lazy<TQuery> onSqlite = new(compile);
    private readonly Lazy<TQuery> onPostgreSql = new(compile);

    public TQuery On(GranaryContext db) => db is SqliteContext ? onSqlite.Value : onPostgreSql.Value;
}
