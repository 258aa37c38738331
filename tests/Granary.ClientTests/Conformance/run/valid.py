"""Valid calls of every operation: with the required parameters alone, and with every parameter that it has."""
import answers
import model
from world import DEPENDENCIES, D, DO, G, GROUP, OWNER, P, POLICY, R, READABLE, V, DataPlane, arn, sha256


class Calls:
    def __init__(self, service, credentials, report):
        self.service, self.credentials, self.report = service, credentials, report

    def ok(self, operation, params=None, **more):
        """A call that must succeed, and its JSON."""
        params = {**(params or {}), **more}
        if operation not in model.OPERATIONS:
            return {}
        answer = self.service.call(operation, params, self.credentials)
        seen = self.report[operation]["outputMembers"]
        self.report.valid(operation, params, answer, answers.problems_of(operation, answer, seen))
        return answer.json or {}


def build(calls, public):
    """Makes the world. ``public`` is a package that the public source has."""
    ok, region = calls.ok, calls.service.region
    tags = [{"key": "team", "value": "a/b c+ü"}, {"key": "none", "value": ""}]
    ok("CreateDomain", D, tags=tags)
    ok("CreateDomain", domain="conformance-b")
    ok("DescribeDomain", D)
    ok("DescribeDomain", DO)
    for name in ("store", "spare", "shut"):
        ok("CreateRepository", D, repository=name)
    ok("CreateRepository", R, description="the shop", upstreams=[{"repositoryName": "store"}], tags=tags)
    _repositories(ok)
    token = ok("GetAuthorizationToken", DO, durationSeconds=900)["authorizationToken"]
    ok("GetAuthorizationToken", D)
    plane = DataPlane(calls.service, token)
    for version in ("1.0.0", "1.1.0", "1.2.0", "2.0.0"):
        plane.publish("shop", "@acme/left", version, **READABLE, dependencies={"@acme/right": "^1.0.0", "up": "1"}, devDependencies={"down": "2"})
    plane.publish("shop", "@acme/right", "1.0.0")
    plane.publish("shop", "plain", "1.0.0")
    plane.publish("shop", "many", "1.0.0", dependencies={f"d{i}": "1" for i in range(DEPENDENCIES)})
    plane.fetch("shop", public, "1.0.0")
    _generic(ok)
    _packages(ok, public)
    _groups(ok)
    _tags(ok, region)
    _policies(ok)


def _repositories(ok):
    ok("DescribeRepository", D, repository="store")
    ok("DescribeRepository", R)
    ok("UpdateRepository", D, repository="spare")
    ok("UpdateRepository", {**R, "repository": "spare"}, description="spare", upstreams=[{"repositoryName": "shop"}, {"repositoryName": "store"}])
    ok("UpdateRepository", D, repository="spare", upstreams=[])
    ok("AssociateExternalConnection", D, repository="store", externalConnection="public:npmjs")
    ok("DisassociateExternalConnection", D, repository="store", externalConnection="public:npmjs")
    ok("AssociateExternalConnection", DO, repository="store", externalConnection="public:npmjs")
    ok("UpdateRepository", D, repository="shut", description="shut", upstreams=[{"repositoryName": "store"}])
    for change in ("Associate", "Disassociate", "Associate"):
        ok(f"{change}ExternalConnection", DO, repository="shut", externalConnection="public:pypi")
    ok("DescribeRepository", D, repository="shut")
    ok("UpdateRepository", D, repository="shut", description="")
    ok("UpdateRepository", D, repository="shut", description="closed")
    ok("GetRepositoryEndpoint", D, repository="shop", format="npm")
    for kind in ("ipv4", "dualstack"):
        ok("GetRepositoryEndpoint", R, format="generic", endpointType=kind)
    ok("DeleteRepository", D, repository="shut")
    ok("CreateRepository", DO, repository="shut")
    ok("DeleteRepository", DO, repository="shut")
    ok("DeleteRepository", DO, repository="shut")


def _generic(ok):
    version = {**G, "packageVersion": "1.0.0"}
    for name in ("a.bin", "b.bin", "c name.txt"):
        content = f"content of {name}".encode()
        ok("PublishPackageVersion", version, assetName=name, assetContent=content, assetSHA256=sha256(content), unfinished=name != "c name.txt")
    ok("PublishPackageVersion", {**version, "packageVersion": "2.0.0"}, assetName="a", assetContent=b"", assetSHA256=sha256(b""))
    ok("PublishPackageVersion", D, repository="shop", format="generic", namespace="tools", package="kit", packageVersion="3.0.0",
       assetName="a", assetContent=b"a", assetSHA256=sha256(b"a"))


