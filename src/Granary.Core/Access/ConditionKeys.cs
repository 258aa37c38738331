using System.Globalization;
using Granary.Core.Access.Identities;

namespace Granary.Core.Access;

/// <summary>Puts together what conditions and policy variables can ask of a request.</summary>
/// <remarks>https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html</remarks>
internal static class ConditionKeys
{
    public static Dictionary<string, string[]> Of(
        Principal principal, IdentitySnapshot? identity, in AccessTarget target, in RequestFacts facts, string region, DateTimeOffset now)
    {
        var keys = new Dictionary<string, string[]>(StringComparer.OrdinalIgnoreCase)
        {
            ["aws:PrincipalArn"] = [principal.RoleArn ?? principal.Arn],
            ["aws:PrincipalAccount"] = [principal.AccountId],
            ["aws:PrincipalType"] = [principal.IsRoot ? "Account" : principal.Session is null ? "User" : "AssumedRole"],
            ["aws:PrincipalIsAWSService"] = ["false"],
            ["aws:userid"] = [principal.UserId],
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

        AddSession(keys, principal, identity);
        foreach (var (key, value) in target.Tags)
        {
            keys[$"aws:ResourceTag/{key}"] = [value];
        }

        foreach (var (key, values) in facts.Keys ?? Policies.AccessRequest.NoContext)
        {
            keys[key] = values;
        }

        return keys;
    }

    private static void AddSession(Dictionary<string, string[]> keys, Principal principal, IdentitySnapshot? identity)
    {
        foreach (var (key, value) in identity?.Tags ?? NoTags)
        {
            keys[$"aws:PrincipalTag/{key}"] = [value];
        }

        if (principal.Session is not { } session)
        {
            if (identity is not null)
            {
                keys["aws:username"] = [identity.Name];
            }

            return;
        }

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

    private static IReadOnlyDictionary<string, string> NoTags { get; } = new Dictionary<string, string>();
}
