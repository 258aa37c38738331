using System.Globalization;
using System.Xml.Linq;
using Granary.Core.Access.Identities;
using Granary.Server.Aws.Query;

namespace Granary.Server.Aws.Iam;

/// <summary>The structures of IAM's answers.</summary>
internal static class IamXml
{
    /// <summary>A list of structures, texts or both.</summary>
    public static XElement List(string name, IEnumerable<object?> members) => new(name, members.Select(member => new XElement("member", member)));

    public static XElement Flag(string name, bool value) => new(name, value ? "true" : "false");

    public static XElement Number(string name, int value) => new(name, value.ToString(CultureInfo.InvariantCulture));

    public static XElement Time(string name, DateTimeOffset moment) => new(name, QueryProtocol.Time(moment));

    /// <summary>As RFC 3986 encodes it, which is how IAM gives policies.</summary>
    public static XElement Document(string name, string document) => new(name, Uri.EscapeDataString(document));

    public static XElement Tags(IEnumerable<IdentityTag> tags) => Tags(tags.Select(tag => KeyValuePair.Create(tag.Key, tag.Value)));

    public static XElement Tags(IEnumerable<KeyValuePair<string, string>> tags) =>
        List("Tags", tags.Select(object (tag) => new[] { new XElement("Key", tag.Key), new XElement("Value", tag.Value) }));

    /// <summary>A user, group or role as lists have it.</summary>
    public static IEnumerable<XElement?> Identity(Identity identity)
    {
        yield return new XElement("Path", identity.Path);
        yield return new XElement($"{identity.Kind}Name", identity.Name);
        yield return new XElement($"{identity.Kind}Id", identity.Id);
        yield return new XElement("Arn", IamArns.Of(identity));
        yield return Time("CreateDate", identity.CreatedAt);
        if (identity.Kind == IdentityKind.Role)
        {
            yield return Document("AssumeRolePolicyDocument", identity.TrustPolicy ?? "");
            yield return identity.Description is null ? null : new XElement("Description", identity.Description);
            yield return Number("MaxSessionDuration", identity.MaxSessionSeconds);
        }
    }

    /// <summary>A user or role by itself, with what lists leave out.</summary>
    public static IEnumerable<XElement?> Whole(Identity identity, IEnumerable<KeyValuePair<string, string>> tags) =>
        [.. Identity(identity), Boundary(identity), tags.Any() ? Tags(tags) : null, identity.Kind == IdentityKind.Role ? new XElement("RoleLastUsed") : null];

    public static XElement? Boundary(Identity identity) => identity.BoundaryArn is not { } arn ? null : new XElement(
        "PermissionsBoundary",
        new XElement("PermissionsBoundaryType", "PermissionsBoundaryPolicy"),
        new XElement("PermissionsBoundaryArn", arn));

    /// <summary>A managed policy as lists have it.</summary>
    public static IEnumerable<XElement?> Policy(PolicyLine line)
    {
        var (own, aws) = (line.Own, line.OfAws);
        return
        [
            new XElement("PolicyName", own?.Name ?? aws!.Name),
            new XElement("PolicyId", own?.Id ?? aws!.Id),
            new XElement("Arn", line.Arn),
            new XElement("Path", own?.Path ?? ManagedPolicyListing.AwsPath),
            new XElement("DefaultVersionId", Version(own?.DefaultVersion ?? 1)),
            Number("AttachmentCount", line.Attachments),
            Number("PermissionsBoundaryUsageCount", line.Boundaries),
            Flag("IsAttachable", true),
            Time("CreateDate", own?.CreatedAt ?? AwsPolicies.CreatedAt),
            Time("UpdateDate", own?.UpdatedAt ?? AwsPolicies.CreatedAt),
        ];
    }

    /// <summary>The description, which lists leave out.</summary>
    public static XElement? Description(PolicyLine line) =>
        (line.Own is { } own ? own.Description : line.OfAws!.Description) is { } text ? new XElement("Description", text) : null;

    public static string Version(int number) => string.Create(CultureInfo.InvariantCulture, $"v{number}");

    public static IEnumerable<XElement> AttachedPolicy(string arn) =>
        [new XElement("PolicyName", arn[(arn.LastIndexOf('/') + 1)..]), new XElement("PolicyArn", arn)];
}
