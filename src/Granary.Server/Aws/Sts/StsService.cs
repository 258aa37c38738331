using System.Text;
using Granary.Server.Aws.Query;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.Sts;

/// <summary>STS, version 2011-06-15: who one is, and temporary credentials of roles.</summary>
internal static class StsService
{
    public static QueryProtocol Protocol { get; } = new(
        "sts",
        "2011-06-15",
        "https://sts.amazonaws.com/doc/2011-06-15/",
        [
            new("GetCallerIdentity", CallerIdentity.GetAsync),
            new("AssumeRole", AssumeRole.RunAsync),
            new("AssumeRoleWithWebIdentity", AssumeRoleWithWebIdentity.RunAsync),
        ],
        unsigned: "AssumeRoleWithWebIdentity");
}

/// <summary>The strings of STS's model.</summary>
internal static class StsShapes
{
    public static readonly TextShape Arn = TextShape.Of(20, 2048, @"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+", rune => !Rune.IsControl(rune));
    public static readonly TextShape ExternalId = TextShape.Of(2, 1224, @"[\w+=,.@:\/-]*", rune => IsName(rune) || rune.Value is ':' or '/');
    public static readonly TextShape Name = TextShape.Of(2, 64, @"[\w+=,.@-]*", IsName);
    public static readonly TextShape SessionPolicy = TextShape.Of(1, 2048, @"[\u0009\u000A\u000D\u0020-\u00FF]+", rune => rune.Value is '\t' or '\n' or '\r' or (>= ' ' and <= 0xFF));
    public static readonly TextShape TagKey = TextShape.Of(1, 128, @"[\p{L}\p{Z}\p{N}_.:/=+\-@]+", IsTag);
    public static readonly TextShape TagValue = TextShape.Of(0, 256, @"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", IsTag);

    // The model's \w is ASCII's.
    private static bool IsName(Rune rune) => rune.IsAscii && (char.IsAsciiLetterOrDigit((char)rune.Value) || rune.Value is '_' or '+' or '=' or ',' or '.' or '@' or '-');

    private static bool IsTag(Rune rune) =>
        Rune.IsLetter(rune) || Rune.IsNumber(rune) || Rune.IsSeparator(rune) || rune.Value is '_' or '.' or ':' or '/' or '=' or '+' or '-' or '@';
}
