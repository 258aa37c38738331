using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Granary.Core.Access;
using Granary.Formats;
using Granary.Server.Authentication;
using Granary.Server.ControlPlane;
using Granary.Server.GranaryApi;
using Granary.Tests.ControlPlane;
using Microsoft.AspNetCore.Routing;

namespace Granary.Tests.Access;

/// <summary>
/// Every route that the server has, against every kind of principal. The routes come from the server itself: one that this
/// class does not know how to call, or that names no action, fails it.
/// </summary>
public sealed partial class RouteMatrixTests : IAsyncLifetime
{
    private const string UserKey = "AKIAEXAMPLE00000USER";
    private const string ForeignKey = "AKIAEXAMPLE00FOREIGN";
    private const string Tokens = "\"sts:GetServiceBearerToken\"";

    // What needs no credential, and why: health is for load balancers, a description of calls is no secret; neither tells of what is stored.
    private static readonly string[] Open = ["/health/live", "/health/ready", GranaryRoutes.Description];

    // Granary's own calls ask for the right to describe the version, or to list the packages, and take the same parameters.
    private static readonly Operation[] Calls =
        [
            .. Operations.All,
            Operations.All.Single(o => o.Name == "DescribePackageVersion") with { Path = "/granary/v1/explain" },
            Operations.All.Single(o => o.Name == "ListPackages") with { Path = "/granary/v1/downloads", Method = "GET" },
        ];

    // Decided by the services that share it, action by action: see IamPermissionTests and its neighbours.
    private static readonly string[] Shared = ["/", "/service/{service}/operation/{operation}"];

    private static readonly HttpClient Http = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    private ControlPlaneHost host = null!;
    private string user = "";
    private string foreigner = "";

