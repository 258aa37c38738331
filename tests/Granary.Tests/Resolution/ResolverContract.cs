using System.Globalization;
using Granary.Core.Database;

namespace Granary.Tests.Resolution;

/// <summary>
/// Histories that are drawn at random, on the real services and on <see cref="Reference"/>: what is found, from where, what is kept and what public
/// sources are told must be the same after every operation.
/// </summary>
public abstract class ResolverContract(Engine engine, int histories)
{
    /// <summary>The history to begin with; with this alone only that one is run.</summary>
    public const string SeedVariable = "GRANARY_RESOLVER_SEED";

    /// <summary>How many operations to run at least, on SQLite.</summary>
    public const string OperationsVariable = "GRANARY_RESOLVER_OPERATIONS";

    private const int Steps = 250;

    [Fact]
    public async Task Agrees_with_the_reference_after_every_operation()
    {
        var seed = Number(SeedVariable);
        var count = Number(OperationsVariable) is { } operations && engine is Engine.Sqlite ? (operations + Steps - 1) / Steps : seed is null ? histories : 1;
        await using var registry = await Registry.CreateAsync(engine);
        var trial = new Trial(registry);
        for (var history = seed ?? 1; history < (seed ?? 1) + count; history++)
        {
            if (await trial.RunAsync(history, Steps) is { } message)
            {
                Assert.Fail(message);
            }
        }
    }

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}

public sealed class ResolverOnSqliteTests() : ResolverContract(Engine.Sqlite, histories: 8);

public sealed class ResolverOnPostgreSqlTests() : ResolverContract(Engine.PostgreSql, histories: 1);
