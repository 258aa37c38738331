namespace Granary.Core.Access;

/// <summary>Actions of the data plane. Those of the control plane are <c>codeartifact:</c> and the operation's name.</summary>
public static class AccessActions
{
    public const string ReadFromRepository = "codeartifact:ReadFromRepository";
    public const string PublishPackageVersion = "codeartifact:PublishPackageVersion";
    public const string PutPackageMetadata = "codeartifact:PutPackageMetadata";

    /// <summary>Demanded on each repository that is made another's upstream; no operation has this name.</summary>
    public const string AssociateWithDownstreamRepository = "codeartifact:AssociateWithDownstreamRepository";

    public const string TagResource = "codeartifact:TagResource";

    /// <summary>What GetAuthorizationToken demands besides itself.</summary>
    public const string GetServiceBearerToken = "sts:GetServiceBearerToken";
}