    public async ValueTask InitializeAsync()
    {
        host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop", "spare");
        await host.PublishAsync("left", "1.0.0", readme: "text");
        await host.PublishAsync("@acme/left", "1.0.0", readme: "text");
        user = await host.AddUserAsync(ControlPlaneHost.Owner, "ann", UserKey);
        foreigner = await host.AddUserAsync(ControlPlaneHost.Stranger, "bob", ForeignKey);
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public void Every_route_is_known_here_and_names_its_action()
    {
        foreach (var route in Routes())
        {
            var pattern = route.RoutePattern.RawText!;
            if (Open.Contains(pattern) || Shared.Contains(pattern))
            {
                continue;
            }

            Assert.True(route.Metadata.GetMetadata<Guard>() is not null, $"{pattern} names no action.");
            var operation = Calls.SingleOrDefault(o => o.Path == pattern && (o.Name == route.DisplayName || route.DisplayName is ExplainEndpoint.Name or DownloadsEndpoint.Name));
            Assert.True(
                route.Metadata.GetMetadata<FormatEndpoint>() is not null || operation is not null || pattern == "/v1/{**rest}",
                $"{pattern} is of no kind that this matrix knows. Say here who may call it.");
            if (operation is not null)
            {
                Assert.True(CallOf(operation).Query is not null, $"Say in AuthorisationTests how {operation.Name} is called.");
                Assert.Equal($"codeartifact:{operation.Name}", operation.Guard.Action);
            }
        }
    }

    [Fact]
    public async Task Whoever_is_unknown_is_let_in_nowhere()
    {
        foreach (var request in DataPlane())
        {
            Assert.Equal(401, await SendAsync(request, null));
            foreach (var form in Forms)
            {
                Assert.Equal(401, await SendAsync(request, form("no-token")));
            }
        }

        foreach (var operation in Calls)
        {
            var (query, body) = CallOf(operation);
            (await host.SendAsync(host.Request(operation.Method, $"{operation.Path}?{query}", body))).Is(403, "MissingAuthenticationTokenException");
        }
    }

    [Fact]
    public async Task A_user_without_policies_may_do_nothing() => await RefusedEverywhereAsync(_ => null);

    [Fact]
    public async Task All_actions_but_the_right_ones_are_not_enough() =>
        await RefusedEverywhereAsync(actions => Allow($"\"NotAction\":[{Quoted(actions)}]"));

    [Fact]
    public async Task What_is_denied_is_denied_whatever_else_allows_it() => await RefusedEverywhereAsync(actions =>
        $$"""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":[{{Quoted(actions)}}],"Resource":"*"}]}""");

    [Fact]
    public async Task The_right_action_in_another_account_is_not_enough()
    {
        foreach (var request in DataPlane())
        {
            await host.SetPolicyAsync(ControlPlaneHost.Stranger, foreigner, Allow($"\"Action\":[{Quoted([request.Action])}]"));
            Assert.Equal(403, await SendAsync(request, Forms[0](await TokenAsync(foreigner, ControlPlaneHost.Stranger, "bob"))));
        }

        foreach (var operation in Calls.Where(o => AuthorisationTests.Calls.ContainsKey(o.Name)))
        {
            await host.SetPolicyAsync(ControlPlaneHost.Stranger, foreigner, Allow($"\"Action\":[\"codeartifact:{operation.Name}\",{Tokens}]"));
            (await CallAsync(operation, ForeignKey)).Is(403, "AccessDeniedException");
        }
    }

    [Fact]
    public async Task The_right_action_alone_is_enough()
    {
        foreach (var request in DataPlane())
        {
            await host.SetPolicyAsync(ControlPlaneHost.Owner, user, Allow($"\"Action\":\"{request.Action}\""));
            foreach (var form in Forms)
            {
                Assert.True(await SendAsync(request, form(await TokenAsync(user, ControlPlaneHost.Owner, "ann"))) is not (401 or 403 or >= 500), request.ToString());
            }
        }

        // Those that take something away last, so that the others find something.
        foreach (var operation in Calls.OrderBy(o => o.Name.StartsWith('D') || o.Method == "DELETE"))
        {
            await host.SetPolicyAsync(ControlPlaneHost.Owner, user, Allow($"\"Action\":[\"codeartifact:{operation.Name}\"{AlsoNeeded(operation)}]"));
            var reply = await CallAsync(operation, UserKey);
            Assert.True(reply.Status is not (401 or 403 or >= 500), $"{operation.Name}: {reply.Status} {reply.Error}");
        }
    }

    private async Task RefusedEverywhereAsync(Func<string[], string?> policy)
    {
        foreach (var request in DataPlane())
        {
            await host.SetPolicyAsync(ControlPlaneHost.Owner, user, policy([request.Action]));
            foreach (var form in Forms)
            {
                var status = await SendAsync(request, form(await TokenAsync(user, ControlPlaneHost.Owner, "ann")));
                Assert.True(status == 403, $"{request}: {status}");
            }
        }

        var changes = (await host.ChangesAsync()).Count;
        foreach (var operation in Calls)
        {
            await host.SetPolicyAsync(ControlPlaneHost.Owner, user, policy([$"codeartifact:{operation.Name}"]));
            (await CallAsync(operation, UserKey)).Is(403, "AccessDeniedException");
        }

        Assert.Equal(changes, (await host.ChangesAsync()).Count);
    }

    private IEnumerable<RouteEndpoint> Routes() => host.Service<EndpointDataSource>().Endpoints.Cast<RouteEndpoint>();

    /// <summary>A request of each method of each route of each format, and of each action that its body can make it.</summary>
    private List<DataPlaneRequest> DataPlane()
    {
        var requests = new List<DataPlaneRequest>();
        foreach (var route in Routes().Where(r => r.Metadata.GetMetadata<FormatEndpoint>() is not null))
        {
            var guard = route.Metadata.GetRequiredMetadata<Guard>();
            var path = Parameter().Replace(route.RoutePattern.RawText!, match => ValueOf(match.Groups[1].Value));
            foreach (var method in route.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods)
            {
                if (guard.Alternative is null)
                {
                    requests.Add(new DataPlaneRequest(method, path, BodyOf(method, path), guard.Action));
                    continue;
                }

                // The body decides which of the two it is, and then that one alone is the right one.
                Assert.Equal((AccessActions.PublishPackageVersion, AccessActions.PutPackageMetadata), (guard.Action, guard.Alternative));
                requests.Add(new DataPlaneRequest(method, path, Publication(path), guard.Action));
                requests.Add(new DataPlaneRequest(method, path, "{}", guard.Alternative));
            }
        }

        Assert.True(requests.Count > 20, "The routes of the formats were not found.");
        return requests;
    }

    // A parameter that is not here fails the matrix: say what a real client puts there.
    private static string ValueOf(string parameter) => parameter switch
    {
        "domain" => "tools-111122223333",
        "repository" => "shop",
        "scope" => "acme",
        "name" or "project" => "left",
        "version" => "1.0.0",
        "file" => "left-1.0.0.tgz",
        "first" or "last" => "1.0.0",
        "tag" => "beta",
        "revision" => "1",
        "user" => "org.couchdb.user:ann",
        "token" => "a-token",
        "path" => "org/acme/left/1.0.0/left-1.0.0.jar",
        "metadata" => "org/acme/left/maven-metadata.xml",
        _ => throw new InvalidOperationException($"The route parameter {parameter} has no value in this matrix."),
    };

    // Whole enough to be known for a publish; the tarball is none, so that nothing is ever published.
    private static string Publication(string path)
    {
        var name = path.EndsWith("@acme/left", StringComparison.Ordinal) ? "@acme/left" : "left";
        return $$$"""{"name":"{{{name}}}","versions":{"9.0.0":{"name":"{{{name}}}","version":"9.0.0"} },"dist-tags":{"latest":"9.0.0"},"_attachments":{"{{{name}}}-9.0.0.tgz":{"data":"AAAA","length":3} } }""";
    }

    // What twine sends, as far as it takes to know what it is; the wheel is none.
    private static readonly string Upload = string.Concat(
        from part in new[] { (":action", "file_upload"), ("name", "left"), ("version", "9.0.0"), ("content\"; filename=\"left-9.0.0-py3-none-any.whl", "no wheel") }
        select $"--part\r\nContent-Disposition: form-data; name=\"{part.Item1}\"\r\n\r\n{part.Item2}\r\n") + "--part--\r\n";

    // A dist-tag's body is a version; everything else of npm's is an object.
    private static string? BodyOf(string method, string path) =>
        method is not ("PUT" or "POST") ? null : path.StartsWith("/pypi/", StringComparison.Ordinal) ? Upload : path.Contains("dist-tags", StringComparison.Ordinal) ? "\"1.0.0\"" : "{}";

    // Each form in which clients send a token.
    private static readonly Func<string, (string Name, string Value)>[] Forms =
    [
        token => ("Authorization", $"Bearer {token}"),
        token => ("Authorization", $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"aws:{token}"))}"),
        token => ("Authorization", token),
        token => ("X-NuGet-ApiKey", token),
    ];

    // A token of its own for each request, because one route gives the token back.
    private async Task<string> TokenAsync(string id, string account, string name)
    {
        var (domain, _) = await host.FindAsync("tools", "shop");
        var now = host.Clock.GetUtcNow().ToUnixTimeSeconds();
        return host.Service<AuthorizationTokens>().Issue(
            new AuthorizationToken(AuthorizationToken.NewId(), Principal.User(account, name).Arn, id, account, domain.Id, now, now + 900));
    }

    private async Task<int> SendAsync(DataPlaneRequest request, (string Name, string Value)? credential)
    {
        using var message = new HttpRequestMessage(new HttpMethod(request.Method), new Uri(host.Address, request.Path));
        if (request.Body is not null)
        {
            message.Content = new StringContent(request.Body, MediaTypeHeaderValue.Parse(request.Body == Upload ? "multipart/form-data; boundary=part" : "application/json"));
        }

        if (credential is var (name, value))
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await Http.SendAsync(message, TestContext.Current.CancellationToken);
        return (int)response.StatusCode;
    }

    private static string AlsoNeeded(Operation operation) => operation.Name switch
    {
        "GetAuthorizationToken" => $",{Tokens}",
        "CopyPackageVersions" => ",\"codeartifact:ReadFromRepository\"",
        _ => "",
    };

    private Task<Reply> CallAsync(Operation operation, string key)
    {
        var (query, body) = CallOf(operation);
        return host.CallAsync(operation.Method, $"{operation.Path}?{query}", body, key);
    }

    private static (string Query, string Body) CallOf(Operation operation) => operation.Name switch
    {
        "CreateDomain" => ("domain=others", ""),
        "ListDomains" or "ListRepositories" => ("", ""),
        _ => AuthorisationTests.Calls[operation.Name],
    };

    private static string Quoted(IEnumerable<string> actions) => string.Join(',', actions.Select(a => $"\"{a}\""));

    private static string Allow(string actions) => $$"""{"Version":"2012-10-17","Statement":[{"Effect":"Allow",{{actions}},"Resource":"*"}]}""";

    [GeneratedRegex(@"\{\**(\w+)[^}]*\}")]
    private static partial Regex Parameter();

    private sealed record DataPlaneRequest(string Method, string Path, string? Body, string Action);
}
