"""For each operation one call with all its parameters, which probes then spoil in one place."""
from world import DO, G, GROUP, OWNER, P, POLICY, R, V, arn, sha256


# Calls with what the template of the operation cannot have beside the rest of it.
ALTERNATIVES = {
    "CopyPackageVersions": {**DO, "sourceRepository": "shop", "destinationRepository": "spare", "format": "npm", "namespace": "acme", "package": "left",
                            "versionRevisions": {"1.0.0": "r"}},
}


def templates(region):
    repository = arn("repository", f"{DO['domain']}/shop", region)
    tags = [{"key": "k", "value": "v"}]
    group = {**DO, "packageGroup": GROUP}
    page = {"maxResults": 10}
    spare = {**R, "repository": "spare"}
    allowed = [{"repositoryName": "shop", "originRestrictionType": "PUBLISH"}]
    policy = {"policyDocument": POLICY, "policyRevision": "r"}
    versions = {"versions": ["1.0.0"], "expectedStatus": "Published"}
    revisions = {"versionRevisions": {"1.0.0": "r"}}
    return {
        "CreateDomain": {"domain": "conformance-p", "encryptionKey": arn("key", "k", region), "tags": tags},
        "DescribeDomain": DO,
        "ListDomains": page,
        "DeleteDomain": DO,
        "CreateRepository": {**DO, "repository": "probed", "description": "d", "upstreams": [{"repositoryName": "shop"}], "tags": tags},
        "DescribeRepository": R,
        "UpdateRepository": {**spare, "description": "d", "upstreams": [{"repositoryName": "shop"}]},
        "DeleteRepository": spare,
        "ListRepositories": {**page, "repositoryPrefix": "sh"},
        "ListRepositoriesInDomain": {**DO, **page, "administratorAccount": OWNER, "repositoryPrefix": "sh"},
        "GetRepositoryEndpoint": {**R, "format": "npm", "endpointType": "ipv4"},
        "AssociateExternalConnection": {**spare, "externalConnection": "public:npmjs"},
        "DisassociateExternalConnection": {**R, "repository": "store", "externalConnection": "public:npmjs"},
        "PutDomainPermissionsPolicy": {**DO, **policy},
        "GetDomainPermissionsPolicy": DO,
        "DeleteDomainPermissionsPolicy": {**DO, "policyRevision": "r"},
        "PutRepositoryPermissionsPolicy": {**R, **policy},
        "GetRepositoryPermissionsPolicy": R,
        "DeleteRepositoryPermissionsPolicy": {**R, "policyRevision": "r"},
        "GetAuthorizationToken": {**DO, "durationSeconds": 900},
        "ListPackages": {**R, **page, "format": "npm", "namespace": "acme", "packagePrefix": "le", "publish": "ALLOW", "upstream": "BLOCK"},
        "DescribePackage": P,
        "PutPackageOriginConfiguration": {**P, "restrictions": {"publish": "ALLOW", "upstream": "BLOCK"}},
        "DeletePackage": P,
        "ListPackageVersions": {**P, **page, "status": "Published", "sortBy": "PUBLISHED_TIME", "originType": "INTERNAL"},
        "DescribePackageVersion": V,
        "ListPackageVersionAssets": {**V, **page},
        "GetPackageVersionAsset": {**V, "asset": "package.tgz", "packageVersionRevision": "r"},
        "ListPackageVersionDependencies": V,
        "GetPackageVersionReadme": V,
        "PublishPackageVersion": {**G, "packageVersion": "4.0.0", "assetName": "a", "assetContent": b"a", "assetSHA256": sha256(b"a"), "unfinished": True},
        "CopyPackageVersions": {**DO, "sourceRepository": "shop", "destinationRepository": "spare", "format": "npm", "namespace": "acme", "package": "left",
                                "versions": ["1.0.0"], "allowOverwrite": False, "includeFromUpstream": False},
        "UpdatePackageVersionsStatus": {**P, **versions, **revisions, "targetStatus": "Unlisted"},
        "DisposePackageVersions": {**P, **versions, **revisions},
        "DeletePackageVersions": {**P, **versions},
        "CreatePackageGroup": {**DO, "packageGroup": "/npm/probed/*", "contactInfo": "c", "description": "d", "tags": tags},
        "DescribePackageGroup": group,
        "UpdatePackageGroup": {**group, "contactInfo": "c", "description": "d"},
        "DeletePackageGroup": group,
        "ListPackageGroups": {**DO, **page, "prefix": "/npm"},
        "ListSubPackageGroups": {**group, **page},
        "GetAssociatedPackageGroup": {**DO, "format": "npm", "namespace": "acme", "package": "left"},
        "ListAssociatedPackages": {**group, **page, "preview": True},
        "UpdatePackageGroupOriginConfiguration": {**group, "restrictions": {"PUBLISH": "ALLOW"}, "addAllowedRepositories": allowed, "removeAllowedRepositories": allowed},
        "ListAllowedRepositoriesForGroup": {**group, **page, "originRestrictionType": "PUBLISH"},
        "TagResource": {"resourceArn": repository, "tags": tags},
        "UntagResource": {"resourceArn": repository, "tagKeys": ["k"]},
        "ListTagsForResource": {"resourceArn": repository},
    }
