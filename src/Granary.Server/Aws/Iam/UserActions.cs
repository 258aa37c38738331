using System.Xml.Linq;
using Granary.Core.Access.Identities;
using Granary.Core.Database;
using Granary.Server.Aws.Query;

namespace Granary.Server.Aws.Iam;

internal static class UserActions
{
    public static IReadOnlyList<QueryAction> All { get; } =
    [
        new("CreateUser", CreateAsync),
        new("GetUser", GetAsync),
        new("ListUsers", ListAsync),
        new("UpdateUser", UpdateAsync),
        new("DeleteUser", DeleteAsync),
    ];

    private static async Task<IReadOnlyList<XElement>> CreateAsync(QueryCall call)
    {
        var made = new NewIdentity(IdentityKind.User, call.Arguments.Required("UserName", IamShapes.ShortName), call.Path(IamShapes.Path))
        {
            BoundaryArn = BoundaryActions.Read(call, isRequired: false),
            Tags = call.Tags(),
        };
        return [new XElement("User", IamXml.Whole(await IdentityActions.CreateAsync(call, made), made.Tags))];
    }

    private static async Task<IReadOnlyList<XElement>> GetAsync(QueryCall call)
    {
        if (call.Principal.IsRoot && call.Arguments.Optional("UserName", IamShapes.LongName) is null)
        {
            return await GetRootAsync(call);
        }

        var user = await call.UserOrCallerAsync();
        return [new XElement("User", IamXml.Whole(user, await IdentityActions.TagsAsync(call, user)))];
    }

    // The account itself is no user, and its answer has no name.
    private static async Task<IReadOnlyList<XElement>> GetRootAsync(QueryCall call)
    {
        await call.AuthoriseAsync(call.Principal.Arn);
        await using var db = call.Service<GranaryDatabase>().Open();
        var account = await db.Accounts.FindAsync([call.AccountId], call.Cancellation);
        return
        [
            new XElement(
                "User",
                new XElement("Path", "/"),
                new XElement("UserId", call.AccountId),
                new XElement("Arn", call.Principal.Arn),
                account is null ? null : IamXml.Time("CreateDate", account.CreatedAt)),
        ];
    }

    private static Task<IReadOnlyList<XElement>> ListAsync(QueryCall call) => IdentityActions.ListAsync(call, IdentityKind.User);

    private static async Task<IReadOnlyList<XElement>> UpdateAsync(QueryCall call)
    {
        await IdentityActions.RenameAsync(call, IdentityKind.User, call.Arguments.Optional("NewUserName", IamShapes.ShortName));
        return [];
    }

    private static async Task<IReadOnlyList<XElement>> DeleteAsync(QueryCall call)
    {
        var user = await call.IdentityAsync(IdentityKind.User);
        await call.Service<IdentityStore>().DeleteAsync(user, call.Actor, call.Cancellation);
        return [];
    }
}
