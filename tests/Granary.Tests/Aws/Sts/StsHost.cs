using System.Globalization;
using System.Text;
using System.Xml.Linq;
using Granary.Core.Access.Identities;
using Granary.Core.Database;
using Granary.Core.Events;
using Granary.Server.Authentication;
using Granary.Tests.Authentication;
using Granary.Tests.ControlPlane;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Aws.Sts;

/// <summary>Whose key a request is signed with.</summary>
internal sealed record Signatory(string Key, string Secret, string? Token = null)
{
    public static Signatory Admin { get; } = new(TestSigner.KeyId, TestSigner.Secret);

    public static Signatory Stranger { get; } = new(ControlPlaneHost.StrangersKey, TestSigner.Secret);
}

/// <summary>What STS answered.</summary>
internal sealed record StsReply(int Status, XElement Root)
{
    public string? Error => Find("Code");

    public string this[string element] => Find(element) ?? throw new InvalidOperationException($"There is no {element} in {Root}");

    public Signatory Session => new(this["AccessKeyId"], this["SecretAccessKey"], this["SessionToken"]);

    public string? Find(string element) => Root.Descendants().FirstOrDefault(e => e.Name.LocalName == element)?.Value;

    public StsReply Ok()
    {
        Assert.True(Status == 200, $"{Status}: {Root}");
        Assert.All(Root.DescendantsAndSelf(), e => Assert.Equal("https://sts.amazonaws.com/doc/2011-06-15/", e.Name.NamespaceName));
        return this;
    }

    public StsReply Is(int status, string error)
    {
        Assert.True((Status, Error) == (status, error), $"{Status}: {Root}");
        return this;
    }
}

/// <summary>A server of two accounts with users, roles and providers as a test needs them, and callers of STS.</summary>
internal sealed class StsHost(ControlPlaneHost control) : IAsyncDisposable
{
    public const string Owner = ControlPlaneHost.Owner;
    public const string Stranger = ControlPlaneHost.Stranger;

    public ControlPlaneHost Control => control;

    public ManualTime Clock => control.Clock;

    public static async Task<StsHost> StartAsync() => new(await ControlPlaneHost.StartAsync());

    public static string RoleArn(string name, string account = Owner) => $"arn:aws:iam::{account}:role/{name}";

    /// <summary>A trust policy of one statement.</summary>
    /// <param name="principal">JSON, such as <c>{"AWS":"111122223333"}</c>.</param>
    public static string Trust(string principal, string actions = "sts:AssumeRole", string condition = "{}") =>
        $$"""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{{principal}},"Action":[{{string.Join(',', actions.Split(' ').Select(a => $"\"{a}\""))}}],"Condition":{{condition}}}]}""";

    public static string By(string principal) => $$"""{"AWS":"{{principal}}"}""";

    public static string Allow(string action, string resource = "*") =>
        $$"""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"{{action}}","Resource":"{{resource}}"}]}""";

    public Task<StsReply> AssumeAsync(string role, Signatory? by = null, params (string Name, string Value)[] more) =>
        CallAsync("AssumeRole", by, [("RoleArn", role.StartsWith("arn:", StringComparison.Ordinal) ? role : RoleArn(role)), ("RoleSessionName", "build"), .. more]);

    public async Task<StsReply> CallAsync(string action, Signatory? by = null, params (string Name, string Value)[] parameters) =>
        Read(await control.SendAsync(Sign(new TestRequest("POST", "/") { Body = Form(action, parameters) }, "sts", by)));

    public async Task<StsReply> CallUnsignedAsync(string action, params (string Name, string Value)[] parameters) =>
        Read(await control.SendAsync(new TestRequest("POST", "/") { Headers = [("Host", control.Address.Authority)], Body = Form(action, parameters) }));

    /// <summary>An operation of CodeArtifact.</summary>
    public Task<Reply> OperateAsync(string method, string target, Signatory by, string body = "") =>
        control.SendAsync(Sign(new TestRequest(method, target) { Body = Encoding.UTF8.GetBytes(body) }, "codeartifact", by));

