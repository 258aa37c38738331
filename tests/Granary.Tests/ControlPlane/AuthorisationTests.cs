using Granary.Server.ControlPlane;

namespace Granary.Tests.ControlPlane;

public sealed class AuthorisationTests
{
    private const string Repository = "domain=tools&domain-owner=111122223333&repository=shop";
    private const string Package = $"{Repository}&format=npm&package=left";
    private const string Group = "domain=tools&domain-owner=111122223333&package-group=%2Fnpm%2F*";
    private const string DomainArn = "resourceArn=arn%3Aaws%3Acodeartifact%3Aeu-central-1%3A111122223333%3Adomain%2Ftools";

    private const string Policy =
        """
        "{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"codeartifact:List*\"}}"
        """;

    /// <summary>A valid call of every operation that names a resource of the owner's.</summary>
    internal static readonly Dictionary<string, (string Query, string Body)> Calls = new()
    {
        ["DescribeDomain"] = ("domain=tools&domain-owner=111122223333", ""),
        ["DeleteDomain"] = ("domain=tools&domain-owner=111122223333", ""),
        ["ListRepositoriesInDomain"] = ("domain=tools&domain-owner=111122223333", ""),
        ["PutDomainPermissionsPolicy"] = ("", $$"""{"domain":"tools","domainOwner":"111122223333","policyDocument":{{Policy}}}"""),
        ["GetDomainPermissionsPolicy"] = ("domain=tools&domain-owner=111122223333", ""),
        ["DeleteDomainPermissionsPolicy"] = ("domain=tools&domain-owner=111122223333", ""),
        ["PutRepositoryPermissionsPolicy"] = (Repository, $$"""{"policyDocument":{{Policy}}}"""),
        ["GetRepositoryPermissionsPolicy"] = (Repository, ""),
        ["DeleteRepositoryPermissionsPolicy"] = (Repository, ""),
        ["GetAuthorizationToken"] = ("domain=tools&domain-owner=111122223333", ""),
        ["CreateRepository"] = (Repository, ""),
        ["DescribeRepository"] = (Repository, ""),
        ["UpdateRepository"] = (Repository, ""),
        ["DeleteRepository"] = (Repository, ""),
        ["GetRepositoryEndpoint"] = ($"{Repository}&format=npm", ""),
        ["AssociateExternalConnection"] = ($"{Repository}&external-connection=public:npmjs", ""),
        ["DisassociateExternalConnection"] = ($"{Repository}&external-connection=public:npmjs", ""),
        ["ListPackages"] = (Repository, ""),
        ["DescribePackage"] = (Package, ""),
        ["PutPackageOriginConfiguration"] = (Package, """{"restrictions":{"publish":"ALLOW","upstream":"BLOCK"}}"""),
        ["DeletePackage"] = (Package, ""),
        ["CreatePackageGroup"] = ("domain=tools&domain-owner=111122223333", """{"packageGroup":"/npm/*"}"""),
        ["DescribePackageGroup"] = (Group, ""),
        ["UpdatePackageGroup"] = ("domain=tools&domain-owner=111122223333", """{"packageGroup":"/npm/*"}"""),
        ["DeletePackageGroup"] = (Group, ""),
        ["ListPackageGroups"] = ("domain=tools&domain-owner=111122223333", ""),
        ["ListSubPackageGroups"] = (Group, ""),
        ["GetAssociatedPackageGroup"] = ("domain=tools&domain-owner=111122223333&format=npm&package=left", ""),
        ["ListAssociatedPackages"] = (Group, ""),
        ["UpdatePackageGroupOriginConfiguration"] = (Group, """{"restrictions":{"PUBLISH":"BLOCK"}}"""),
        ["ListAllowedRepositoriesForGroup"] = ($"{Group}&originRestrictionType=PUBLISH", ""),
        ["ListPackageVersions"] = (Package, ""),
        ["DescribePackageVersion"] = ($"{Package}&version=1.0.0", ""),
        ["ListPackageVersionDependencies"] = ($"{Package}&version=1.0.0", ""),
        ["GetPackageVersionReadme"] = ($"{Package}&version=1.0.0", ""),
        ["ListPackageVersionAssets"] = ($"{Package}&version=1.0.0", ""),
        ["GetPackageVersionAsset"] = ($"{Package}&version=1.0.0&asset=package.tgz", ""),
        ["PublishPackageVersion"] = ($"{Repository}&format=generic&namespace=acme&package=tool&version=1.0.0&asset=tool.bin", "bytes"),
        ["CopyPackageVersions"] = (
            "domain=tools&domain-owner=111122223333&source-repository=shop&destination-repository=spare&format=npm&package=left", """{"versions":["1.0.0"]}"""),
        ["UpdatePackageVersionsStatus"] = (Package, """{"versions":["1.0.0"],"targetStatus":"Archived"}"""),
        ["DisposePackageVersions"] = (Package, """{"versions":["1.0.0"]}"""),
        ["DeletePackageVersions"] = (Package, """{"versions":["1.0.0"]}"""),
        ["TagResource"] = (DomainArn, """{"tags":[{"key":"k","value":"v"}]}"""),
        ["UntagResource"] = (DomainArn, """{"tagKeys":["k"]}"""),
        ["ListTagsForResource"] = (DomainArn, ""),
    };

