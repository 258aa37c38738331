using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Granary.Core.Transfer;

/// <summary>What a column holds, as both engines do.</summary>
internal enum ColumnKind
{
    Number,
    SmallNumber,
    Flag,
    Text,
    Bytes,
}

/// <param name="Property">The name of the entity's property.</param>
internal sealed record CopiedColumn(string Name, string Property, ColumnKind Kind, bool IsNullable);

/// <summary>
/// A table as it is copied: every column, in the order of the key, which is the same on both engines. Taken from the model, so that a
/// table or a column that is new there is copied without a word here.
/// </summary>
internal sealed class CopiedTable
{
    private readonly IReadOnlyList<CopiedColumn> key;

    private CopiedTable(IEntityType entity)
    {
        Entity = entity.ClrType;
        Name = entity.GetTableName()!;
        var properties = entity.GetProperties().OrderBy(p => p.GetColumnName(), StringComparer.Ordinal).ToList();
        Columns = [.. properties.Select(ColumnOf)];
        key = [.. entity.FindPrimaryKey()!.Properties.Select(ColumnOf)];
        Counter = entity.FindPrimaryKey()!.Properties is [{ ValueGenerated: ValueGenerated.OnAdd } single] && ColumnOf(single).Kind is ColumnKind.Number
            ? single.GetColumnName()
            : null;
    }

    public Type Entity { get; }

    public string Name { get; }

    public IReadOnlyList<CopiedColumn> Columns { get; }

    /// <summary>The column that the database numbers, or null. What it numbered last is copied too: a number is never given twice.</summary>
    public string? Counter { get; }

    /// <summary>Every table of the model, by name.</summary>
    public static IReadOnlyList<CopiedTable> All(GranaryContext db) =>
        [.. db.Model.GetEntityTypes().Select(entity => new CopiedTable(entity)).OrderBy(table => table.Name, StringComparer.Ordinal)];

    /// <summary>Where the value of a property is in a row.</summary>
    public int IndexOf(string property)
    {
        for (var i = 0; i < Columns.Count; i++)
        {
            if (Columns[i].Property == property)
            {
                return i;
            }
        }

        throw new InvalidOperationException($"{Name} has no {property}.");
    }

    public string ColumnList => string.Join(", ", Columns.Select(c => $"\"{c.Name}\""));

    /// <summary>All rows in the order of the key: of numbers, and of the bytes of texts and digests.</summary>
    public string Select(Engine engine)
    {
        var order = key.Select(c => engine is Engine.PostgreSql && c.Kind is ColumnKind.Text ? $"\"{c.Name}\" COLLATE \"C\"" : $"\"{c.Name}\"");
        return $"SELECT {ColumnList} FROM \"{Name}\" ORDER BY {string.Join(", ", order)}";
    }

    private static CopiedColumn ColumnOf(IProperty property)
    {
        var stored = property.GetTypeMapping().Converter?.ProviderClrType ?? property.ClrType;
        var kind = (Nullable.GetUnderlyingType(stored) ?? stored) switch
        {
            var type when type == typeof(long) => ColumnKind.Number,
            var type when type == typeof(int) => ColumnKind.SmallNumber,
            var type when type == typeof(bool) => ColumnKind.Flag,
            var type when type == typeof(string) => ColumnKind.Text,
            var type when type == typeof(byte[]) => ColumnKind.Bytes,
            var type => throw new NotSupportedException($"{property.DeclaringType.DisplayName()}.{property.Name} is stored as {type}, of which no engine-neutral form is written yet."),
        };
        return new CopiedColumn(property.GetColumnName(), property.Name, kind, property.IsNullable);
    }
}
