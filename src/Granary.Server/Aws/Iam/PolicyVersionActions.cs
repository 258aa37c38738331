using System.Globalization;
using System.Xml.Linq;
using Granary.Core.Access.Identities;
using Granary.Server.Aws.Query;

namespace Granary.Server.Aws.Iam;

internal static class PolicyVersionActions
{
    public static IReadOnlyList<QueryAction> All { get; } =
    [
        new("CreatePolicyVersion", CreateAsync),
        new("GetPolicyVersion", GetAsync),
        new("ListPolicyVersions", ListAsync),
        new("SetDefaultPolicyVersion", SetDefaultAsync),
        new("DeletePolicyVersion", DeleteAsync),
    ];

    /// <summary>All versions of a policy with their documents.</summary>
    public static async Task<XElement> AllAsync(QueryCall call, PolicyLine line)
    {
        if (line.Own is not { } own)
        {
            return IamXml.List("PolicyVersionList", [new object[] { IamXml.Document("Document", line.OfAws!.Document.Text), OfAws() }]);
        }

        var versions = await call.Service<ManagedPolicyStore>().VersionsAsync(own, call.Cancellation);
        return IamXml.List("PolicyVersionList", versions.Select(v => new object[] { IamXml.Document("Document", v.Document), Line(v, own.DefaultVersion) }));
    }

    private static async Task<IReadOnlyList<XElement>> CreateAsync(QueryCall call)
    {
        var (document, asDefault) = (call.Document(), call.Flag("SetAsDefault"));
        var policy = await call.OwnPolicyAsync();
        var version = await call.Service<ManagedPolicyStore>().AddVersionAsync(policy, document, asDefault, call.Actor, call.Cancellation);
        return [new XElement("PolicyVersion", Line(version, asDefault ? version.Number : 0))];
    }

    private static async Task<IReadOnlyList<XElement>> GetAsync(QueryCall call)
    {
        var number = Number(call);
        var line = await call.PolicyAsync();
        if (line.Own is not { } own)
        {
            return number == 1
                ? [new XElement("PolicyVersion", IamXml.Document("Document", line.OfAws!.Document.Text), OfAws())]
                : throw IdentityRefusals.NoSuchPolicy($"{line.Arn} version v{number}");
        }

        var version = await call.Service<ManagedPolicyStore>().FindVersionAsync(own, number, call.Cancellation) ?? throw ManagedPolicyStore.NoSuchVersion(own, number);
        return [new XElement("PolicyVersion", IamXml.Document("Document", version.Document), Line(version, own.DefaultVersion))];
    }

    private static async Task<IReadOnlyList<XElement>> ListAsync(QueryCall call)
    {
        var page = call.Page();
        var line = await call.PolicyAsync();
        if (line.Own is not { } own)
        {
            return [IamXml.List("Versions", [OfAws()]), .. IamCalls.End(null)];
        }

        // There are five at most, so that a page is cut out of all of them.
        var before = page.After() is { } after ? int.Parse(after, CultureInfo.InvariantCulture) : int.MaxValue;
        var versions = await call.Service<ManagedPolicyStore>().VersionsAsync(own, call.Cancellation);
        return page.Answer(
            "Versions",
            [.. versions.Where(v => v.Number < before)],
            v => v.Number.ToString(CultureInfo.InvariantCulture),
            v => Line(v, own.DefaultVersion));
    }

    private static async Task<IReadOnlyList<XElement>> SetDefaultAsync(QueryCall call)
    {
        var number = Number(call);
        var policy = await call.OwnPolicyAsync();
        await call.Service<ManagedPolicyStore>().SetDefaultAsync(policy, number, call.Actor, call.Cancellation);
        return [];
    }

    private static async Task<IReadOnlyList<XElement>> DeleteAsync(QueryCall call)
    {
        var number = Number(call);
        var policy = await call.OwnPolicyAsync();
        await call.Service<ManagedPolicyStore>().DeleteVersionAsync(policy, number, call.Actor, call.Cancellation);
        return [];
    }

    // A suffix after a point, and more digits than a number has, name no version that there is.
    private static int Number(QueryCall call) =>
        int.TryParse(call.Arguments.Required("VersionId", IamShapes.VersionId).AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static IEnumerable<XElement> Line(ManagedPolicyVersion version, int defaultVersion) =>
    [
        new XElement("VersionId", IamXml.Version(version.Number)),
        IamXml.Flag("IsDefaultVersion", version.Number == defaultVersion),
        IamXml.Time("CreateDate", version.CreatedAt),
    ];

    private static IEnumerable<XElement> OfAws() =>
        [new XElement("VersionId", "v1"), IamXml.Flag("IsDefaultVersion", true), IamXml.Time("CreateDate", AwsPolicies.CreatedAt)];
}
