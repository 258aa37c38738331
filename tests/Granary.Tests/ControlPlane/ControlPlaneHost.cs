using System.Text;
using Granary.Core.Access;
using Granary.Core.Access.Identities;
using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Events;
using Granary.Core.Packages;
using Granary.Server.Authentication;
using Granary.Server.Hosting;
using Granary.Tests.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Tests.ControlPlane;

/// <summary>A server on a free port with stores of its own, and callers of two accounts who sign what they send.</summary>
internal sealed class ControlPlaneHost : IAsyncDisposable
{
    public const string Owner = "111122223333";
    public const string Stranger = "444455556666";
    public const string StrangersKey = "AKIAEXAMPLE000000002";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    private readonly DirectoryInfo folder;
    private readonly DataDirectory data;
    private readonly WebApplication app;
    private readonly string? database;

    private ControlPlaneHost(DirectoryInfo folder, DataDirectory data, WebApplication app, string? database)
    {
        (this.folder, this.data, this.app, this.database) = (folder, data, app, database);
    }

    public Uri Address => new(app.Urls.First());

    /// <summary>The address of the metrics, where they have one of their own.</summary>
    public Uri MetricsAddress => new(app.Urls.Last());

    public ManualTime Clock { get; private init; } = new(TestSigner.Now);

