namespace Granary.ClientTests.Conformance;

/// <summary>
/// What people decided of an operation, which no run can find out: where it does more than AWS documents, and where it does something
/// else. Everything that is not listed does the same.
/// </summary>
internal static class Verdicts
{
    private const string NotFreed = "differs: the bytes are hidden at once and taken off the disk by the next collection";
    private const string AtOnce = "better: the next request obeys, nothing is eventual";
    private const string OwnPolicy = "better: a policy may be a lone statement, and name who does not exist yet";

    private static readonly Dictionary<string, string> Listed = new(StringComparer.Ordinal)
    {
        ["CreateDomain"] = "differs: without `encryptionKey` nothing is encrypted unless the operator says so",
        ["CreatePackageGroup"] = "differs: decided on the domain's ARN, as CreateRepository is",
        ["DeletePackage"] = NotFreed,
        ["DeletePackageGroup"] = AtOnce,
        ["DeletePackageVersions"] = NotFreed,
        ["DeleteRepository"] = NotFreed,
        ["DisposePackageVersions"] = NotFreed,
        ["GetAuthorizationToken"] = "better: `npm logout` revokes the token in use",
        ["GetPackageVersionAsset"] = "better: with an ETag, `If-None-Match` and `Range`",
        ["GetPackageVersionReadme"] = "differs: of more than 1 MiB the beginning is kept",
        ["GetRepositoryEndpoint"] = "differs: both endpoint types have the server's own address",
        ["ListPackageVersions"] = "better: each version has `publishedTime` and `size` too",
        ["PutDomainPermissionsPolicy"] = OwnPolicy,
        ["PutPackageOriginConfiguration"] = AtOnce,
        ["PutRepositoryPermissionsPolicy"] = OwnPolicy,
        ["UpdatePackageGroupOriginConfiguration"] = AtOnce,
    };

    public static string Of(string operation) => Listed.GetValueOrDefault(operation, "same");
}
