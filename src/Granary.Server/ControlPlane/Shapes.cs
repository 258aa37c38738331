using System.Globalization;
using System.Text;
using Granary.Core.Packages;
using Granary.Formats;

namespace Granary.Server.ControlPlane;

/// <summary>The strings of the API, version 2018-09-22, with the lengths, patterns and values of its model.</summary>
internal static class Shapes
{
    public const int MaxResults = 1000;
    public const int MaxVersions = 100;
    public const int MaxTags = 200;

    public static readonly TextShape AccountId = TextShape.Pattern(12, 12, "[0-9]{12}");
    public static readonly TextShape AllowPublish = TextShape.OneOf("ALLOW", "BLOCK");
    public static readonly TextShape AllowUpstream = TextShape.OneOf("ALLOW", "BLOCK");
    public static readonly TextShape Arn = TextShape.Of(1, 1011, @"\S+", IsNotSpace);
    public static readonly TextShape AssetName = TextShape.Of(1, 255, @"\P{C}+", IsNotControl);
    public static readonly TextShape Description = TextShape.Of(0, 1000, @"\P{C}*", IsNotControl);
    public static readonly TextShape DomainName = TextShape.Pattern(2, 50, @"[a-z][a-z0-9\-]{0,48}[a-z0-9]");
    public static readonly TextShape EndpointType = TextShape.OneOf("dualstack", "ipv4");
    public static readonly TextShape ExternalConnectionName = TextShape.Pattern(2, 100, @"[A-Za-z0-9][A-Za-z0-9._\-:]{1,99}");
    public static readonly TextShape PackageFormat = TextShape.OneOf([.. PackageFormats.All.Select(f => f.Name)]);
    public static readonly TextShape PackageGroupContactInfo = TextShape.Of(0, 1000, @"\P{C}*", IsNotControl);
    public static readonly TextShape PackageGroupOriginRestrictionMode = TextShape.OneOf("ALLOW", "ALLOW_SPECIFIC_REPOSITORIES", "BLOCK", "INHERIT");
    public static readonly TextShape PackageGroupOriginRestrictionType = TextShape.OneOf("EXTERNAL_UPSTREAM", "INTERNAL_UPSTREAM", "PUBLISH");
    public static readonly TextShape PackageGroupPattern = TextShape.Of(2, 520, @"[^\p{C}\p{IsWhitespace}]+", rune => IsNotControl(rune) && IsNotSpace(rune));
    public static readonly TextShape PackageGroupPatternPrefix = TextShape.Of(0, 520, @"\P{C}*", IsNotControl);
    public static readonly TextShape PackageName = TextShape.Of(1, 255, @"[^#/\s]+", IsNamePart);
    public static readonly TextShape PackageNamespace = TextShape.Of(1, 255, @"[^#/\s]+", IsNamePart);
    public static readonly TextShape PackageVersion = TextShape.Of(1, 255, @"[^#/\s]+", IsNamePart);
    public static readonly TextShape PackageVersionOriginType = TextShape.OneOf("INTERNAL", "EXTERNAL", "UNKNOWN");
    public static readonly TextShape PackageVersionRevision = TextShape.Of(1, 50, @"\S+", IsNotSpace);
    public static readonly TextShape PackageVersionSortType = TextShape.OneOf("PUBLISHED_TIME");
    public static readonly TextShape PackageVersionStatus = TextShape.OneOf(Enum.GetNames<PackageVersionStatus>());
    public static readonly TextShape PaginationToken = TextShape.Of(1, PageTokens.Longest, @"\S+", IsNotSpace);
    public static readonly TextShape PolicyDocument = TextShape.Of(1, 7168, @"[\P{C}\s]+", rune => IsNotControl(rune) || Rune.IsWhiteSpace(rune));
    public static readonly TextShape PolicyRevision = TextShape.Of(1, 100, @"\S+", IsNotSpace);
    public static readonly TextShape RepositoryName = TextShape.Pattern(2, 100, @"[A-Za-z0-9][A-Za-z0-9._\-]{1,99}");
    public static readonly TextShape TagKey = TextShape.Of(1, 128, @"\P{C}+", IsNotControl);
    public static readonly TextShape TagValue = TextShape.Of(0, 256, @"\P{C}*", IsNotControl);

    /// <summary>The statuses that UpdatePackageVersionsStatus can set.</summary>
    public static readonly TextShape TargetStatus = TextShape.OneOf("Published", "Unlisted", "Archived");

    private static bool IsNotSpace(Rune rune) => !Rune.IsWhiteSpace(rune);

    // The model lets control characters through; no format's names have them, and they would forge lines of logs.
    private static bool IsNamePart(Rune rune) => rune.Value is not ('#' or '/') && !Rune.IsWhiteSpace(rune) && !Rune.IsControl(rune);

    // Category C: control, format, surrogate, private use, unassigned.
    private static bool IsNotControl(Rune rune) => Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
