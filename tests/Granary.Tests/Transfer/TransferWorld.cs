using System.Security.Cryptography;
using System.Text;
using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Encryption;
using Granary.Core.Events;
using Granary.Core.Transfer;
using Granary.Core.Upstreams;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Transfer;

/// <summary>A database and a storage, either empty or with rows in every table of the model, whatever tables that has.</summary>
internal sealed class TransferWorld : IAsyncDisposable
{
    private static readonly string[] Texts = ["a", "B", "Zürich", "\"quoted\"\\", "語", "😀", "\u007f\t\n", "aa", "_", "-"];

    private readonly Databases databases;
    private readonly TemporaryDirectory folder = new();

    private TransferWorld(Databases databases) => this.databases = databases;

    public GranaryDatabase Database => databases.Database;

    public string Folder => folder.Path;

    public string StorageFolder => Path.Combine(folder.Path, "storage");

    public IAssetStorage Storage => new FileAssetStorage(StorageFolder, isOwner: false);

    public ArrivalPlace Place => new(Folder, Database, () => Storage, [], _ => Task.CompletedTask);

    public static async Task<TransferWorld> EmptyAsync(Engine engine) => new(await Databases.CreateAsync(engine));

    /// <param name="rows">Of each table. Every column of the first row is filled, and the nullable ones of the others by turns.</param>
    /// <param name="changes">Rows of the change log, where that is to have more than one batch.</param>
    public static async Task<TransferWorld> FilledAsync(Engine engine, int rows, int? changes = null)
    {
        var world = await EmptyAsync(engine);
        Directory.CreateDirectory(Path.Combine(world.Folder, "keys"));
        await File.WriteAllTextAsync(Path.Combine(world.Folder, "keys", "trail.key"), "a key");
        await using var db = world.Database.Open();
        await db.Database.OpenConnectionAsync();
        foreach (var table in CopiedTable.All(db))
        {
            await using var transaction = await db.Database.GetDbConnection().BeginTransactionAsync();
            var count = table.Entity == typeof(Change) ? changes ?? rows : rows;
            await using var made = world.MakeAsync(table, count).GetAsyncEnumerator();
            Assert.Equal(count, await RowWriter.WriteAsync(db.Database.GetDbConnection(), transaction, table, made, int.MaxValue, CancellationToken.None));
            await transaction.CommitAsync();
        }

        return world;
    }

    public Backup Backup() => new(Database, Storage, Keys, TimeProvider.System);

    public PrivateFiles Keys() => PrivateFiles.Read(Folder, ["keys"]);

    public async ValueTask DisposeAsync()
    {
        await databases.DisposeAsync();
        folder.Dispose();
    }

    /// <summary>Every row of every table that the database itself says it has, column by column as its driver reads them.</summary>
    public async Task<Dictionary<string, List<string>>> ReadAllAsync()
    {
        await using var db = Database.Open();
        await db.Database.OpenConnectionAsync();
        var all = new Dictionary<string, List<string>>();
        foreach (var table in (await CatalogAsync()).Keys)
        {
            await using var command = db.Database.GetDbConnection().CreateCommand();
            command.CommandText = $"SELECT * FROM {table}";
            await using var reader = await command.ExecuteReaderAsync();
            var rows = all[table] = [];
            while (await reader.ReadAsync())
            {
                rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => $"{reader.GetName(i)}={Shown(reader.GetValue(i))}").Order(StringComparer.Ordinal)));
            }

            rows.Sort(StringComparer.Ordinal);
        }

        return all;
    }

    /// <summary>The tables and columns that the migrations have made, as the engine's own catalogue has them.</summary>
    public async Task<Dictionary<string, List<string>>> CatalogAsync()
    {
        await using var db = Database.Open();
        var columns = db is SqliteContext
            ? db.Database.SqlQuery<string>($"SELECT m.name || '.' || c.name AS Value FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'")
            : db.Database.SqlQuery<string>($"""SELECT table_name || '.' || column_name AS "Value" FROM information_schema.columns WHERE table_schema = 'public' """);
        return (await columns.ToListAsync())
            .Where(c => !c.StartsWith("__EF", StringComparison.Ordinal) && !c.StartsWith("granary_transfer.", StringComparison.Ordinal))
            .GroupBy(c => c.Split('.')[0], c => c.Split('.')[1])
            .ToDictionary(g => g.Key, g => g.Order(StringComparer.Ordinal).ToList());
    }

    public string PathOf(string key) => Path.Combine(StorageFolder, key);

    public async Task<byte[]> StoreAsync(string key, byte[] content)
    {
        await using var spool = Storage.CreateSpool();
        await spool.WriteAsync(content, CancellationToken.None);
        await Storage.StoreAsync(spool, key, CancellationToken.None);
        return content;
    }

    private async IAsyncEnumerable<object?[]> MakeAsync(CopiedTable table, int count)
    {
        for (var n = 0; n < count; n++)
        {
            var row = table.Columns.Select((column, i) => column.IsNullable && n > 0 && (n + i) % 2 == 0 ? null : Value(column, n, table.Name)).ToArray();
            if (table.Entity == typeof(Asset))
            {
                var content = Encoding.UTF8.GetBytes($"content {n}");
                row[table.IndexOf(nameof(Asset.Sha256))] = SHA256.HashData(content);
                row[table.IndexOf(nameof(Asset.Size))] = (long)content.Length;
                await StoreAsync(AssetKey.OfAsset((long)row[table.IndexOf(nameof(Asset.DomainId))]!, SHA256.HashData(content), (long)row[table.IndexOf(nameof(Asset.Generation))]!), content);
            }
            else if (table.Entity == typeof(DomainKey))
            {
                // Of domains that have no assets here, which nothing has encrypted.
                row[table.IndexOf(nameof(DomainKey.DomainId))] = n + 1000L;
            }
            else if (table.Entity == typeof(SourceDocument))
            {
                var key = AssetKey.NewDocument(1);
                row[table.IndexOf(nameof(SourceDocument.StorageKey))] = n == 1 ? null : key;
                await StoreAsync(key, RandomNumberGenerator.GetBytes(300));
            }

            yield return row;
        }
    }

    private static object Value(CopiedColumn column, int n, string table) => column.Kind switch
    {
        ColumnKind.Number => n + 1 + ((long)column.Name.Length << 33),
        ColumnKind.SmallNumber => n + 1,
        ColumnKind.Flag => (n + column.Name.Length) % 2 == 0,
        ColumnKind.Bytes => Encoding.UTF8.GetBytes($"{table} {column.Name} {n}\0\n"),
        _ => $"{Texts[n % Texts.Length]} {column.Name} {n}",
    };

    // The engines' drivers name the types of the same value differently.
    private static string Shown(object value) => value switch
    {
        byte[] bytes => Convert.ToHexString(bytes),
        bool flag => flag ? "1" : "0",
        DBNull => "NULL",
        _ => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{value}"),
    };
}

/// <summary>Progress that nobody reads, or that breaks the run off at the given report of a step.</summary>
internal sealed class Interruption(string? step = null, int at = 1) : IProgress<TransferProgress>
{
    private int reports;

    public List<TransferProgress> All { get; } = [];

    public void Report(TransferProgress value)
    {
        All.Add(value);
        if (step is not null && value.Step == step && ++reports == at)
        {
            throw new OperationCanceledException("Broken off by the test.");
        }
    }
}
