using System.Globalization;
using Granary.Core.Access.Identities;

namespace Granary.Core.Access;

/// <summary>Puts together what conditions and policy variables can ask of a request.</summary>
/// <remarks>https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html</remarks>
internal static class ConditionKeys
{
    public static Dictionary<string, string[]> Of(
        Principal principal, IdentitySnapshot identity, in AccessTarget target, in RequestFacts facts, string region, DateTimeOffset now)
    {
        var keys = OfRequest(target, facts, region, now);
        AddPrincipal(keys, principal, identity);
        AddOwn(keys, facts);
        return keys;
    }

    /// <summary>Of a request of somebody whom no account knows, and about whom only the action's own keys say anything.</summary>
    public static Dictionary<string, string[]> OfStranger(in AccessTarget target, in RequestFacts facts, string region, DateTimeOffset now)
    {
        var keys = OfRequest(target, facts, region, now);
        AddOwn(keys, facts);
        return keys;
    }

    private static Dictionary<string, string[]> OfRequest(in AccessTarget target, in RequestFacts facts, string region, DateTimeOffset now)
    {
        var keys = new Dictionary<string, string[]>(StringComparer.OrdinalIgnoreCase)
        {
            ["aws:CurrentTime"] = [now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)],
            ["aws:EpochTime"] = [now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)],
            ["aws:SecureTransport"] = [facts.IsSecure ? "true" : "false"],
            ["aws:RequestedRegion"] = [region],
            ["aws:ViaAWSService"] = ["false"],
        };
        if (facts.Source is { } source)
        {
            keys["aws:SourceIp"] = [(source.IsIPv4MappedToIPv6 ? source.MapToIPv4() : source).ToString()];
        }

        if (target.Arn != ResourceArns.Any)
        {
            keys["aws:ResourceAccount"] = [target.Account];
        }

        foreach (var (key, value) in target.Tags)
        {
            keys[$"aws:ResourceTag/{key}"] = [value];
        }

        return keys;
    }

    private static void AddOwn(Dictionary<string, string[]> keys, in RequestFacts facts)
    {
        foreach (var (key, values) in facts.Keys ?? Policies.AccessRequest.NoContext)
        {
            keys[key] = values;
        }
    }

    private static void AddPrincipal(Dictionary<string, string[]> keys, Principal principal, IdentitySnapshot identity)
    {
        keys["aws:PrincipalArn"] = [principal.RoleArn ?? principal.Arn];
        keys["aws:PrincipalAccount"] = [principal.AccountId];
        keys["aws:PrincipalType"] = [principal.IsRoot ? "Account" : principal.Session is null ? "User" : "AssumedRole"];
        keys["aws:PrincipalIsAWSService"] = ["false"];
        keys["aws:userid"] = [principal.UserId];
        foreach (var (key, value) in identity.Tags)
        {
            keys[$"aws:PrincipalTag/{key}"] = [value];
        }

        if (principal.Session is { } session)
        {
            AddSession(keys, session);
        }
        else
        {
            keys["aws:username"] = [identity.Name];
        }
    }

    private static void AddSession(Dictionary<string, string[]> keys, RoleSession session)
    {
        foreach (var (key, value) in session.Tags)
        {
            keys[$"aws:PrincipalTag/{key}"] = [value];
        }

        keys["aws:TokenIssueTime"] = [DateTimeOffset.FromUnixTimeSeconds(session.IssuedAt).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)];
        keys["aws:MultiFactorAuthPresent"] = ["false"];
        if (session.Provider is { } provider)
        {
            keys["aws:FederatedProvider"] = [provider];
        }

        if (session.SourceIdentity is { } identityOfSource)
        {
            keys["aws:SourceIdentity"] = [identityOfSource];
        }
    }
}
