using Granary.Server.ControlPlane;
using Granary.Tests.Authentication;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Tests.ControlPlane;

/// <summary>
/// AWS's own SDK against the server: it parses every answer and every error by the API's model. boto3 comes with the AWS
/// CLI, which this suite requires, so that its absence is a failure.
/// </summary>
public sealed class Boto3Tests
{
    private const string Script = """
        import datetime, hashlib, json, sys, urllib.parse
        import boto3
        from botocore.config import Config

        job = json.load(sys.stdin)
        called = set()
        client = boto3.client(
            "codeartifact", endpoint_url=job["endpoint"], region_name="eu-central-1", aws_access_key_id=job["key"],
            aws_secret_access_key=job["secret"], config=Config(retries={"total_max_attempts": 1}))
        client.meta.events.register("before-call.codeartifact", lambda model, **_: called.add(model.name))
        E = client.exceptions

        def refused(error, call, **arguments):
            try:
                call(**arguments)
            except error as e:
                assert e.response["Error"]["Message"], e.response
                assert e.response["ResponseMetadata"]["RequestId"], e.response
                return e.response
            raise AssertionError(f"{call} was not refused")

        stage = job["stage"]
        D = {"domain": "tools"}
        R = {**D, "domainOwner": job["owner"], "repository": "shop"}
        P = {**R, "format": "npm", "namespace": "acme", "package": "left"}
        V = {**P, "packageVersion": "1.0.0"}
        arn = f"arn:aws:codeartifact:eu-central-1:{job['owner']}:repository/tools/shop"
        if stage == "before":
            refused(E.ResourceNotFoundException, client.describe_domain, **D)
            domain = client.create_domain(**D, tags=[{"key": "team", "value": "a/b c+ü"}])["domain"]
            assert isinstance(domain["createdTime"], datetime.datetime) and domain["status"] == "Active", domain
            assert refused(E.ConflictException, client.create_domain, **D)["resourceType"] == "domain"
            assert client.describe_domain(**D)["domain"]["s3BucketArn"].startswith("arn:aws:s3:::assets-")
            assert [d["name"] for p in client.get_paginator("list_domains").paginate() for d in p["domains"]] == ["tools"]
            for name in ["store", "shop", "spare"]:
                client.create_repository(**{**R, "repository": name}, description=f"the {name}")
            updated = client.update_repository(**R, upstreams=[{"repositoryName": "store"}])["repository"]
            assert updated["upstreams"] == [{"repositoryName": "store"}] and updated["description"] == "the shop", updated
            assert refused(E.ValidationException, client.update_repository, **{**R, "repository": "store"}, upstreams=[{"repositoryName": "shop"}])["reason"] == "OTHER"
            assert client.describe_repository(**R)["repository"]["arn"] == arn
            pages = client.get_paginator("list_repositories").paginate(PaginationConfig={"PageSize": 1})
            assert [r["name"] for p in pages for r in p["repositories"]] == ["shop", "spare", "store"]
            pages = client.get_paginator("list_repositories_in_domain").paginate(**D, repositoryPrefix="sh", PaginationConfig={"PageSize": 2})
            assert [r["name"] for p in pages for r in p["repositories"]] == ["shop"]
            assert client.get_repository_endpoint(**R, format="npm")["repositoryEndpoint"].endswith(f"/npm/d/tools-{job['owner']}/shop/")
            connected = client.associate_external_connection(**{**R, "repository": "store"}, externalConnection="public:npmjs")["repository"]
            assert connected["externalConnections"][0]["packageFormat"] == "npm", connected
            client.disassociate_external_connection(**{**R, "repository": "store"}, externalConnection="public:npmjs")
            refused(E.ResourceNotFoundException, client.disassociate_external_connection, **{**R, "repository": "store"}, externalConnection="public:npmjs")
            token = client.get_authorization_token(**D, durationSeconds=900)
            assert token["expiration"] > datetime.datetime.now(datetime.timezone.utc) and token["authorizationToken"].startswith("eyJ")
            refused(E.ValidationException, client.get_authorization_token, **D, durationSeconds=5)
            client.tag_resource(resourceArn=arn, tags=[{"key": "k", "value": "v"}, {"key": "л", "value": ""}])
            client.untag_resource(resourceArn=arn, tagKeys=["k"])
            assert client.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "л", "value": ""}]
            refused(E.ServiceQuotaExceededException, client.tag_resource, resourceArn=arn, tags=[{"key": f"k{i}", "value": ""} for i in range(50)])
            refused(E.AccessDeniedException, client.describe_domain, **D, domainOwner="999999999999")
            document = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "codeartifact:ListPackages", "Resource": "*"}]})
            created = client.put_package_origin_configuration(**P, restrictions={"publish": "ALLOW", "upstream": "BLOCK"})
            assert created["originConfiguration"]["restrictions"] == {"publish": "ALLOW", "upstream": "BLOCK"}, created
            # Debian's botocore is older than package groups.
            if hasattr(client, "create_package_group"):
                group = client.create_package_group(**D, packageGroup="/npm/acme~", description="own", tags=[{"key": "k", "value": "v"}])["packageGroup"]
                assert group["arn"].endswith(":package-group/tools/npm/acme~") and group["parent"]["pattern"] == "/*", group
                assert group["originConfiguration"]["restrictions"]["PUBLISH"] == {
                    "mode": "INHERIT", "effectiveMode": "ALLOW", "inheritedFrom": group["parent"], "repositoriesCount": 0}, group
                refused(E.ConflictException, client.create_package_group, **D, packageGroup="/npm/acme~")
                refused(E.ValidationException, client.create_package_group, **D, packageGroup="/npm/acme-~")
                refused(E.ResourceNotFoundException, client.describe_package_group, **D, packageGroup="/npm/other/*")
                assert client.update_package_group(**D, packageGroup="/npm/acme~", contactInfo="us")["packageGroup"]["description"] == "own"
                changed = client.update_package_group_origin_configuration(
                    **D, packageGroup="/npm/acme~", restrictions={"PUBLISH": "ALLOW_SPECIFIC_REPOSITORIES"},
                    addAllowedRepositories=[{"repositoryName": "shop", "originRestrictionType": "PUBLISH"}])
                assert changed["allowedRepositoryUpdates"] == {"PUBLISH": {"ADDED": ["shop"]}}, changed
                pages = client.get_paginator("list_allowed_repositories_for_group").paginate(**D, packageGroup="/npm/acme~", originRestrictionType="PUBLISH")
                assert [r for p in pages for r in p["allowedRepositories"]] == ["shop"]
                assert client.list_tags_for_resource(resourceArn=group["arn"])["tags"] == [{"key": "k", "value": "v"}]
                pages = client.get_paginator("list_package_groups").paginate(**D, PaginationConfig={"PageSize": 1})
                assert [g["pattern"] for p in pages for g in p["packageGroups"]] == ["/*", "/npm/acme~"]
                pages = client.get_paginator("list_sub_package_groups").paginate(**D, packageGroup="/*")
                assert [g["pattern"] for p in pages for g in p["packageGroups"]] == ["/npm/acme~"]
                found = client.get_associated_package_group(**D, format="npm", namespace="Acme", package="left")
                assert (found["packageGroup"]["pattern"], found["associationType"]) == ("/npm/acme~", "WEAK"), found
                pages = client.get_paginator("list_associated_packages").paginate(**D, packageGroup="/npm/acme/left$", preview=True)
                assert [(p["package"], p["associationType"]) for page in pages for p in page["packages"]] == [("left", "STRONG")]
                assert client.delete_package_group(**D, packageGroup="/npm/acme~")["packageGroup"]["contactInfo"] == "us"
                refused(E.ValidationException, client.delete_package_group, **D, packageGroup="/*")
            for kind, where in [("domain", D), ("repository", R)]:
                put, get, delete = (getattr(client, f"{verb}_{kind}_permissions_policy") for verb in ["put", "get", "delete"])
                refused(E.ResourceNotFoundException, get, **where)
                refused(E.ConflictException, put, **where, policyDocument=document, policyRevision="r")
                refused(E.ValidationException, put, **where, policyDocument="{}")
                policy = put(**where, policyDocument=document)["policy"]
                assert policy["document"] == document and policy["resourceArn"].split(":")[5].startswith(kind) and get(**where)["policy"] == policy, policy
                assert put(**where, policyDocument=document, policyRevision=policy["revision"])["policy"]["revision"] != policy["revision"]
                refused(E.ConflictException, delete, **where, policyRevision=policy["revision"])
                assert delete(**where)["policy"]["document"] == document
                refused(E.ResourceNotFoundException, delete, **where)
        else:
            packages = [p for page in client.get_paginator("list_packages").paginate(**R, PaginationConfig={"PageSize": 1}) for p in page["packages"]]
            assert [(p.get("namespace"), p["package"]) for p in packages] == [(None, "right"), ("acme", "left")], packages
            assert client.describe_package(**P)["package"]["originConfiguration"]["restrictions"] == {"publish": "ALLOW", "upstream": "BLOCK"}
            pages = client.get_paginator("list_package_versions").paginate(**P, sortBy="PUBLISHED_TIME", PaginationConfig={"PageSize": 2})
            versions = [v for p in pages for v in p["versions"]]
            assert [v["version"] for v in versions] == ["1.0.2", "1.0.1", "1.0.0"], versions
            version = client.describe_package_version(**V)["packageVersion"]
            assert version["displayName"] == "@acme/left" and version["origin"]["originType"] == "INTERNAL", version
            assets = [a for p in client.get_paginator("list_package_version_assets").paginate(**V) for a in p["assets"]]
            asset = client.get_package_version_asset(**V, asset=assets[0]["name"], packageVersionRevision=version["revision"])
            content = asset["asset"].read()
            assert hashlib.sha256(content).hexdigest() == assets[0]["hashes"]["SHA-256"] and len(content) == assets[0]["size"]
            assert (asset["assetName"], asset["packageVersion"], asset["packageVersionRevision"]) == (assets[0]["name"], "1.0.0", version["revision"])
            assert client.list_package_version_dependencies(**V)["dependencies"] == []
            assert client.get_package_version_readme(**V)["readme"] == "# ümlaut"
            refused(E.ResourceNotFoundException, client.get_package_version_readme, **{**V, "packageVersion": "9.0.0"})
            copied = client.copy_package_versions(
                **D, sourceRepository="shop", destinationRepository="spare", format="npm", namespace="acme", package="left", versionRevisions={"1.0.0": version["revision"]})
            assert copied["successfulVersions"] == {"1.0.0": {"revision": version["revision"], "status": "Published"}} and copied["failedVersions"] == {}, copied
            # Debian's botocore is older than this operation.
            if hasattr(client, "publish_package_version"):
                G = {**R, "format": "generic", "namespace": "acme", "package": "tool", "packageVersion": "1"}
                content = b"\x00\xff" * 1000
                published = client.publish_package_version(**G, assetName="tool ü.bin", assetContent=content, assetSHA256=hashlib.sha256(content).hexdigest())
                assert published["asset"]["size"] == 2000 and published["status"] == "Published", published
                assert client.get_package_version_asset(**G, asset="tool ü.bin")["asset"].read() == content
                refused(E.ConflictException, client.publish_package_version, **G, assetName="other", assetContent=content, assetSHA256=hashlib.sha256(content).hexdigest())
            done = client.update_package_versions_status(**P, versions=["1.0.0"], versionRevisions={"1.0.0": version["revision"]}, targetStatus="Archived")
            assert done["successfulVersions"]["1.0.0"]["status"] == "Archived" and done["failedVersions"] == {}, done
            done = client.dispose_package_versions(**P, versions=["1.0.0", "7.7.7"])
            assert done["failedVersions"]["7.7.7"]["errorCode"] == "NOT_FOUND" and done["failedVersions"]["1.0.0"]["errorCode"] == "SKIPPED", done
            assert client.dispose_package_versions(**P, versions=["1.0.0"], expectedStatus="Archived")["successfulVersions"]["1.0.0"]["status"] == "Disposed"
            assert client.delete_package_versions(**P, versions=["1.0.0", "1.0.1"])["successfulVersions"]["1.0.1"]["status"] == "Deleted"
            # Debian's botocore is older than this operation.
            if hasattr(client, "delete_package"):
                assert client.delete_package(**P)["deletedPackage"]["package"] == "left"
            refused(E.ConflictException, client.delete_domain, **D)
            for name in ["store", "shop", "spare"]:
                client.delete_repository(**{**R, "repository": name})
            assert "repository" not in client.delete_repository(**R)
            assert client.delete_domain(**D)["domain"]["name"] == "tools"
            assert "domain" not in client.delete_domain(**D)
        # Debian's botocore does not know the youngest.
        print("\n".join(sorted(called | (set(job["operations"]) - set(client.meta.service_model.operation_names)))))
        """;

