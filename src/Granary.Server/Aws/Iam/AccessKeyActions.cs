using System.Xml.Linq;
using Granary.Core.Access;
using Granary.Core.Access.Identities;
using Granary.Server.Authentication;
using Granary.Server.Aws.Query;

namespace Granary.Server.Aws.Iam;

internal static class AccessKeyActions
{
    public static IReadOnlyList<QueryAction> All { get; } =
    [
        new("CreateAccessKey", CreateAsync),
        new("ListAccessKeys", ListAsync),
        new("UpdateAccessKey", UpdateAsync),
        new("DeleteAccessKey", DeleteAsync),
        new("GetAccessKeyLastUsed", GetLastUsedAsync),
    ];

    /// <summary>The one answer that has the secret.</summary>
    private static async Task<IReadOnlyList<XElement>> CreateAsync(QueryCall call)
    {
        var user = await call.UserOrCallerAsync();
        var (key, secret) = call.Service<AccessKeys>().Create(call.AccountId, user.Id, call.Service<TimeProvider>().GetUtcNow());
        await call.Service<AccessKeyStore>().AddAsync(user, key, call.Actor, call.Cancellation);
        return
        [
            new XElement(
                "AccessKey",
                new XElement("UserName", user.Name),
                new XElement("AccessKeyId", key.Id),
                new XElement("Status", Status(key)),
                new XElement("SecretAccessKey", secret),
                IamXml.Time("CreateDate", key.CreatedAt)),
        ];
    }

    private static async Task<IReadOnlyList<XElement>> ListAsync(QueryCall call)
    {
        var page = call.Page();
        var user = await call.UserOrCallerAsync();
        var keys = await call.Service<AccessKeyStore>().ListAsync(user, page.After(), page.Take, call.Cancellation);
        return page.Answer("AccessKeyMetadata", keys, key => key.Id, key => new[]
        {
            new XElement("UserName", user.Name),
            new XElement("AccessKeyId", key.Id),
            new XElement("Status", Status(key)),
            IamXml.Time("CreateDate", key.CreatedAt),
        });
    }

    private static async Task<IReadOnlyList<XElement>> UpdateAsync(QueryCall call)
    {
        var id = Id(call);
        var active = call.Arguments.Required("Status", IamShapes.AccessKeyStatus) == "Active";
        var user = await call.UserOrCallerAsync();
        await call.Service<AccessKeyStore>().SetActiveAsync(user, id, active, call.Actor, call.Cancellation);
        return [];
    }

    private static async Task<IReadOnlyList<XElement>> DeleteAsync(QueryCall call)
    {
        var id = Id(call);
        var user = await call.UserOrCallerAsync();
        await call.Service<AccessKeyStore>().DeleteAsync(user, id, call.Actor, call.Cancellation);
        return [];
    }

    // Decided on the key's user. A key that is not the account's is nobody's here.
    private static async Task<IReadOnlyList<XElement>> GetLastUsedAsync(QueryCall call)
    {
        var id = Id(call);
        await call.Service<AccessKeyUses>().FlushAsync(call.Cancellation);
        var key = await call.Service<AccessKeyStore>().FindAsync(call.AccountId, id, call.Cancellation);
        var user = key is null ? null : await call.Service<IdentityStore>().FindByIdAsync(call.AccountId, key.UserId, call.Cancellation);
        var arn = user is null ? IamArns.Identity(call.AccountId, IdentityKind.User, "/", "") : IamArns.Of(user);
        await call.AuthoriseAsync(arn, shown: $"access key {id}");
        return key is null || user is null ? throw AccessKeyStore.NoSuch(id) :
        [
            new XElement("UserName", user.Name),
            new XElement(
                "AccessKeyLastUsed",
                key.LastUsedAt is { } at ? IamXml.Time("LastUsedDate", at) : null,
                new XElement("ServiceName", key.LastUsedService ?? "N/A"),
                new XElement("Region", key.LastUsedRegion ?? "N/A")),
        ];
    }

    private static string Id(QueryCall call) => call.Arguments.Required("AccessKeyId", IamShapes.AccessKeyId);

    private static string Status(AccessKey key) => key.Active ? "Active" : "Inactive";
}
