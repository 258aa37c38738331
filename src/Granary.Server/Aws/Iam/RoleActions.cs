using System.Xml.Linq;
using Granary.Core.Access.Identities;
using Granary.Server.Aws.Query;

namespace Granary.Server.Aws.Iam;

internal static class RoleActions
{
    private const int ShortestSession = 3600;
    private const int LongestSession = 43_200;

    public static IReadOnlyList<QueryAction> All { get; } =
    [
        new("CreateRole", CreateAsync),
        new("GetRole", GetAsync),
        new("ListRoles", ListAsync),
        new("UpdateRole", UpdateAsync, AlwaysHasResult: true),
        new("UpdateRoleDescription", UpdateDescriptionAsync),
        new("UpdateAssumeRolePolicy", UpdateTrustAsync),
        new("DeleteRole", DeleteAsync),
    ];

    private static async Task<IReadOnlyList<XElement>> CreateAsync(QueryCall call)
    {
        var made = new NewIdentity(IdentityKind.Role, call.Arguments.Required("RoleName", IamShapes.ShortName), call.Path(IamShapes.Path))
        {
            TrustPolicy = call.Document("AssumeRolePolicyDocument"),
            Description = call.Arguments.Optional("Description", IamShapes.RoleDescription),
            MaxSessionSeconds = Session(call) ?? ShortestSession,
            BoundaryArn = BoundaryActions.Read(call, isRequired: false),
            Tags = call.Tags(),
        };
        return [new XElement("Role", IamXml.Whole(await IdentityActions.CreateAsync(call, made), made.Tags))];
    }

    private static async Task<IReadOnlyList<XElement>> GetAsync(QueryCall call) => [await WholeAsync(call, await call.IdentityAsync(IdentityKind.Role))];

    private static Task<IReadOnlyList<XElement>> ListAsync(QueryCall call) => IdentityActions.ListAsync(call, IdentityKind.Role);

    private static async Task<IReadOnlyList<XElement>> UpdateAsync(QueryCall call)
    {
        var (description, session) = (call.Arguments.Optional("Description", IamShapes.RoleDescription), Session(call));
        await ChangeAsync(call, row =>
        {
            row.Description = description ?? row.Description;
            row.MaxSessionSeconds = session ?? row.MaxSessionSeconds;
        });
        return [];
    }

    private static async Task<IReadOnlyList<XElement>> UpdateDescriptionAsync(QueryCall call)
    {
        var description = call.Arguments.Required("Description", IamShapes.RoleDescription);
        return [await WholeAsync(call, await ChangeAsync(call, row => row.Description = description))];
    }

    private static async Task<IReadOnlyList<XElement>> UpdateTrustAsync(QueryCall call)
    {
        var document = call.Document();
        await ChangeAsync(call, row => row.TrustPolicy = document);
        return [];
    }

    private static async Task<IReadOnlyList<XElement>> DeleteAsync(QueryCall call)
    {
        var role = await call.IdentityAsync(IdentityKind.Role);
        await call.Service<IdentityStore>().DeleteAsync(role, call.Actor, call.Cancellation);
        return [];
    }

    private static int? Session(QueryCall call) => call.Arguments.Integer("MaxSessionDuration", ShortestSession, LongestSession);

    private static async Task<XElement> WholeAsync(QueryCall call, Identity role) =>
        new("Role", IamXml.Whole(role, await IdentityActions.TagsAsync(call, role)));

    private static async Task<Identity> ChangeAsync(QueryCall call, Action<Identity> change)
    {
        var role = await call.IdentityAsync(IdentityKind.Role);
        return await call.Service<IdentityStore>().ChangeAsync(role, change, call.Actor, call.Cancellation);
    }
}
