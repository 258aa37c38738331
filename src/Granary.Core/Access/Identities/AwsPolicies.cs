using System.Collections.Frozen;
using Granary.Core.Access.Policies;

namespace Granary.Core.Access.Identities;

/// <summary>A policy under a name of AWS's: every account can attach it and none can change it.</summary>
public sealed record AwsPolicy(string Id, string Name, string Description, PolicyDocument Document)
{
    public string Arn => AwsPolicies.Prefix + Name;
}

/// <summary>The managed policies of AWS that concern what this server does.</summary>
/// <remarks>https://docs.aws.amazon.com/codeartifact/latest/ug/security-iam-awsmanpol.html</remarks>
public static class AwsPolicies
{
    public const string Prefix = "arn:aws:iam::aws:policy/";

    public const string Administrator = Prefix + "AdministratorAccess";

    /// <summary>When all of them came: a constant, so that every node tells the same.</summary>
    public static readonly DateTimeOffset CreatedAt = DateTimeOffset.UnixEpoch;

    private const string ServiceToken =
        """{"Effect":"Allow","Action":"sts:GetServiceBearerToken","Resource":"*","Condition":{"StringEquals":{"sts:AWSServiceName":"codeartifact.amazonaws.com"}}}""";

    /// <summary>What stands in for a boundary whose policy is gone: it allows nothing.</summary>
    internal static PolicyDocument Nothing { get; } = Parse("""{"Effect":"Deny","Action":"*","Resource":"*"}""");

    public static FrozenDictionary<string, AwsPolicy> All { get; } = new[]
    {
        Policy("01", "AdministratorAccess", "Provides full access to all services and resources.", """{"Effect":"Allow","Action":"*","Resource":"*"}"""),
        Policy("02", "AWSCodeArtifactAdminAccess", "Provides full access to CodeArtifact.", """{"Effect":"Allow","Action":"codeartifact:*","Resource":"*"}""", ServiceToken),
        Policy(
            "03",
            "AWSCodeArtifactReadOnlyAccess",
            "Provides read-only access to CodeArtifact.",
            """{"Effect":"Allow","Action":["codeartifact:Describe*","codeartifact:Get*","codeartifact:List*","codeartifact:ReadFromRepository"],"Resource":"*"}""",
            ServiceToken),
        Policy("04", "IAMFullAccess", "Provides full access to IAM.", """{"Effect":"Allow","Action":"iam:*","Resource":"*"}"""),
        Policy(
            "05", "IAMReadOnlyAccess", "Provides read-only access to IAM.", """{"Effect":"Allow","Action":["iam:Get*","iam:List*","iam:Simulate*"],"Resource":"*"}"""),
        Policy(
            "06", "AWSCloudTrail_ReadOnlyAccess", "Provides read-only access to the trail.", """{"Effect":"Allow","Action":["cloudtrail:Get*","cloudtrail:Describe*","cloudtrail:List*","cloudtrail:LookupEvents"],"Resource":"*"}"""),
    }.ToFrozenDictionary(policy => policy.Arn, StringComparer.Ordinal);

    private static AwsPolicy Policy(string number, string name, string description, params string[] statements) =>
        new($"ANPAAWSMANAGED0000000{number}", name, description, Parse(statements));

    private static PolicyDocument Parse(params string[] statements) =>
        PolicyDocument.Parse($$"""{"Version":"2012-10-17","Statement":[{{string.Join(',', statements)}}]}""", PolicyKind.Identity);
}
