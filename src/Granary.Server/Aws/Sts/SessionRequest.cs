using System.Globalization;
using System.Xml.Linq;
using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Access.Identities;
using Granary.Core.Access.Policies;
using Granary.Server.Authentication;
using Granary.Server.Aws.Query;

namespace Granary.Server.Aws.Sts;

/// <summary>What both ways of assuming a role ask for.</summary>
/// <param name="Duration">In seconds; null where the request does not say.</param>
/// <param name="Policy">The inline session policy, which has been read once; null for none.</param>
/// <param name="PolicyArns">Managed policies of the role's account that narrow the session, too.</param>
internal sealed record SessionRequest(string RoleArn, string Name, int? Duration, string? Policy, IReadOnlyList<string> PolicyArns)
{
    private const int Shortest = 900;
    private const int Default = 3600;
    private const int MostPolicies = 10;

    private static int Longest { get; } = (int)SessionCredentials.LongestSession.TotalSeconds;

    public static SessionRequest Read(QueryCall call)
    {
        var arguments = call.Arguments;
        var role = arguments.Required("RoleArn", StsShapes.Arn);
        var asked = new SessionRequest(
            IamArns.RolesAccount(role) is null ? throw Refusal.Validation($"{role} is invalid") : role,
            arguments.Required("RoleSessionName", StsShapes.Name),
            arguments.Integer("DurationSeconds", Shortest, Longest),
            arguments.Optional("Policy", StsShapes.SessionPolicy),
            [.. call.Objects("PolicyArns", "arn", StsShapes.Arn, MostPolicies).Select(one => arguments.Required($"{one}arn", StsShapes.Arn))]);
        if (asked.Policy is not null)
        {
            CheckPolicy(asked.Policy);
        }

        return asked;
    }

    /// <summary>Gives credentials of the role away; it has been decided that the caller may have them.</summary>
    /// <param name="isChained">Whether the caller is a session of a role, which can give away an hour at most.</param>
    /// <returns>The elements of the answer that both ways share.</returns>
    public async Task<IReadOnlyList<XElement>> IssueAsync(QueryCall call, AssumableRole role, SessionTags tags, string? sourceIdentity, string? provider, bool isChained)
    {
        var now = call.Service<TimeProvider>().GetUtcNow().ToUnixTimeSeconds();
        var session = new RoleSession(role.Name, Name, now, now + LengthFor(role, isChained))
        {
            Policies = await PoliciesAsync(call, role),
            Tags = tags.All,
            TransitiveTagKeys = tags.AllTransitive,
            SourceIdentity = sourceIdentity,
            Provider = provider,
        };
        var packed = SessionCredentials.SizeOf(session) * 100 / SessionCredentials.LargestSession;
        if (packed > 100)
        {
            throw Refusal.Named(
                RefusalKind.Validation,
                "PackedPolicyTooLarge",
                $"Packed size of session tags and policies consumes {packed}% of allotted space, please use smaller policies or fewer tags.");
        }

        var principal = new Principal(role.AccountId, IamArns.Session(role.AccountId, role.Name, Name)) { IdentityId = role.Id, RoleArn = role.Arn, Session = session };
        var credentials = call.Service<SessionCredentials>().Issue(principal);
        List<XElement> answer =
        [
            new("AssumedRoleUser", new XElement("AssumedRoleId", principal.UserId), new XElement("Arn", principal.Arn)),
            new(
                "Credentials",
                new XElement("AccessKeyId", credentials.AccessKeyId),
                new XElement("SecretAccessKey", credentials.SecretAccessKey),
                new XElement("SessionToken", credentials.SessionToken),
                new XElement("Expiration", QueryProtocol.Time(credentials.Expiration))),
        ];
        if (session.Policies.Count > 0 || tags.Any)
        {
            answer.Add(new("PackedPolicySize", packed.ToString(CultureInfo.InvariantCulture)));
        }

        if (sourceIdentity is not null)
        {
            answer.Add(new("SourceIdentity", sourceIdentity));
        }

        return answer;
    }

    private int LengthFor(AssumableRole role, bool isChained)
    {
        var length = Duration ?? Default;
        return length > role.MaxSessionSeconds
            ? throw Refusal.Validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
            : length > Default && isChained
            ? throw Refusal.Validation("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
            : length;
    }

    private async Task<IReadOnlyList<string>> PoliciesAsync(QueryCall call, AssumableRole role)
    {
        // As they are now: a session keeps what it was narrowed to.
        var managed = await call.Service<AssumableRoles>().FindPoliciesAsync(role.AccountId, PolicyArns)
            ?? throw Malformed("PolicyArns names a managed policy that the role's account does not have.");
        return [.. Policy is null ? [] : (string[])[Policy], .. managed.Select(policy => policy.Text)];
    }

    private static void CheckPolicy(string text)
    {
        try
        {
            PolicyDocument.Parse(text, PolicyKind.Identity);
        }
        catch (Refusal refusal)
        {
            throw Malformed(refusal.Message);
        }
    }

    private static Refusal Malformed(string message) => Refusal.Named(RefusalKind.Validation, "MalformedPolicyDocument", message);
}