    [Fact]
    public async Task Every_operation_works_with_the_SDK()
    {
        await using var host = await ControlPlaneHost.StartAsync(services => services.AddSingleton(TimeProvider.System));
        var called = new HashSet<string>(await RunAsync(host, "before"));
        for (var i = 0; i < 3; i++)
        {
            await host.PublishAsync("@acme/left", $"1.0.{i}", content: $"content {i}", readme: "# ümlaut");
        }

        await host.PublishAsync("right", "1.0.0");
        called.UnionWith(await RunAsync(host, "after"));
        Assert.Equal(Operations.All.Select(o => o.Name).Order(StringComparer.Ordinal), called.Order(StringComparer.Ordinal));
    }

    private static async Task<string[]> RunAsync(ControlPlaneHost host, string stage)
    {
        var operations = string.Join(',', Operations.All.Select(o => $"\"{o.Name}\""));
        var job = $$"""{"operations":[{{operations}}],"endpoint":"{{host.Address}}","key":"{{TestSigner.KeyId}}","secret":"{{TestSigner.Secret}}","owner":"{{ControlPlaneHost.Owner}}","stage":"{{stage}}"}""";
        var (exit, output, errors) = await ClientProcess.RunAsync("python3", ["-c", Script], job);
        Assert.True(exit == 0, errors);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
