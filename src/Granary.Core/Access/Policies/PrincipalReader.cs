using System.Text.Json;

namespace Granary.Core.Access.Policies;

/// <summary>Reads Principal and NotPrincipal.</summary>
/// <remarks>https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html</remarks>
internal static class PrincipalReader
{
    public static PolicyPrincipals Read(JsonElement value, bool not)
    {
        var (accounts, arns, federated, services) = (Set(), Set(), Set(), Set());
        var everyone = false;
        if (value.ValueKind == JsonValueKind.String)
        {
            everyone = value.ValueEquals("*") ? true : throw Invalid(value.GetString()!);
        }
        else if (value.ValueKind != JsonValueKind.Object || !value.EnumerateObject().Any())
        {
            throw Refusal.Validation("""A Principal must be "*" or an object such as {"AWS": "123456789012"}.""");
        }
        else
        {
            foreach (var member in value.EnumerateObject())
            {
                var texts = PolicyReader.Texts(member.Value, member.Name);
                switch (member.Name)
                {
                    case "AWS":
                        texts.ForEach(text => everyone |= AddAws(text, accounts, arns));
                        break;
                    case "Federated":
                        federated.UnionWith(texts);
                        break;
                    case "Service":
                        services.UnionWith(texts);
                        break;
                    default:
                        throw Refusal.Validation($"Invalid principal in policy: {member.Name} is no kind of principal.");
                }
            }
        }

        return new PolicyPrincipals(not, everyone, accounts, arns, federated, services);

        static HashSet<string> Set() => new(StringComparer.Ordinal);
    }

    /// <summary>Whether the text is the star.</summary>
    private static bool AddAws(string text, HashSet<string> accounts, HashSet<string> arns)
    {
        if (text == "*")
        {
            return true;
        }

        if (IsAccount(text))
        {
            accounts.Add(text);
            return false;
        }

        // arn : aws : iam or sts : : account : resource
        if (text.Split(':') is not ["arn", "aws", var service, "", var account, var resource] || !IsAccount(account) || text.AsSpan().ContainsAny('*', '?'))
        {
            throw Invalid(text);
        }

        _ = (service, resource.Split('/')) switch
        {
            ("iam", ["root"]) => accounts.Add(account),
            ("iam", ["user" or "role", .., { Length: > 0 }]) => arns.Add(text),
            ("sts", ["assumed-role", { Length: > 0 }, { Length: > 0 }]) => arns.Add(text),
            _ => throw Invalid(text),
        };
        return false;
    }

    private static bool IsAccount(string text) => text.Length == 12 && text.All(char.IsAsciiDigit);

    private static Refusal Invalid(string principal) => Refusal.Validation(
        $"Invalid principal in policy: {principal}. Write an account, or the ARN of a user, a role or a session, without wildcards.");
}
