using Granary.Core.Access.Policies;

namespace Granary.Core.Access.Identities;

/// <summary>IAM's refusals under its names.</summary>
public static class IdentityRefusals
{
    public static Refusal NoSuch(IdentityKind kind, string name) => NoSuchEntity($"The {Word(kind)} with name {name} cannot be found.");

    public static Refusal NoSuchPolicy(string arn) => NoSuchEntity($"Policy {arn} does not exist or is not attachable.");

    public static Refusal NoSuchEntity(string message) => Refusal.Named(RefusalKind.NotFound, "NoSuchEntity", message);

    public static Refusal Exists(string what, string name) =>
        Refusal.Named(RefusalKind.Conflict, "EntityAlreadyExists", $"{what} with name {name} already exists.");

    public static Refusal DeleteConflict(string message) => Refusal.Named(RefusalKind.Conflict, "DeleteConflict", message);

    public static Refusal LimitExceeded(string quota, int most) =>
        Refusal.Named(RefusalKind.QuotaExceeded, "LimitExceeded", $"Cannot exceed quota for {quota}: {most}");

    public static Refusal InvalidInput(string message) => Refusal.Named(RefusalKind.Validation, "InvalidInput", message);

    /// <summary>AWS's own policies are everybody's, so that nobody may change them.</summary>
    public static Refusal OfAws(string arn) => Refusal.Named(
        RefusalKind.AccessDenied, "AccessDenied", $"The policy {arn} is one of AWS's names and cannot be changed. Make a policy of the account's own.");

    internal static string Word(IdentityKind kind) => kind switch
    {
        IdentityKind.User => "user",
        IdentityKind.Group => "group",
        _ => "role",
    };

    /// <summary>Reads the document, whose faults have a name of their own here.</summary>
    /// <exception cref="Refusal">MalformedPolicyDocument.</exception>
    public static PolicyDocument Parse(string document, PolicyKind kind)
    {
        try
        {
            return PolicyDocument.Parse(document, kind);
        }
        catch (Refusal fault) when (fault is { Kind: RefusalKind.Validation, Code: null })
        {
            throw Refusal.Named(RefusalKind.Validation, "MalformedPolicyDocument", fault.Message);
        }
    }

    /// <summary>What counts against the quotas: IAM leaves white space out.</summary>
    internal static int Size(string document) => document.Count(c => !char.IsWhiteSpace(c));
}