    // What belongs to the caller by its nature.
    private static readonly string[] OfTheCaller = ["CreateDomain", "ListDomains", "ListRepositories"];

    [Fact]
    public async Task Refuses_every_operation_on_anothers_resources_whether_or_not_they_exist()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var refusals = await RefusalsAsync(host);
        await host.CreateDomainAsync("tools", "shop");
        await host.PublishAsync("left", "1.0.0");
        var changes = (await host.ChangesAsync()).Count;
        Assert.Equal(refusals, await RefusalsAsync(host));
        Assert.Equal(changes, (await host.ChangesAsync()).Count);
    }

    [Fact]
    public async Task Validates_before_it_authorises()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        foreach (var operation in Operations.All.Where(o => Calls.ContainsKey(o.Name)))
        {
            var (query, body) = Calls[operation.Name];
            // The last parameter of each, so that those before it have been read.
            (query, body) = query.Length == 0 ? (query, body.Replace("111122223333", "1", StringComparison.Ordinal)) : ($"{query}%00", body);
            (await host.CallAsync(operation.Method, $"{operation.Path}?{query}", body, ControlPlaneHost.StrangersKey)).IsInvalid();
        }
    }

    [Fact]
    public async Task Lets_the_owner_do_all_of_it()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "spare");
        foreach (var operation in Operations.All.Where(o => Calls.ContainsKey(o.Name) && !o.Name.StartsWith("De", StringComparison.Ordinal) && !o.Name.StartsWith("Di", StringComparison.Ordinal)))
        {
            var (query, body) = Calls[operation.Name];
            var reply = await host.CallAsync(operation.Method, $"{operation.Path}?{query}", body);
            if (operation.Name == "CreateRepository")
            {
                await host.PublishAsync("left", "1.0.0", readme: "text");
            }

            // The versions were archived on the way.
            Assert.True(reply.Status == 200, $"{operation.Name}: {reply.Status} {reply.Error}");
        }
    }

    private static async Task<List<string>> RefusalsAsync(ControlPlaneHost host)
    {
        var messages = new List<string>();
        foreach (var operation in Operations.All.Where(o => !OfTheCaller.Contains(o.Name)))
        {
            var (query, body) = Calls[operation.Name];
            var reply = await host.CallAsync(operation.Method, $"{operation.Path}?{query}", body, ControlPlaneHost.StrangersKey);
            reply.Is(403, "AccessDeniedException");
            Assert.StartsWith("User: arn:aws:iam::444455556666:user/admin is not authorized to perform: ", reply.Message, StringComparison.Ordinal);
            if (operation.Name != "GetAuthorizationToken")
            {
                Assert.Contains($"codeartifact:{operation.Name} on resource: arn:aws:codeartifact:eu-central-1:111122223333:", reply.Message, StringComparison.Ordinal);
            }

            messages.Add(reply.Message);
        }

        return messages;
    }
}
