using System.CommandLine;
using Granary.Core.Access;
using Granary.Core.Access.Identities;
using Granary.Core.Database;
using Granary.Core.Events.Buses;
using Granary.Server.Authentication;
using Granary.Server.Commands;
using Granary.Server.Hosting;
using Granary.Tests.Authentication;
using Granary.Tests.ControlPlane;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Commands;

public sealed class KeysCommandTests : IAsyncLifetime
{
    private static readonly string[] KeyIds = ["AKIAEXAMPLE000000001", "AKIAEXAMPLE000000002"];

    private readonly TemporaryDirectory data = new();
    private string? connection;
    private GranaryDatabase database = null!;

    public async ValueTask InitializeAsync()
    {
        connection = await TestDatabase.CreateAsync();
        database = connection is null ? GranaryDatabase.Sqlite(data["granary.db"]) : GranaryDatabase.PostgreSql(connection);
        await database.MigrateAsync(TestContext.Current.CancellationToken);
        var seal = new SecretSeal(data.Path);
        await using var db = database.Open();
        NewAccount.Add(db, ControlPlaneHost.Owner, UniqueId.Of(IdentityKind.User), "admin", TestSigner.Now);
        foreach (var id in KeyIds)
        {
            db.AccessKeys.Add(new AccessKey
            {
                Id = id,
                AccountId = ControlPlaneHost.Owner,
                UserId = "AIDAEXAMPLE",
                SealedSecret = seal.Seal($"secret of {id}", id),
                Active = true,
                CreatedAt = TestSigner.Now,
            });
        }

        db.EventConnections.Add(new EventConnection
        {
            AccountId = ControlPlaneHost.Owner,
            Name = "hook",
            Id = "0c4f",
            AuthorizationType = "API_KEY",
            State = EventConnection.Authorized,
            SealedParameters = seal.Seal("secret of hook", "0c4f"),
            CreatedAt = TestSigner.Now,
            ModifiedAt = TestSigner.Now,
        });
        await db.SaveChangesAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        SqliteConnection.ClearAllPools();
        await TestDatabase.DropAsync(connection);
        data.Dispose();
    }

    [Fact]
    public async Task Secrets_open_with_the_new_key_and_with_it_alone()
    {
        var old = await File.ReadAllBytesAsync(File_("access-keys.key"), TestContext.Current.CancellationToken);

        await MustRotateAsync();

        Assert.NotEqual(old, await File.ReadAllBytesAsync(File_("access-keys.key"), TestContext.Current.CancellationToken));
        Assert.Equal(32, new FileInfo(File_("access-keys.key")).Length);
        await AssertSecretsAsync(new SecretSeal(data.Path));
        await File.WriteAllBytesAsync(File_("access-keys.key"), old, TestContext.Current.CancellationToken);
        var outdated = new SecretSeal(data.Path);
        await Assert.ThrowsAsync<System.Security.Cryptography.CryptographicException>(() => AssertSecretsAsync(outdated));
    }

    [Fact]
    public async Task Broken_off_after_the_new_key_was_written_everything_opens_and_a_second_run_completes()
    {
        KeyRing.LoadOrCreate(data.Path, "access-keys.key").Rotate(TestSigner.Now, DateTimeOffset.MinValue);
        var made = (await File.ReadAllBytesAsync(File_("access-keys.key"), TestContext.Current.CancellationToken))[..32];
        await AssertSecretsAsync(new SecretSeal(data.Path));

        await MustRotateAsync();

        Assert.Equal(made, await File.ReadAllBytesAsync(File_("access-keys.key"), TestContext.Current.CancellationToken));
        await AssertSecretsAsync(new SecretSeal(data.Path));
    }

    [Fact]
    public async Task Broken_off_after_the_secrets_were_sealed_anew_everything_opens_and_a_second_run_completes()
    {
        var ring = KeyRing.LoadOrCreate(data.Path, "access-keys.key").Rotate(TestSigner.Now, DateTimeOffset.MinValue);
        var seal = new SecretSeal(ring);
        await using (var db = database.Open())
        {
            foreach (var key in await db.AccessKeys.ToListAsync(TestContext.Current.CancellationToken))
            {
                key.SealedSecret = seal.Seal(seal.Open(key.SealedSecret, key.Id), key.Id);
            }

            await db.SaveChangesAsync(TestContext.Current.CancellationToken);
        }

        await AssertSecretsAsync(new SecretSeal(data.Path));
        await MustRotateAsync();
        Assert.Equal(32, new FileInfo(File_("access-keys.key")).Length);
        await AssertSecretsAsync(new SecretSeal(data.Path));
    }

