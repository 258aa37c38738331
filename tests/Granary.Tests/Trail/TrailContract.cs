using System.Text.Json.Nodes;
using Granary.Core.Access;
using Granary.Core.Access.Identities;
using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Events;
using Granary.Core.Trail;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Tests.Trail;

/// <summary>A database with a trail, its queue, and a clock that stands still.</summary>
public abstract class TrailContract(Engine engine) : IAsyncLifetime
{
    protected const string Owner = "111122223333";
    protected const string Other = "444455556666";

    private readonly byte[] key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
    private Databases databases = null!;

    internal ManualTime Clock { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    protected GranaryDatabase Database => databases.Database;

    protected ChangeLog Log { get; private set; } = null!;

    protected TrailChains Chains { get; private set; } = null!;

    protected TrailQueue Queue { get; private set; } = null!;

    protected static Principal Admin { get; } = new(Owner, $"arn:aws:iam::{Owner}:user/admin") { IdentityId = "AIDAADMIN", AccessKeyId = "AKIAADMIN" };

    public async ValueTask InitializeAsync()
    {
        databases = await Databases.CreateAsync(engine);
        Chains = new TrailChains(new TrailSeal(key), "eu-central-1");
        Log = new ChangeLog(Database, new DomainStamps(Database), new AccountRevisions(Database), Clock, Chains);
        Queue = NewQueue(new TrailOptions());
        await Retention(90).BeginAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Queue.DisposeAsync();
        await Log.DisposeAsync();
        await databases.DisposeAsync();
    }

    protected TrailQueue NewQueue(TrailOptions options, long room = 64 << 20) => new(Log, Chains, options, Clock, NullLogger<TrailQueue>.Instance, room);

    protected TrailRetention Retention(int days) => new(Database, Log, Chains, new TrailOptions(days), Clock);

    /// <summary>A read of a package by a user.</summary>
    protected static TrailRecord Read(string package = "left", long domain = 1, Principal? by = null, string? error = null) => new()
    {
        Source = "codeartifact.amazonaws.com",
        Name = "ReadFromRepository",
        IsReadOnly = true,
        Principal = by ?? Admin,
        UserAgent = "npm/11",
        DomainId = domain,
        DomainName = "tools",
        DomainOwner = Owner,
        Repository = "shop",
        Administrator = Owner,
        Format = "npm",
        Method = "GET",
        Path = $"/npm/{package}",
        Package = new("npm", "", package),
        ErrorCode = error,
        ErrorMessage = error is null ? null : "No.",
    };

    protected static TrailRecord Call(string name, Principal? by = null, string parameters = "{}") => new()
    {
        Source = "iam.amazonaws.com",
        Name = name,
        Principal = by ?? Admin,
        UserAgent = "aws-cli/2",
        RequestId = Guid.NewGuid().ToString(),
        Parameters = System.Text.Encoding.UTF8.GetBytes(parameters),
    };

    protected async Task AddAsync(params TrailRecord[] records)
    {
        foreach (var record in records)
        {
            Queue.Add(record);
        }

        await Queue.FlushAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20));
    }

    protected async Task<long> CreateDomainAsync(string name)
    {
        var domain = new Domain { Owner = Owner, Name = name, CreatedAt = Clock.GetUtcNow(), EncryptionKey = "arn:aws:kms:::key/1" };
        await Log.WriteServerAsync(
            async db =>
            {
                db.Domains.Add(domain);
                await db.SaveChangesAsync();
            },
            CancellationToken.None);
        return domain.Id;
    }

    protected Task<long> ChangeAsync(long domain, TrailRecord? record) =>
        Log.WriteAsync(domain, new Actor(Admin.Arn, record), t => Task.FromResult(t.NextId()), CancellationToken.None);

    protected async Task<List<TrailFault>> FaultsAsync()
    {
        var faults = new List<TrailFault>();
        await foreach (var finding in new TrailVerification(Database, new TrailSeal(key)).RunAsync(CancellationToken.None))
        {
            faults.AddRange(finding.Faults);
        }

        return faults;
    }

    /// <summary>All records of all chains, one for each copy.</summary>
    protected async Task<List<JsonObject>> RecordsAsync(string? account = null, DateTimeOffset? from = null, DateTimeOffset? to = null)
    {
        var records = new List<JsonObject>();
        await foreach (var line in new TrailExport(Database).RunAsync(account, from, to, CancellationToken.None))
        {
            Assert.DoesNotContain('\n', line);
            records.Add(JsonNode.Parse(line)!.AsObject());
        }

        return records;
    }

    protected async Task<int> SqlAsync(string sql)
    {
        await using var db = Database.Open();
        return await db.Database.ExecuteSqlRawAsync(sql);
    }
}
