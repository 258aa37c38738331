using System.Xml.Linq;
using Granary.Core;
using Granary.Core.Access.Identities;
using Granary.Server.Aws.Query;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.Iam;

/// <summary>Permissions boundaries of users and roles.</summary>
internal static class BoundaryActions
{
    public static IReadOnlyList<QueryAction> All { get; } =
    [
        new("PutUserPermissionsBoundary", call => PutAsync(call, IdentityKind.User)),
        new("PutRolePermissionsBoundary", call => PutAsync(call, IdentityKind.Role)),
        new("DeleteUserPermissionsBoundary", call => DeleteAsync(call, IdentityKind.User)),
        new("DeleteRolePermissionsBoundary", call => DeleteAsync(call, IdentityKind.Role)),
    ];

    /// <summary>The parameter <c>PermissionsBoundary</c>.</summary>
    /// <exception cref="Refusal">InvalidInput: it is no ARN of a policy.</exception>
    public static string? Read(QueryCall call, bool isRequired)
    {
        const string name = "PermissionsBoundary";
        return call.Arguments.Optional(name, IamShapes.Arn) is { } arn ? PolicyCalls.CheckArn(arn) : isRequired ? throw Fault.Missing(name) : null;
    }

    private static async Task<IReadOnlyList<XElement>> PutAsync(QueryCall call, IdentityKind kind)
    {
        var arn = Read(call, isRequired: true)!;
        var identity = await call.IdentityAsync(kind, [KeyValuePair.Create<string, string[]>("iam:PermissionsBoundary", [arn])]);
        await call.Service<IdentityStore>().ChangeAsync(identity, row => row.BoundaryArn = arn, call.Actor, call.Cancellation);
        return [];
    }

    private static async Task<IReadOnlyList<XElement>> DeleteAsync(QueryCall call, IdentityKind kind)
    {
        var identity = await call.IdentityAsync(kind, bounded: true);
        await call.Service<IdentityStore>().ChangeAsync(identity, row => row.BoundaryArn = null, call.Actor, call.Cancellation);
        return [];
    }
}