    [Fact]
    public async Task A_secret_that_does_not_open_stops_the_rotation_before_anything_is_lost()
    {
        await using (var db = database.Open())
        {
            var key = await db.AccessKeys.SingleAsync(k => k.Id == KeyIds[1], TestContext.Current.CancellationToken);
            key.SealedSecret = [.. key.SealedSecret[..^1], (byte)(key.SealedSecret[^1] ^ 1)];
            await db.SaveChangesAsync(TestContext.Current.CancellationToken);
        }

        var (code, _, errors) = await RunAsync();

        Assert.Equal(1, code);
        Assert.Contains(KeyIds[1], errors, StringComparison.Ordinal);
        await using var after = database.Open();
        var other = await after.AccessKeys.SingleAsync(k => k.Id == KeyIds[0], TestContext.Current.CancellationToken);
        Assert.Equal($"secret of {KeyIds[0]}", new SecretSeal(data.Path).Open(other.SealedSecret, KeyIds[0]));
    }

    [Fact]
    public async Task Tokens_and_sessions_that_were_given_away_stay_good()
    {
        var tokens = new AuthorizationTokens(data.Path, TimeProvider.System);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var token = tokens.Issue(new AuthorizationToken(AuthorizationToken.NewId(), "arn:aws:iam::111122223333:user/admin", "AIDA", "111122223333", 1, now, now + 900));
        var session = new SessionCredentials(data.Path, TimeProvider.System).Issue(Session(now));

        await MustRotateAsync();

        Assert.NotNull(new AuthorizationTokens(data.Path, TimeProvider.System).Verify(token));
        Assert.Equal(session.SecretAccessKey, new SessionCredentials(data.Path, TimeProvider.System).Open(session.AccessKeyId, session.SessionToken).Secret);
    }

    [Fact]
    public async Task While_a_server_runs_on_the_directory_nothing_is_touched()
    {
        using var held = DataDirectory.Open(data.Path);
        var before = await File.ReadAllBytesAsync(File_("access-keys.key"), TestContext.Current.CancellationToken);

        var (code, _, errors) = await RunAsync();

        Assert.Equal(1, code);
        Assert.Contains("Another Granary is running", errors, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(File_("access-keys.key"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_database_without_access_keys_is_not_the_one_that_is_meant()
    {
        await using (var db = database.Open())
        {
            await db.AccessKeys.ExecuteDeleteAsync(TestContext.Current.CancellationToken);
        }

        var before = await File.ReadAllBytesAsync(File_("access-keys.key"), TestContext.Current.CancellationToken);
        var (code, _, errors) = await RunAsync();
        Assert.Equal(1, code);
        Assert.Contains("--database", errors, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(File_("access-keys.key"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_directory_without_keys_is_left_as_it_is()
    {
        using var empty = new TemporaryDirectory();
        var (code, _, errors) = await RunAsync(empty.Path);
        Assert.Equal(1, code);
        Assert.Contains("There is no Granary in", errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(empty.Path));
    }

    internal static Principal Session(long now) => new("111122223333", "arn:aws:sts::111122223333:assumed-role/ci/build")
    {
        IdentityId = "AROAEXAMPLE",
        RoleArn = "arn:aws:iam::111122223333:role/ci",
        Session = new RoleSession("ci", "build", now, now + 43_200),
    };

    private string File_(string name) => Path.Combine(data.Path, "keys", name);

    private async Task AssertSecretsAsync(SecretSeal seal)
    {
        await using var db = database.Open();
        foreach (var key in await db.AccessKeys.AsNoTracking().ToListAsync(TestContext.Current.CancellationToken))
        {
            Assert.Equal($"secret of {key.Id}", seal.Open(key.SealedSecret, key.Id));
        }

        var hook = await db.EventConnections.AsNoTracking().SingleAsync(TestContext.Current.CancellationToken);
        Assert.Equal("secret of hook", seal.Open(hook.SealedParameters!, hook.Id));
    }

    private async Task MustRotateAsync()
    {
        var (code, output, errors) = await RunAsync();
        Assert.Equal((0, ""), (code, errors));
        Assert.Contains("sealed anew: 2", output, StringComparison.Ordinal);
    }

    private async Task<(int Code, string Output, string Errors)> RunAsync(string? directory = null)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        string[] where = connection is null ? [] : ["--database", connection];
        var code = await KeysCommand.Create().Parse(["rotate", "--data", directory ?? data.Path, .. where]).InvokeAsync(
            new InvocationConfiguration { Output = output, Error = errors }, TestContext.Current.CancellationToken);
        return (code, output.ToString(), errors.ToString());
    }
}
