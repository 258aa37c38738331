using System.Security.Cryptography;

namespace Granary.Core.Access.Identities;

/// <summary>Ids in AWS's form: four letters that say of what, and 85 random bits in base 32.</summary>
/// <remarks>https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids</remarks>
public static class UniqueId
{
    public const string User = "AIDA";
    public const string Group = "AGPA";
    public const string Role = "AROA";
    public const string Policy = "ANPA";

    /// <summary>A user's own access key.</summary>
    public const string AccessKey = "AKIA";

    /// <summary>The access key of temporary credentials.</summary>
    public const string SessionKey = "ASIA";

    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    public static string New(string prefix) =>
        // Keys have 20 characters, identities 21.
        prefix + RandomNumberGenerator.GetString(Base32, prefix is AccessKey or SessionKey ? 16 : 17);

    public static string Of(IdentityKind kind) => New(kind switch
    {
        IdentityKind.User => User,
        IdentityKind.Group => Group,
        _ => Role,
    });
}
