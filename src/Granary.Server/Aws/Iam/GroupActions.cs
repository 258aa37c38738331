using System.Xml.Linq;
using Granary.Core.Access.Identities;
using Granary.Server.Aws.Query;

namespace Granary.Server.Aws.Iam;

internal static class GroupActions
{
    public static IReadOnlyList<QueryAction> All { get; } =
    [
        new("CreateGroup", CreateAsync),
        new("GetGroup", GetAsync),
        new("ListGroups", ListAsync),
        new("UpdateGroup", UpdateAsync),
        new("DeleteGroup", DeleteAsync),
        new("AddUserToGroup", AddAsync),
        new("RemoveUserFromGroup", RemoveAsync),
        new("ListGroupsForUser", ListForUserAsync),
    ];

    private static async Task<IReadOnlyList<XElement>> CreateAsync(QueryCall call)
    {
        var made = new NewIdentity(IdentityKind.Group, call.Arguments.Required("GroupName", IamShapes.LongName), call.Path(IamShapes.Path));
        return [new XElement("Group", IamXml.Identity(await IdentityActions.CreateAsync(call, made)))];
    }

    private static async Task<IReadOnlyList<XElement>> GetAsync(QueryCall call)
    {
        var page = call.Page();
        var group = await call.IdentityAsync(IdentityKind.Group);
        var users = await call.Service<GroupMembershipStore>().UsersAsync(group, page.After(), page.Take, call.Cancellation);
        return [new XElement("Group", IamXml.Identity(group)), .. page.Answer("Users", users, user => user.NameKey, IamXml.Identity)];
    }

    private static Task<IReadOnlyList<XElement>> ListAsync(QueryCall call) => IdentityActions.ListAsync(call, IdentityKind.Group);

    private static async Task<IReadOnlyList<XElement>> UpdateAsync(QueryCall call)
    {
        await IdentityActions.RenameAsync(call, IdentityKind.Group, call.Arguments.Optional("NewGroupName", IamShapes.LongName));
        return [];
    }

    private static async Task<IReadOnlyList<XElement>> DeleteAsync(QueryCall call)
    {
        var group = await call.IdentityAsync(IdentityKind.Group);
        await call.Service<IdentityStore>().DeleteAsync(group, call.Actor, call.Cancellation);
        return [];
    }

    private static async Task<IReadOnlyList<XElement>> AddAsync(QueryCall call)
    {
        var (group, user) = await ReadAsync(call);
        await call.Service<GroupMembershipStore>().AddAsync(group, user, call.Actor, call.Cancellation);
        return [];
    }

    private static async Task<IReadOnlyList<XElement>> RemoveAsync(QueryCall call)
    {
        var (group, user) = await ReadAsync(call);
        await call.Service<GroupMembershipStore>().RemoveAsync(group, user, call.Actor, call.Cancellation);
        return [];
    }

    private static async Task<IReadOnlyList<XElement>> ListForUserAsync(QueryCall call)
    {
        var page = call.Page();
        var user = await call.IdentityAsync(IdentityKind.User);
        var groups = await call.Service<GroupMembershipStore>().GroupsAsync(user, page.After(), page.Take, call.Cancellation);
        return page.Answer("Groups", groups, group => group.NameKey, IamXml.Identity);
    }

    // Membership is decided on the group: whoever may change it may put anybody there.
    private static async Task<(Identity Group, Identity User)> ReadAsync(QueryCall call)
    {
        var name = call.Arguments.Required("UserName", IamShapes.LongName);
        var group = await call.IdentityAsync(IdentityKind.Group);
        return (group, await call.OtherAsync(IdentityKind.User, name));
    }
}
