using System.Globalization;
using System.Text;
using Granary.Core.Access.Identities;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.Iam;

/// <summary>The strings of the API, version 2010-05-08, with the lengths, patterns and values of its model.</summary>
internal static class IamShapes
{
    public const int MaxItems = 1000;
    public const int MaxTags = 50;

    private const string NamePattern = @"[A-Za-z0-9_+=,.@\-]+";

    public static readonly TextShape AccessKeyId = TextShape.Pattern(16, 128, "[A-Za-z0-9_]+");
    public static readonly TextShape AccessKeyStatus = TextShape.OneOf("Active", "Inactive");
    public static readonly TextShape Arn = TextShape.Of(20, 2048, @"\P{C}+", IsNotControl);
    public static readonly TextShape Boolean = TextShape.OneOf("true", "false");
    public static readonly TextShape ClientId = TextShape.Of(1, 255, @"\P{C}+", IsNotControl);
    public static readonly TextShape ContextKeyName = TextShape.Of(5, 256, @"\P{C}+", IsNotControl);

    public static readonly TextShape ContextKeyType = TextShape.OneOf(
        "string", "stringList", "numeric", "numericList", "boolean", "booleanList", "ip", "ipList", "binary", "binaryList", "date", "dateList");

    public static readonly TextShape Document = TextShape.Of(
        1, 131_072, @"[\u0009\u000A\u000D\u0020-\u00FF]+", rune => rune.Value is '\t' or '\n' or '\r' or (>= 0x20 and <= 0xFF));

    public static readonly TextShape EntityFilter = TextShape.OneOf("User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy");

    /// <summary>Names of users, groups and policies that are looked for, and of groups and policies that are made.</summary>
    public static readonly TextShape LongName = TextShape.Pattern(1, 128, NamePattern);

    // Ours are longer than AWS's 320 where a tag's key is.
    public static readonly TextShape Marker = TextShape.Of(1, PageTokens.Longest, @"[\u0020-\u00FF]+", rune => rune.Value is >= 0x20 and <= 0xFF);

    public static readonly TextShape Path = TextShape.Pattern(1, 512, "(/)|(/[!-~]+/)");
    public static readonly TextShape PathPrefix = TextShape.Pattern(1, 512, "/[!-~]*");

    // The model has no pattern; AWS's documentation says letters, digits, marks and blanks.
    public static readonly TextShape PolicyDescription = TextShape.Of(0, 1000, @"\P{C}*", rune => IsNotControl(rune) || rune.Value is '\t' or '\n' or '\r');

    public static readonly TextShape PolicyPath = TextShape.Pattern(1, 512, @"((/[A-Za-z0-9.,+@=_\-]+)*)/");
    public static readonly TextShape PolicyScope = TextShape.OneOf("All", "AWS", "Local");
    public static readonly TextShape PolicyUsage = TextShape.OneOf("PermissionsPolicy", "PermissionsBoundary");
    public static readonly TextShape ProviderUrl = TextShape.Of(1, 255, @"\P{C}+", IsNotControl);
    public static readonly TextShape ResourceName = TextShape.Of(1, 2048, @"\P{C}+", IsNotControl);

    public static readonly TextShape RoleDescription = TextShape.Of(
        0, 1000, @"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*", rune => rune.Value is '\t' or '\n' or '\r' or (>= 0x20 and <= 0x7E) or (>= 0xA1 and <= 0xFF));

    /// <summary>Names of users and roles that are made, and of roles that are looked for.</summary>
    public static readonly TextShape ShortName = TextShape.Pattern(1, 64, NamePattern);

    public static readonly TextShape SimulatedAction = TextShape.Pattern(3, 128, @"[A-Za-z0-9\-]+:[A-Za-z0-9_\-]+");
    public static readonly TextShape TagKey = TextShape.Of(1, 128, @"[\p{L}\p{Z}\p{N}_.:/=+\-@]+", IsOfTag);
    public static readonly TextShape TagValue = TextShape.Of(0, 256, @"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", IsOfTag);
    public static readonly TextShape Thumbprint = TextShape.Pattern(40, 40, "[0-9A-Fa-f]{40}");
    public static readonly TextShape VersionId = TextShape.Pattern(2, 64, @"v[1-9][0-9]*(\.[A-Za-z0-9\-]*)?");

    /// <summary>The parameter that names a user, group or role, such as <c>UserName</c>.</summary>
    public static string NameOf(IdentityKind kind) => kind + "Name";

    /// <summary>What the name of one that exists looks like.</summary>
    public static TextShape ExistingName(IdentityKind kind) => kind == IdentityKind.Role ? ShortName : LongName;

    private static bool IsOfTag(Rune rune) => rune.Value is '_' or '.' or ':' or '/' or '=' or '+' or '-' or '@' || Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter
        or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    private static bool IsNotControl(Rune rune) => Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
