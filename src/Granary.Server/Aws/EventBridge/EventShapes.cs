using System.Text;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.EventBridge;

/// <summary>What EventBridge's model says of its texts, and of how many there may be.</summary>
internal static class EventShapes
{
    public const int MostResults = 100;
    public const int MostTags = 200;
    public const int MostTargets = 100;
    public const int MostHttpParameters = 100;
    public const int MostEntries = 10;

    private const string Name = @"[\.\-_A-Za-z0-9]+";

    public static TextShape RuleName { get; } = TextShape.Pattern(1, 64, Name);

    public static TextShape TargetId { get; } = TextShape.Pattern(1, 64, Name);

    public static TextShape ConnectionName { get; } = TextShape.Pattern(1, 64, Name);

    public static TextShape DestinationName { get; } = TextShape.Pattern(1, 64, Name);

    public static TextShape ReplayName { get; } = TextShape.Pattern(1, 64, Name);

    public static TextShape ArchiveName { get; } = TextShape.Pattern(1, 48, Name);

    public static TextShape BusName { get; } = TextShape.Pattern(1, 256, @"[/\.\-_A-Za-z0-9]+");

    public static TextShape NonPartnerBusName { get; } = TextShape.Pattern(1, 256, Name);

    public static TextShape BusNameOrArn { get; } =
        TextShape.Pattern(1, 1600, @"(arn:aws[A-Za-z0-9_-]*:events:[a-z]+-[a-z]+-[A-Za-z0-9_-]+:[0-9]{12}:event-bus\/)?[/\.\-_A-Za-z0-9]+");

    public static TextShape Arn { get; } = Any(1, 1600);

    public static TextShape Description { get; } = Any(0, 512);

    public static TextShape NextToken { get; } = Any(1, 2048);

    public static TextShape EventPattern { get; } = Any(0, 4096);

    public static TextShape ScheduleExpression { get; } = Any(0, 256);

    public static TextShape RuleState { get; } =
        TextShape.OneOf(Core.Events.Buses.EventRule.Enabled, Core.Events.Buses.EventRule.Disabled, Core.Events.Buses.EventRule.EnabledWithReads);

    public static TextShape TagKey { get; } = Any(1, 128);

    public static TextShape TagValue { get; } = Any(0, 256);

    public static TextShape Input { get; } = Any(0, 8192);

    public static TextShape InputPath { get; } = Any(0, 256);

    public static TextShape InputTemplate { get; } = Any(1, 8192);

    public static TextShape InputVariable { get; } = TextShape.Pattern(1, 256, @"[A-Za-z0-9_-]+");

    /// <summary>Not of white space alone.</summary>
    public static TextShape PathParameter { get; } = TextShape.Pattern(1, 2048, @"\s*\S.*");

    public static TextShape MessageGroupId { get; } = Any(0, 100);

    public static TextShape EventResource { get; } = Any(0, 2048);

    public static TextShape TraceHeader { get; } = Any(1, 500);

    public static TextShape AuthorizationType { get; } = TextShape.OneOf("BASIC", "OAUTH_CLIENT_CREDENTIALS", "API_KEY");

    public static TextShape OAuthMethod { get; } = TextShape.OneOf("GET", "POST", "PUT");

    public static TextShape HttpMethod { get; } = TextShape.OneOf("POST", "GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE");

    /// <summary>User names, passwords and keys: no control characters, and no colon.</summary>
    public static TextShape Credential { get; } = TextShape.Of(
        1, 512, @"^[ \t]*[^\x00-\x1F:\x7F]+([ \t]+[^\x00-\x1F:\x7F]+)*[ \t]*$", rune => rune.Value is not (< 0x20 or ':' or 0x7f) || rune.Value == '\t');

    /// <summary>A credential's name that a header can have.</summary>
    public static TextShape HeaderName { get; } = TextShape.Pattern(1, 512, @"[!#$%&'*+\-.^_`|~0-9a-zA-Z]+");

    public static TextShape BodyText { get; } = Any(0, 8192);

    public static TextShape HeaderKey { get; } = TextShape.Pattern(0, 512, @"[!#$%&'*+\-.^_`|~0-9a-zA-Z]+");

    public static TextShape HeaderValue { get; } = TextShape.Pattern(0, 512, @"[ \t]*[\x20-\x7E]+([ \t]+[\x20-\x7E]+)*[ \t]*");

    public static TextShape QueryKey { get; } = TextShape.Of(0, 512, @"[^\x00-\x1F\x7F]+", rune => rune.Value is not (< 0x20 or 0x7f));

    public static TextShape QueryValue { get; } =
        TextShape.Of(0, 512, @"[^\x00-\x09\x0B\x0C\x0E-\x1F\x7F]+", rune => rune.Value is '\n' or '\r' or not (< 0x20 or 0x7f));

    public static TextShape Endpoint { get; } = TextShape.Pattern(1, 2048, @"((%[0-9A-Fa-f]{2}|[-()_.!~*';/?:@&=+$,A-Za-z0-9])+)([).!';/?:,])?");

    public static TextShape ConnectionState { get; } = TextShape.OneOf(
        "CREATING", "UPDATING", "DELETING", "AUTHORIZED", "DEAUTHORIZED", "AUTHORIZING", "DEAUTHORIZING", "ACTIVE", "FAILED_CONNECTIVITY");

    public static TextShape ArchiveState { get; } = TextShape.OneOf("ENABLED", "DISABLED", "CREATING", "UPDATING", "CREATE_FAILED", "UPDATE_FAILED");

    public static TextShape ReplayState { get; } = TextShape.OneOf("STARTING", "RUNNING", "CANCELLING", "COMPLETED", "CANCELLED", "FAILED");

    public static TextShape LogDetail { get; } = TextShape.OneOf("NONE", "FULL");

    public static TextShape LogLevel { get; } = TextShape.OneOf("OFF", "ERROR", "INFO", "TRACE");

    public static TextShape PermissionAction { get; } = TextShape.Pattern(1, 64, "events:[a-zA-Z]+");

    public static TextShape PermissionPrincipal { get; } = TextShape.Pattern(1, 12, @"(\d{12}|\*)");

    public static TextShape StatementId { get; } = TextShape.Pattern(1, 64, "[a-zA-Z0-9_-]+");

    private static TextShape Any(int shortest, int longest) => TextShape.Of(shortest, longest, ".*", static (Rune _) => true);
}