def _packages(ok, public):
    plain = {**D, "repository": "shop", "format": "npm", "package": "plain"}
    ok("ListPackages", D, repository="shop")
    ok("ListPackages", R, format="npm", namespace="ac", packagePrefix="le", publish="ALLOW", upstream="BLOCK", maxResults=10)
    ok("DescribePackage", plain)
    ok("DescribePackage", P)
    ok("PutPackageOriginConfiguration", plain, restrictions={"publish": "ALLOW", "upstream": "BLOCK"})
    ok("PutPackageOriginConfiguration", {**P, "package": "planned"}, restrictions={"publish": "BLOCK", "upstream": "ALLOW"})
    for name in ("one", "two", "three"):
        ok("PutPackageOriginConfiguration", {**P, "namespace": "pages", "package": name}, restrictions={"publish": "ALLOW", "upstream": "BLOCK"})
    ok("ListPackageVersions", plain)
    ok("ListPackageVersions", P, status="Published", sortBy="PUBLISHED_TIME", originType="INTERNAL", maxResults=2)
    ok("ListPackageVersions", {**plain, "package": public}, originType="EXTERNAL")
    ok("DescribePackageVersion", plain, packageVersion="1.0.0")
    revision = ok("DescribePackageVersion", V)["packageVersion"]["revision"]
    ok("DescribePackageVersion", {**plain, "package": public}, packageVersion="1.0.0")
    ok("ListPackageVersionAssets", plain, packageVersion="1.0.0")
    ok("ListPackageVersionAssets", V, maxResults=5)
    ok("GetPackageVersionAsset", plain, packageVersion="1.0.0", asset="package.tgz")
    ok("GetPackageVersionAsset", V, asset="package.tgz", packageVersionRevision=revision)
    ok("ListPackageVersionDependencies", plain, packageVersion="1.0.0")
    ok("ListPackageVersionDependencies", V)
    ok("GetPackageVersionReadme", plain, packageVersion="1.0.0")
    ok("GetPackageVersionReadme", V)
    _copies(ok, plain, revision)
    _changes(ok, plain, revision)


def _copies(ok, plain, revision):
    copy = {"domain": DO["domain"], "sourceRepository": "shop", "destinationRepository": "spare"}
    ok("CopyPackageVersions", copy, format="npm", package="plain", versions=["1.0.0"])
    ok("CopyPackageVersions", copy, domainOwner=OWNER, format="npm", namespace="acme", package="left",
       versionRevisions={"1.0.0": revision}, allowOverwrite=True, includeFromUpstream=True)
    ok("CopyPackageVersions", copy, domainOwner=OWNER, format="npm", namespace="acme", package="left", versions=["1.1.0", "9.9.9"])
    # An old model has no operation by which one would be there.
    if "PublishPackageVersion" in model.OPERATIONS:
        ok("CopyPackageVersions", copy, domainOwner=OWNER, format="generic", namespace="tools", package="kit", versions=["1.0.0"])


def _changes(ok, plain, revision):
    """Status, disposal and deletion, on versions that nothing else needs; and the same refused for one of several versions."""
    one = {"versions": ["1.1.0"]}
    revisions = {"1.1.0": ok("DescribePackageVersion", {**V, "packageVersion": "1.1.0"})["packageVersion"]["revision"]}
    ok("UpdatePackageVersionsStatus", plain, versions=["1.0.0"], targetStatus="Unlisted")
    ok("UpdatePackageVersionsStatus", P, **one, versionRevisions=revisions, expectedStatus="Published", targetStatus="Archived")
    ok("UpdatePackageVersionsStatus", P, versions=["1.0.0", "1.1.0"], expectedStatus="Published", targetStatus="Unlisted")
    ok("UpdatePackageVersionsStatus", P, versions=["1.0.0"], versionRevisions={"1.0.0": "other"}, targetStatus="Unlisted")
    ok("DisposePackageVersions", P, versions=["1.0.0", "9.9.9"])
    ok("DisposePackageVersions", P, **one, versionRevisions=revisions, expectedStatus="Archived")
    ok("DisposePackageVersions", plain, versions=["1.0.0"])
    ok("ListPackageVersionAssets", P, packageVersion="1.1.0")
    ok("DeletePackageVersions", P, **one, expectedStatus="Published")
    ok("DeletePackageVersions", P, **one, expectedStatus="Disposed")
    ok("DeletePackageVersions", plain, versions=["1.0.0"])
    ok("DeletePackage", plain)
    ok("DeletePackage", {**P, "package": "planned"})