    /// <summary>The status of a read of the data plane.</summary>
    public async Task<int> ReadRepositoryAsync(string token, string path = "/npm/d/tools-111122223333/shop/-/ping")
    {
        var request = new TestRequest("GET", path) { Headers = [("Host", control.Address.Authority), ("Authorization", $"Bearer {token}")] };
        return (await control.SendAsync(request)).Status;
    }

    public async Task<Identity> AddRoleAsync(
        string name, string trust, string? policy = null, string account = Owner, int longest = 3600, (string Key, string Value)? tag = null, string path = "/")
    {
        var role = NewIdentity(account, IdentityKind.Role, name, path);
        (role.TrustPolicy, role.MaxSessionSeconds) = (trust, longest);
        await AddAsync(role, policy, tag);
        return role;
    }

    public async Task<Signatory> AddUserAsync(string name, string? policy = null, string account = Owner)
    {
        var user = NewIdentity(account, IdentityKind.User, name, "/");
        await AddAsync(user, policy, null);
        var (key, secret) = control.Service<AccessKeys>().Create(account, user.Id, Clock.GetUtcNow());
        await WriteAsync(account, db => db.AccessKeys.Add(key));
        return new Signatory(key.Id, secret);
    }

    public async Task<IdentityProvider> AddProviderAsync(string issuer, string clients = "granary", string account = Owner)
    {
        var provider = new IdentityProvider
        {
            AccountId = account,
            Issuer = issuer,
            Name = issuer[(issuer.IndexOf("//", StringComparison.Ordinal) + 2)..],
            ClientIds = clients,
            Thumbprints = "",
            CreatedAt = Clock.GetUtcNow(),
        };
        await WriteAsync(account, db => db.IdentityProviders.Add(provider));
        return provider;
    }

    public Task DeleteAsync(Identity identity) => control.Service<ChangeLog>().WriteAccountAsync(
        identity.AccountId,
        "arn:test",
        db => db.Identities.Where(i => i.AccountId == identity.AccountId && i.Id == identity.Id).ExecuteDeleteAsync(),
        default);

    public Task WriteAsync(string account, Action<GranaryContext> change) => control.Service<ChangeLog>().WriteAccountAsync(
        account,
        "arn:test",
        db =>
        {
            change(db);
            return Task.FromResult(0);
        },
        default);

    public ValueTask DisposeAsync() => control.DisposeAsync();

    private Identity NewIdentity(string account, IdentityKind kind, string name, string path) => new()
    {
        AccountId = account,
        Id = UniqueId.Of(kind),
        Kind = kind,
        Name = name,
        NameKey = name.ToLowerInvariant(),
        Path = path,
        CreatedAt = Clock.GetUtcNow(),
    };

    private Task AddAsync(Identity identity, string? policy, (string Key, string Value)? tag) => WriteAsync(identity.AccountId, db =>
    {
        db.Identities.Add(identity);
        if (policy is not null)
        {
            db.InlinePolicies.Add(new InlinePolicy { AccountId = identity.AccountId, IdentityId = identity.Id, Name = "inline", Document = policy });
        }

        if (tag is var (key, value))
        {
            db.IdentityTags.Add(new IdentityTag { AccountId = identity.AccountId, ResourceId = identity.Id, Key = key, Value = value });
        }
    });

    private TestRequest Sign(TestRequest request, string service, Signatory? by)
    {
        by ??= Signatory.Admin;
        var timestamp = Clock.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        request = request with { Headers = [("Host", control.Address.Authority), ("X-Amz-Date", timestamp)] };
        request = by.Token is null ? request : request.With(("X-Amz-Security-Token", by.Token));
        return request.Signed(new TestSigner { Key = by.Key, SecretKey = by.Secret, Service = service, Timestamp = timestamp });
    }

    private static byte[] Form(string action, (string Name, string Value)[] parameters) => Encoding.UTF8.GetBytes(string.Join('&',
        parameters.Prepend(("Version", "2011-06-15")).Prepend(("Action", action)).Select(p => $"{Uri.EscapeDataString(p.Item1)}={Uri.EscapeDataString(p.Item2)}")));

    private static StsReply Read(Reply reply) => new(reply.Status, XElement.Parse(Encoding.UTF8.GetString(reply.Bytes)));
}