    public T Service<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    public static async Task<ControlPlaneHost> StartAsync(
        Action<IServiceCollection>? configure = null, Func<ServeOptions, ServeOptions>? options = null, Engine engine = Engine.Sqlite)
    {
        var folder = Directory.CreateTempSubdirectory("granary");
        var database = await TestDatabase.CreateAsync(engine);
        var clock = new ManualTime(TestSigner.Now);
        var serve = new ServeOptions { Data = folder.FullName, Urls = "http://127.0.0.1:0", Database = database, Region = TestSigner.Region };
        serve = options?.Invoke(serve) ?? serve;
        var data = DataDirectory.Open(serve.Data);
        var app = GranaryHost.Build(serve, data, builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(clock);
            configure?.Invoke(builder.Services);
        });
        var host = new ControlPlaneHost(folder, data, app, database) { Clock = clock };
        await app.Services.GetRequiredService<GranaryDatabase>().MigrateAsync(TestContext.Current.CancellationToken);
        await host.AddAccountsAsync();
        await app.StartAsync();
        return host;
    }

    /// <summary>Another node on the first one's database, with a copy of its keys and its clock.</summary>
    public static async Task<ControlPlaneHost> JoinAsync(ControlPlaneHost first)
    {
        var folder = Directory.CreateTempSubdirectory("granary");
        var keys = folder.CreateSubdirectory("keys");
        foreach (var key in first.folder.CreateSubdirectory("keys").EnumerateFiles())
        {
            key.CopyTo(Path.Combine(keys.FullName, key.Name));
        }

        var serve = first.Service<ServeOptions>() with { Data = folder.FullName };
        var data = DataDirectory.Open(serve.Data);
        var app = GranaryHost.Build(serve, data, builder => builder.Services.AddSingleton<TimeProvider>(first.Clock));
        await app.StartAsync();
        return new ControlPlaneHost(folder, data, app, null) { Clock = first.Clock };
    }

    /// <summary>A user who may do nothing, by name; of the account that <paramref name="account"/> says. Answers the unique id.</summary>
    public Task<string> AddUserAsync(string account, string name, string key) =>
        Service<ChangeLog>().WriteAccountAsync(
            account,
            "arn:test",
            db =>
            {
                var id = UniqueId.Of(IdentityKind.User);
                db.Identities.Add(new Identity
                {
                    AccountId = account, Id = id, Kind = IdentityKind.User, Name = name, NameKey = name, Path = "/", CreatedAt = Clock.GetUtcNow(),
                });
                db.AccessKeys.Add(new AccessKey
                {
                    Id = key, AccountId = account, UserId = id, SealedSecret = Service<SecretSeal>().Seal(TestSigner.Secret, key), Active = true, CreatedAt = Clock.GetUtcNow(),
                });
                return Task.FromResult(id);
            },
            CancellationToken.None);

    /// <summary>Gives a user this policy and no other; null for none.</summary>
    public Task SetPolicyAsync(string account, string userId, string? document) =>
        Service<ChangeLog>().WriteAccountAsync(
            account,
            "arn:test",
            async db =>
            {
                await db.InlinePolicies.Where(p => p.IdentityId == userId).ExecuteDeleteAsync(CancellationToken.None);
                if (document is not null)
                {
                    db.InlinePolicies.Add(new InlinePolicy { AccountId = account, IdentityId = userId, Name = "only", Document = document });
                }

                return true;
            },
            CancellationToken.None);

    public Task<Reply> GetAsync(string target) => CallAsync("GET", target);

    public Task<Reply> PostAsync(string target, string body = "") => CallAsync("POST", target, body);

    public Task<Reply> PutAsync(string target, string body = "") => CallAsync("PUT", target, body);

    public Task<Reply> DeleteAsync(string target) => CallAsync("DELETE", target);

    /// <summary>Signs exactly this target and sends exactly this target.</summary>
    public Task<Reply> CallAsync(string method, string target, string body = "", string key = TestSigner.KeyId) =>
        SendAsync(Request(method, target, body).Signed(new TestSigner { Key = key }));

    public TestRequest Request(string method, string target, string body = "")
    {
        var request = new TestRequest(method, target)
        {
            Headers = [("Host", Address.Authority), ("X-Amz-Date", TestSigner.Date)],
            Body = Encoding.UTF8.GetBytes(body),
        };
        // A parameter of this one operation, and part of its signature at once.
        return target.StartsWith("/v1/package/version/publish?", StringComparison.Ordinal) ? request.With(("X-Amz-Content-Sha256", request.BodyHash)) : request;
    }

    public async Task<Reply> SendAsync(TestRequest request)
    {
        var raw = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        using var message = new HttpRequestMessage(new HttpMethod(request.Method), new Uri(Address.GetLeftPart(UriPartial.Authority) + request.Target, raw));
        foreach (var (name, value) in request.Headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        if (request.Body.Length > 0)
        {
            message.Content = new ByteArrayContent(request.Body);
            message.Content.Headers.ContentType = new("application/json");
        }

        using var response = await Http.SendAsync(message);
        return new Reply((int)response.StatusCode, response.Headers, response.Content.Headers, await response.Content.ReadAsByteArrayAsync());
    }

    public async Task CreateDomainAsync(string domain = "tools", params string[] repositories)
    {
        (await PostAsync($"/v1/domain?domain={domain}")).Ok();
        foreach (var repository in repositories)
        {
            (await PostAsync($"/v1/repository?domain={domain}&repository={repository}")).Ok();
        }
    }

    /// <summary>A version of an npm package, as a publish leaves it.</summary>
    public async Task<PackageVersion> PublishAsync(
        string package, string version, string repository = "shop", string domain = "tools", string? manifest = null, string content = "bytes", string? connection = null, string? readme = null)
    {
        var (found, at) = await FindAsync(domain, repository);
        var assets = Service<AssetStore>();
        await using var spool = assets.CreateSpool();
        await spool.WriteAsync(Encoding.UTF8.GetBytes(content), default);
        var digests = await assets.StoreAsync(found.Id, spool, default);
        var slash = package.IndexOf('/', StringComparison.Ordinal);
        var coordinate = new PackageCoordinate("npm", slash < 0 ? "" : package[1..slash], package[(slash + 1)..]);
        manifest ??= $$"""{"name":"{{package}}","version":"{{version}}"}""";
        var added = new NewVersion(version, Encoding.UTF8.GetBytes(manifest), null, readme, [new NewAsset("package.tgz", digests)]);
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        return await Service<ChangeLog>().WriteAsync(
            found.Id,
            "arn:test",
            async transaction =>
            {
                var row = await PackageWriter.FindAsync(transaction, at, coordinate) ?? PackageWriter.Add(transaction, at, coordinate, connection is null, connection is not null);
                var origin = connection is null ? new VersionOrigin(repository, null) : new VersionOrigin(null, connection);
                return await PackageWriter.AddVersionAsync(transaction, at, row, added, origin, transaction.Now);
            },
            default);
    }

    public async Task<(DomainSnapshot Domain, Granary.Core.Repositories.RepositorySnapshot Repository)> FindAsync(string domain, string repository)
    {
        var found = await Service<DomainDirectory>().FindAsync(Owner, domain, default);
        return (found!, found!.Repository(repository)!);
    }

    public async Task<IReadOnlyList<Change>> ChangesAsync()
    {
        await using var db = Service<GranaryDatabase>().Open();
        return await db.Changes.AsNoTracking().OrderBy(c => c.DomainId).ThenBy(c => c.Sequence).ToListAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        data.Dispose();
        await TestDatabase.DropAsync(database);
        folder.Delete(recursive: true);
    }

    private async Task AddAccountsAsync()
    {
        var seal = Service<SecretSeal>();
        await Service<ChangeLog>().WriteServerAsync(
            async db =>
            {
                foreach (var (account, key) in new[] { (Owner, TestSigner.KeyId), (Stranger, StrangersKey) })
                {
                    var user = UniqueId.Of(IdentityKind.User);
                    NewAccount.Add(db, account, user, "admin", Clock.GetUtcNow());
                    db.AccessKeys.Add(new AccessKey
                    {
                        Id = key,
                        AccountId = account,
                        UserId = user,
                        SealedSecret = seal.Seal(TestSigner.Secret, key),
                        Active = true,
                        CreatedAt = Clock.GetUtcNow(),
                    });
                }

                await db.SaveChangesAsync();
            },
            default);
    }
}