def _groups(ok):
    ok("CreatePackageGroup", D, packageGroup="/npm/acme/left$")
    ok("CreatePackageGroup", DO, packageGroup=GROUP, contactInfo="us", description="own", tags=[{"key": "k", "value": "v"}])
    for pattern in ("/npm/acme/zz~", "/npm/other/*", "/generic/*", "/pypi//a~"):
        ok("CreatePackageGroup", D, packageGroup=pattern)
    ok("DescribePackageGroup", D, packageGroup="/*")
    ok("DescribePackageGroup", DO, packageGroup=GROUP)
    ok("UpdatePackageGroup", D, packageGroup=GROUP)
    ok("UpdatePackageGroup", DO, packageGroup=GROUP, contactInfo="them", description="ours")
    listed = [{"repositoryName": name, "originRestrictionType": "PUBLISH"} for name in ("shop", "spare", "store")]
    ok("UpdatePackageGroupOriginConfiguration", D, packageGroup=GROUP)
    ok("UpdatePackageGroupOriginConfiguration", DO, packageGroup=GROUP, restrictions={"PUBLISH": "ALLOW_SPECIFIC_REPOSITORIES"},
       addAllowedRepositories=listed, removeAllowedRepositories=[])
    ok("UpdatePackageGroupOriginConfiguration", DO, packageGroup=GROUP, removeAllowedRepositories=listed[2:], restrictions={"EXTERNAL_UPSTREAM": "BLOCK"})
    ok("UpdatePackageGroupOriginConfiguration", DO, packageGroup=GROUP, addAllowedRepositories=listed[2:])
    ok("ListAllowedRepositoriesForGroup", D, packageGroup=GROUP, originRestrictionType="PUBLISH")
    ok("ListAllowedRepositoriesForGroup", DO, packageGroup=GROUP, originRestrictionType="PUBLISH", maxResults=10)
    ok("ListPackageGroups", D)
    ok("ListPackageGroups", DO, prefix="/npm/", maxResults=10)
    ok("ListSubPackageGroups", D, packageGroup="/*")
    ok("ListSubPackageGroups", DO, packageGroup=GROUP, maxResults=10)
    ok("GetAssociatedPackageGroup", D, format="npm", package="left")
    ok("GetAssociatedPackageGroup", DO, format="npm", namespace="Acme", package="right")
    ok("ListAssociatedPackages", D, packageGroup=GROUP)
    ok("ListAssociatedPackages", DO, packageGroup="/npm/acme/right$", preview=True, maxResults=10)
    ok("DeletePackageGroup", D, packageGroup="/npm/other/*")
    ok("CreatePackageGroup", D, packageGroup="/npm/other/*", contactInfo="c", description="d")
    ok("DeletePackageGroup", DO, packageGroup="/npm/other/*")


def _tags(ok, region):
    tagged = [arn("domain", DO["domain"], region), arn("repository", f"{DO['domain']}/shop", region)]
    if "CreatePackageGroup" in model.OPERATIONS:
        tagged.append(arn("package-group", f"{DO['domain']}/npm/acme/%2a", region))
    for resource in tagged:
        ok("TagResource", resourceArn=resource, tags=[{"key": "k", "value": "v"}])
        ok("UntagResource", resourceArn=resource, tagKeys=["k", "unknown"])
        ok("TagResource", resourceArn=resource, tags=[{"key": "kept", "value": ""}])
        ok("ListTagsForResource", resourceArn=resource)


def _policies(ok):
    for kind, where in (("Domain", D), ("Repository", {**D, "repository": "shop"})):
        put, get, delete = (f"{verb}{kind}PermissionsPolicy" for verb in ("Put", "Get", "Delete"))
        revision = ok(put, where, policyDocument=POLICY)["policy"]["revision"]
        revision = ok(put, where, domainOwner=OWNER, policyDocument=POLICY, policyRevision=revision)["policy"]["revision"]
        ok(get, where)
        ok(get, where, domainOwner=OWNER)
        ok(delete, where, domainOwner=OWNER, policyRevision=revision)
        ok(put, where, policyDocument=POLICY)
        ok(delete, where)
        ok(put, where, policyDocument=POLICY)


def finish(calls):
    """What can be done only when nothing else needs the world any more."""
    ok = calls.ok
    ok("ListDomains")
    ok("ListRepositories")
    ok("ListRepositories", repositoryPrefix="sh", maxResults=10)
    ok("ListRepositoriesInDomain", D)
    ok("ListRepositoriesInDomain", DO, administratorAccount=OWNER, repositoryPrefix="sh", maxResults=10)
    ok("DeleteDomain", domain="conformance-b")
    ok("DeleteDomain", domain="conformance-b", domainOwner=OWNER)
