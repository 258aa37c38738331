using System.Xml;
using System.Xml.Linq;
using Granary.Core.Access;
using Granary.Core.Access.Identities;
using Granary.Server.Authentication;
using Granary.Tests.Authentication;
using Granary.Tests.ControlPlane;

namespace Granary.Tests.Aws.Iam;

/// <summary>Somebody with an access key, who signs what they send to IAM and to CodeArtifact.</summary>
internal sealed class IamCaller(ControlPlaneHost host, string key = TestSigner.KeyId, string secret = TestSigner.Secret, string? token = null)
{
    public const string AllowAll = """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}""";
    public const string Trust = """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}]}""";

    public string Key => key;

    public static string Policy(string effect, string action, string resource = "*") =>
        $$"""{"Version":"2012-10-17","Statement":[{"Effect":"{{effect}}","Action":"{{action}}","Resource":"{{resource}}"}]}""";

    public static IamCaller Stranger(ControlPlaneHost host) => new(host, ControlPlaneHost.StrangersKey);

    public async Task<IamReply> CallAsync(string action, params (string Name, string Value)[] parameters)
    {
        var form = new[] { ("Action", action), ("Version", "2010-05-08") }.Concat(parameters)
            .Select(p => $"{Uri.EscapeDataString(p.Item1)}={Uri.EscapeDataString(p.Item2)}");
        var reply = await SendAsync("POST", "/", string.Join('&', form), "iam", "us-east-1");
        return new IamReply(action, reply.Status, Read(reply.Bytes));
    }

    /// <summary>A call that must succeed.</summary>
    public async Task<IamReply> OkAsync(string action, params (string Name, string Value)[] parameters) => (await CallAsync(action, parameters)).Ok();

    /// <summary>The status that CodeArtifact answers.</summary>
    public async Task<int> CodeArtifactAsync(string method, string target) => (await SendAsync(method, target, "", "codeartifact", TestSigner.Region)).Status;

    /// <summary>A new user with a key of their own and nothing else.</summary>
    public async Task<IamCaller> CreateUserAsync(string name, string path = "/")
    {
        await OkAsync("CreateUser", ("UserName", name), ("Path", path));
        return await CreateKeyAsync(name);
    }

    public async Task<IamCaller> CreateKeyAsync(string name)
    {
        var made = await OkAsync("CreateAccessKey", ("UserName", name));
        return new IamCaller(host, made.Text("AccessKeyId"), made.Text("SecretAccessKey"));
    }

    /// <summary>A session of the role, as STS would give it.</summary>
    public async Task<IamCaller> AssumeAsync(string role)
    {
        var id = (await OkAsync("GetRole", ("RoleName", role))).Text("RoleId");
        var now = host.Clock.GetUtcNow().ToUnixTimeSeconds();
        var given = host.Service<SessionCredentials>().Issue(new Principal(ControlPlaneHost.Owner, IamArns.Session(ControlPlaneHost.Owner, role, "tester"))
        {
            IdentityId = id,
            RoleArn = $"arn:aws:iam::{ControlPlaneHost.Owner}:role/{role}",
            Session = new RoleSession(role, "tester", now, now + 3600),
        });
        return new IamCaller(host, given.AccessKeyId, given.SecretAccessKey, given.SessionToken);
    }

    private static XDocument Read(byte[] bytes)
    {
        using var reader = XmlReader.Create(new MemoryStream(bytes), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
        return XDocument.Load(reader);
    }

    private Task<Reply> SendAsync(string method, string target, string body, string service, string region)
    {
        var request = host.Request(method, target, body);
        request = token is null ? request : request.With(("X-Amz-Security-Token", token));
        return host.SendAsync(request.Signed(new TestSigner { Key = key, SecretKey = secret, Service = service, ScopeRegion = region }));
    }
}

/// <summary>What IAM answered.</summary>
internal sealed record IamReply(string Action, int Status, XDocument Xml)
{
    private static readonly XNamespace Namespace = "https://iam.amazonaws.com/doc/2010-05-08/";

    public string? Error => Find("Code")?.Value;

    public string Message => Text("Message");

    public bool IsTruncated => Text("IsTruncated") == "true";

    /// <summary>The text of the first element of this name.</summary>
    public string Text(string name) => Find(name)?.Value ?? throw new InvalidOperationException($"{Action} answered no {name}: {Xml}");

    public bool Has(string name) => Find(name) is not null;

    /// <summary>The texts of all elements of this name.</summary>
    public string[] Each(string name) => [.. Xml.Descendants(Namespace + name).Select(e => e.Value)];

    /// <summary>The members of a list of texts.</summary>
    public string[] List(string name) => [.. Xml.Descendants(Namespace + name).Single().Elements().Select(e => e.Value)];

    public string Document(string name) => Uri.UnescapeDataString(Text(name));

    public IamReply Ok()
    {
        Assert.True(Status == 200, $"{Action}: {Status} {Xml}");
        Assert.Equal(Namespace + $"{Action}Response", Xml.Root!.Name);
        Assert.True(Guid.TryParse(Text("RequestId"), out _));
        return this;
    }

    public IamReply Is(int status, string code)
    {
        Assert.True((Status, Error) == (status, code), $"{Action}: expected {status} {code}, got {Status} {Xml}");
        Assert.Equal("Sender", Text("Type"));
        Assert.NotEmpty(Message);
        return this;
    }

    public IamReply IsDenied() => Is(403, "AccessDenied");

    public IamReply IsMissing() => Is(404, "NoSuchEntity");

    private XElement? Find(string name) => Xml.Descendants(Namespace + name).FirstOrDefault();
}
