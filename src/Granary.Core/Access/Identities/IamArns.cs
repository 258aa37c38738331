namespace Granary.Core.Access.Identities;

/// <summary>ARNs of IAM and STS.</summary>
public static class IamArns
{
    public static string Root(string account) => $"arn:aws:iam::{account}:root";

    /// <param name="path">Begins and ends with a slash.</param>
    public static string Identity(string account, IdentityKind kind, string path, string name) =>
        $"arn:aws:iam::{account}:{Word(kind)}{path}{name}";

    public static string Of(Identity identity) => Identity(identity.AccountId, identity.Kind, identity.Path, identity.Name);

    public static string Policy(string account, string path, string name) => $"arn:aws:iam::{account}:policy{path}{name}";

    /// <summary>A session of a role; the role's path is no part of it.</summary>
    public static string Session(string account, string role, string session) => $"arn:aws:sts::{account}:assumed-role/{role}/{session}";

    /// <summary>The account in the ARN of a role; null where the text is none.</summary>
    public static string? RolesAccount(string arn) =>
        arn.Split(':') is ["arn", "aws", "iam", "", { Length: 12 } account, var role] && account.All(char.IsAsciiDigit)
        && role.StartsWith("role/", StringComparison.Ordinal) && !role.EndsWith('/')
            ? account
            : null;

    /// <summary>What the ARN of a user or a role names; null where the text is none.</summary>
    public static (string Account, IdentityKind Kind, string Name)? Principal(string arn) =>
        arn.Split(':') is ["arn", "aws", "iam", "", { Length: 12 } account, var resource] && !resource.EndsWith('/')
            ? resource.Split('/') switch
            {
                ["user", .., var name] => (account, IdentityKind.User, name),
                ["role", .., var name] => (account, IdentityKind.Role, name),
                _ => null,
            }
            : null;

    private static string Word(IdentityKind kind) => kind switch
    {
        IdentityKind.User => "user",
        IdentityKind.Group => "group",
        _ => "role",
    };
}
